package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// background is the work that goes on beside requests. It starts with Serve and
// ends after the last request.
type background struct {
	log   *slog.Logger
	tasks []task
	group sync.WaitGroup
}

type task struct {
	name string
	run  func(ctx context.Context)
}

// Go runs a task until the service ends, which its context tells.
func (b *background) Go(name string, run func(ctx context.Context)) {
	b.tasks = append(b.tasks, task{name, run})
}

// Every runs a task again and again; its errors are logged and it goes on.
func (b *background) Every(name string, pause time.Duration, run func(ctx context.Context) error) {
	b.Go(name, func(ctx context.Context) {
		for ticker := time.NewTicker(pause); ; {
			select {
			case <-ctx.Done():
				ticker.Stop()
				return
			case <-ticker.C:
			}
			if err := run(ctx); err != nil && ctx.Err() == nil {
				b.log.WarnContext(ctx, "background work", "task", name, "error", err)
			}
		}
	})
}

func (b *background) start(ctx context.Context) {
	for _, t := range b.tasks {
		b.group.Go(func() { t.run(ctx) })
	}
}

func (b *background) wait() { b.group.Wait() }
