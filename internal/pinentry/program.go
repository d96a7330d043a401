package pinentry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"eidgate/internal/pin"
)

// Program is a pinentry program. Each dialog runs it anew.
type Program struct {
	Path        string
	Environment []string     // of the child, NAME=VALUE; nil for our own
	Log         *slog.Logger // what the program says that is no answer; nil for none
}

var _ Asker = (*Program)(nil)

// grace is how long a child may take to end by itself when it is told to.
const grace = 2 * time.Second

// PIN implements [Asker].
func (p *Program) PIN(ctx context.Context, d Dialog) (code *pin.Buffer, err error) {
	err = p.run(ctx, d, func(c *conn) error {
		code, err = c.secret("GETPIN")
		return err
	})
	if err != nil {
		code.Wipe()
		return nil, fmt.Errorf("asking with %s: %w", filepath.Base(p.Path), err)
	}
	return code, nil
}

// Confirm implements [Asker].
func (p *Program) Confirm(ctx context.Context, d Dialog) (Answer, error) {
	err := p.run(ctx, d, func(c *conn) error { return c.command("CONFIRM", "") })
	switch {
	case err == nil:
		return OK, nil
	case errors.Is(err, errNotConfirmed) && d.Other != "":
		return Other, nil
	case errors.Is(err, errNotConfirmed):
		err = ErrCancelled
	}
	return 0, fmt.Errorf("asking with %s: %w", filepath.Base(p.Path), err)
}

// run starts the program, shows the dialog, asks and ends the program,
// whatever happens.
func (p *Program) run(ctx context.Context, d Dialog, ask func(*conn) error) error {
	if d.Limit > 0 { // beside the program's own timeout, which not all have
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, d.Limit+grace, ErrTimeout)
		defer stop()
	}
	child, err := p.start()
	if err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = child.conn.greet()
		if err == nil {
			err = p.describe(child.conn, d)
		}
		if err == nil {
			err = ask(child.conn)
		}
	}()
	select {
	case <-done:
		child.end()
		return err
	case <-ctx.Done():
		child.terminate()
		<-done // whatever the answer was, nobody waits for it any more
		return context.Cause(ctx)
	}
}

// child is a running pinentry program.
type child struct {
	cmd   *exec.Cmd
	in    io.Closer
	out   io.Closer
	conn  *conn
	ended chan struct{}
}

// start runs the program on a thread that lives as long as the child: its
// parent-death signal is tied to that thread.
func (p *Program) start() (*child, error) {
	cmd := exec.Command(p.Path) //nolint:gosec // the user's own choice of pinentry program
	cmd.Env = p.Environment
	cmd.WaitDelay = grace
	prepare(cmd)
	if p.Log != nil {
		cmd.Stderr = logWriter{p.Log}
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, in: in, out: out, conn: &conn{r: out, w: in}, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_, _ = cmd.Process.Wait() // its answers say how it went
			close(c.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(p.Path), err)
	}
	return c, nil
}

// end waits for the child after its last answer: it ends when its input does.
func (c *child) end() {
	c.in.Close()
	select {
	case <-c.ended:
		c.out.Close()
	case <-time.After(grace):
		c.terminate()
	}
}

// terminate closes the dialog.
func (c *child) terminate() {
	c.in.Close()
	stop(c.cmd.Process)
	select {
	case <-c.ended:
	case <-time.After(grace):
		_ = c.cmd.Process.Kill() // fails only when it is gone
		<-c.ended
	}
	c.out.Close() // a grandchild may keep the other end
}

// describe sets everything the dialog shows. Options only some programs know
// may be refused.
func (p *Program) describe(c *conn, d Dialog) error {
	for _, option := range p.options() {
		if err := c.command("OPTION", option); err != nil {
			var refused *serverError
			if !errors.As(err, &refused) {
				return err
			}
		}
	}
	for _, set := range []struct {
		command, text string
		needed        bool // what the user must see or be able to choose
	}{
		{"SETTITLE", d.Title, false}, {"SETDESC", d.Text, true}, {"SETPROMPT", d.Prompt, true},
		{"SETERROR", d.Error, true}, {"SETOK", d.OK, false}, {"SETCANCEL", d.Cancel, false},
		{"SETNOTOK", d.Other, true}, {"SETTIMEOUT", seconds(d.Limit), false},
	} {
		if set.text == "" {
			continue
		}
		err := c.command(set.command, escape(set.text))
		var refused *serverError
		if err != nil && (set.needed || !errors.As(err, &refused)) {
			return err
		}
	}
	return nil
}

func seconds(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return strconv.Itoa(max(1, int(d.Round(time.Second)/time.Second)))
}

// options are what pinentry needs to know of the terminal and the language.
// allow-external-password-cache is never among them.
func (p *Program) options() []string {
	environment := p.Environment
	if environment == nil {
		environment = os.Environ()
	}
	get := func(names ...string) string {
		for _, name := range names {
			for _, entry := range environment {
				if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
					return value
				}
			}
		}
		return ""
	}
	// Without a grab the user can look at the page again and compare.
	options := []string{"no-grab"}
	for _, o := range []struct{ name, value string }{
		{"ttyname", get("GPG_TTY")}, {"ttytype", get("TERM")},
		{"lc-ctype", get("LC_ALL", "LC_CTYPE", "LANG")}, {"lc-messages", get("LC_ALL", "LC_MESSAGES", "LANG")},
	} {
		if o.value != "" {
			options = append(options, o.name+"="+o.value)
		}
	}
	return options
}

// logWriter logs what the child writes to its standard error.
type logWriter struct{ log *slog.Logger }

func (w logWriter) Write(b []byte) (int, error) {
	w.log.Debug("pinentry says", "text", Visible(string(b), 200))
	return len(b), nil
}
