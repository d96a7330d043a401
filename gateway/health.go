package gateway

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"eidgate/internal/fault"
)

const (
	checkTimeout = 4 * time.Second
	// A failed check is asked again after badFor, a good one after its own
	// time, so that nobody can make the service ask without end.
	badFor = time.Second
)

// readiness knows whether the service can do its work.
type readiness struct {
	now    func() time.Time
	isOpen atomic.Bool
	checks []*readyCheck
}

type readyCheck struct {
	name    string
	goodFor time.Duration
	run     func(ctx context.Context) error

	mu    sync.Mutex // guards at and err, and lets one ask at a time
	at    time.Time
	err   error
	asked bool
}

func newReadiness(now func() time.Time) *readiness { return &readiness{now: now} }

func (r *readiness) open(yes bool) { r.isOpen.Store(yes) }

// Add adds a check whose good answer holds for a while. Its error's code is
// shown, nothing else of it.
func (r *readiness) Add(name string, goodFor time.Duration, run func(ctx context.Context) error) {
	r.checks = append(r.checks, &readyCheck{name: name, goodFor: goodFor, run: run})
}

func (c *readyCheck) ask(ctx context.Context, now func() time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := now().Sub(c.at)
	if c.asked && (c.err == nil && age < c.goodFor || c.err != nil && age < badFor) {
		return c.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	c.err, c.at, c.asked = c.run(ctx), now(), true
	return c.err
}

type readyAnswer struct {
	Ready  bool                   `json:"ready"`
	Checks map[string]checkAnswer `json:"checks"`
}

type checkAnswer struct {
	OK   bool   `json:"ok"`
	Code string `json:"code,omitempty"`
}

// answer asks all checks at once.
func (r *readiness) answer(ctx context.Context) readyAnswer {
	a := readyAnswer{Ready: r.isOpen.Load(), Checks: map[string]checkAnswer{"serving": {OK: r.isOpen.Load()}}}
	var mu sync.Mutex // guards a
	var wait sync.WaitGroup
	for _, c := range r.checks {
		wait.Go(func() {
			err := c.ask(ctx, r.now)
			mu.Lock()
			defer mu.Unlock()
			a.Checks[c.name] = checkAnswer{OK: err == nil, Code: readyCode(err)}
			a.Ready = a.Ready && err == nil
		})
	}
	wait.Wait()
	return a
}

func readyCode(err error) string {
	if err == nil {
		return ""
	}
	if code := fault.CodeOf(err); code != "" {
		return code
	}
	return "unreachable"
}

// mountHealth serves what load balancers ask.
func (s *Server) mountHealth(r gin.IRouter) error {
	s.addChecks()
	r.GET("/healthz", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"alive": true}) })
	r.GET("/readyz", func(c *gin.Context) {
		answer := s.ready.answer(c.Request.Context())
		status := http.StatusOK
		if !answer.Ready {
			status = http.StatusServiceUnavailable
		}
		c.JSON(status, answer)
	})
	r.POST(reportPath, s.policyReport)
	return nil
}
