//go:build interop

// Package interop lets programs that are not ours judge what the programs of
// this module make: every file here is made by the commands a user types.
package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// world is a demo PKI with its services running, and a simulated card in a
// virtual reader of a private pcscd.
type world struct {
	bin, dir string
	listen   string
	env      []string
}

func (w *world) trust() string { return filepath.Join(w.dir, "pki", "trust") }
func (w *world) tsa() string   { return "http://" + w.listen + "/tsa" }
func (w *world) trace() string { return filepath.Join(w.dir, "trace.log") }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{bin: filepath.Join(t.TempDir(), "bin"), dir: t.TempDir(), listen: freeAddress(t)}
	testtool.Run(t, "go", "build", "-C", testtool.Root(t), "-o", w.bin+"/", "./cmd/...")
	pki := filepath.Join(w.dir, "pki")
	w.run(t, "eidgate", "pki", "init", "--listen", w.listen, pki)
	w.start(t, "eidgate", "pki", "serve", pki)
	w.wait(t, "the PKI to serve", func() bool { return answers("http://" + w.listen + "/") })

	cards, err := filepath.Glob(filepath.Join(pki, "cards", "*.json"))
	if err != nil || len(cards) == 0 {
		t.Fatalf("no card in %s: %v", pki, err)
	}
	sim := w.start(t, "eid-sim", "--pcscd", filepath.Join(w.dir, "pcscd"), "--card", "esteid2018", "--person", cards[0], "--trace", w.trace())
	w.wait(t, "the reader", func() bool { return strings.Contains(sim.String(), "PCSCLITE_CSOCK_NAME=") })
	line, _, _ := strings.Cut(sim.String(), "\n")
	w.env = append(os.Environ(), line)
	w.wait(t, "the card to be inserted", func() bool {
		out, err := w.command("eid", "card", "list").CombinedOutput()
		return err == nil && bytes.Contains(out, []byte("eID card"))
	})
	return w
}

func (w *world) command(program string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(w.bin, program), args...)
	c.Env = w.env
	return c
}

func (w *world) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := w.command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// start runs a program until the test ends.
func (w *world) start(t *testing.T, program string, args ...string) *output {
	t.Helper()
	c := w.command(program, args...)
	out := new(output)
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		kill := time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		kill.Stop()
		if t.Failed() {
			t.Logf("%s %v said:\n%s", program, args, out.String())
		}
	})
	return out
}

// output is what a running program has said so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (w *world) wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// sign signs in to out with the card's PIN2 on a file descriptor.
func (w *world) sign(t *testing.T, level, in, out string, more ...string) {
	t.Helper()
	if output, err := w.trySign(level, in, out, "12345", more...); err != nil {
		t.Fatalf("signing %s at %s: %v\n%s", in, level, err, output)
	}
}

func (w *world) trySign(level, in, out, pin string, more ...string) (string, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer read.Close()
	_, _ = fmt.Fprintln(write, pin)
	write.Close()
	args := append([]string{"sign", "--level", level, "--pin-fd", "3", "--trust", w.trust(), "--timestamp-url", w.tsa(), "-o", out}, more...)
	c := w.command("eid", append(args, in)...)
	c.ExtraFiles = []*os.File{read}
	output, err := c.CombinedOutput()
	return string(output), err
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func answers(url string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return true
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}
