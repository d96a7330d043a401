package modulecard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"eidgate/card"
	"eidgate/pkcs11"
)

// farewell is how long a module may take to end before its process is killed.
const farewell = 2 * time.Second

// process is the child of one session.
type process struct {
	cmd     *exec.Cmd // nil in tests of the protocol
	orders  *os.File
	answers chan frame // closed when the child is gone or broke the protocol
	ended   chan struct{}
	limit   time.Duration // of one answer; zero is none
}

// start starts the program again as the process of a module.
func start(program, module string) (*process, error) {
	if runtime.GOOS == "windows" {
		return nil, pkcs11.ErrUnavailable
	}
	in, orders, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answers, out, err := os.Pipe()
	if err != nil {
		in.Close()
		orders.Close()
		return nil, err
	}
	p := &process{
		cmd:    exec.Command(program, hostArgument, module), //nolint:gosec,noctx // this program; it outlives the call
		orders: orders, answers: make(chan frame), ended: make(chan struct{}),
	}
	p.cmd.ExtraFiles = []*os.File{in, out} // childIn, childOut
	err = p.cmd.Start()
	in.Close()
	out.Close()
	if err != nil {
		orders.Close()
		answers.Close()
		return nil, fmt.Errorf("starting the process of the PKCS#11 module: %w", err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended does not matter: it is gone
		close(p.ended)
	}()
	go p.listen(answers)
	return p, nil
}

func (p *process) listen(answers io.ReadCloser) {
	defer close(p.answers)
	defer answers.Close()
	for {
		f, err := parent.read(answers)
		if err != nil {
			return
		}
		select {
		case p.answers <- f:
		case <-p.ended:
			select { // what it said before it ended is still an answer
			case p.answers <- f:
			case <-time.After(farewell):
				return
			}
		}
	}
}

// answer waits for the child's next frame. When ctx or the limit ends first the
// child is killed: nobody knows what its module is doing. A module that waits for
// a code entered elsewhere waits for a person and has no limit.
func (p *process) answer(ctx context.Context, elsewhere bool) (frame, error) {
	if p.limit > 0 && !elsewhere {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, p.limit)
		defer stop()
	}
	select {
	case f, ok := <-p.answers:
		if !ok {
			return frame{}, ErrCrashed
		}
		return f, nil
	case <-ctx.Done():
		p.kill()
		why := card.ErrTimeout
		if errors.Is(ctx.Err(), context.Canceled) {
			why = card.ErrInterrupted
		}
		return frame{}, fmt.Errorf("waiting for the PKCS#11 module: %w: %w", why, context.Cause(ctx))
	}
}

// send sends a frame. A child that is gone is found out by the next answer.
func (p *process) send(k kind, data []byte) error {
	if err := write(p.orders, k, data); err != nil {
		return ErrCrashed
	}
	return nil
}

func (p *process) sendJSON(k kind, value any) error {
	if err := writeJSON(p.orders, k, value); err != nil {
		return ErrCrashed
	}
	return nil
}

func (p *process) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill() // gone already otherwise
	}
}

// close lets the module end in order, and does not wait for ever.
func (p *process) close() {
	_ = p.orders.Close()
	select {
	case <-p.ended:
	case <-time.After(farewell):
		p.kill()
		<-p.ended
	}
}
