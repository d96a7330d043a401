//go:build unix

// Package browsertest drives a real Chromium in tests, with the unpacked test
// extension that stands in for Web eID's own and speaks its page protocol.
//
// [Start] starts a browser with a profile of its own, [Browser.Open] opens a
// page and [Page.Eval] runs a script in it. The browser is driven through the
// DevTools protocol on a pipe: JSON messages ended by a NUL, on descriptors 3
// and 4 (chromium, --remote-debugging-pipe); nothing listens on a port.
package browsertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// patience is how long the browser may take for one call.
const patience = time.Minute

// Options say what to start.
type Options struct {
	Home        string   // the home folder the browser and its children see
	Environment []string // added to the environment
	Extension   string   // folder of an unpacked extension; none when empty
	Arguments   []string // further arguments
}

// Profile is where the browser keeps its profile: the default place, so that
// what is installed for the user is found.
func (o Options) Profile() string { return filepath.Join(o.Home, ".config", "chromium") }

// Browser is a running Chromium.
type Browser struct {
	cmd *exec.Cmd
	in  *os.File // to the browser
	log bytes.Buffer

	mu      sync.Mutex // guards all below
	last    int
	pending map[int]chan answer
	gone    bool
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Start starts a browser that ends with the test. A machine without Chromium
// skips the test, and fails it when CI is set.
func Start(t testing.TB, o Options) *Browser {
	t.Helper()
	program := testtool.Need(t, "chromium")
	arguments := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-pipe", "--user-data-dir=" + o.Profile(),
		"--host-resolver-rules=MAP *.test 127.0.0.1", "--ignore-certificate-errors",
	}
	if o.Extension != "" {
		arguments = append(arguments, "--load-extension="+o.Extension, "--disable-extensions-except="+o.Extension)
	}
	b := &Browser{pending: make(map[int]chan answer)}
	b.cmd = exec.Command(program, append(append(arguments, o.Arguments...), "about:blank")...) //nolint:gosec // the browser under test
	b.cmd.Env = append(append(os.Environ(), "HOME="+o.Home, "XDG_CONFIG_HOME="), o.Environment...)
	b.cmd.Stderr = &b.log
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	b.start(t)
	return b
}

func (b *Browser) start(t testing.TB) {
	t.Helper()
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b.in = in
	b.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(out)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL) // its profile is thrown away
		_ = b.cmd.Wait()                                      // it was killed
		<-read
		in.Close()
		out.Close()
		if t.Failed() {
			t.Logf("the browser said:\n%s", b.log.String())
		}
	})
}

// read gives answers to those who wait for them; events are not needed.
func (b *Browser) read(out *os.File) {
	messages := bufio.NewReader(out)
	for {
		text, err := messages.ReadBytes(0)
		if err != nil {
			break
		}
		var a answer
		if json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &a) != nil || a.ID == 0 {
			continue
		}
		b.mu.Lock()
		waiting := b.pending[a.ID]
		delete(b.pending, a.ID)
		b.mu.Unlock()
		if waiting != nil {
			waiting <- a
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = true
	for _, waiting := range b.pending {
		close(waiting)
	}
}

var errGone = errors.New("the browser is gone")

// call calls a method of the DevTools protocol.
func (b *Browser) call(session, method string, params, result any) error {
	b.mu.Lock()
	if b.gone {
		b.mu.Unlock()
		return errGone
	}
	b.last++
	id, waiting := b.last, make(chan answer, 1)
	b.pending[id] = waiting
	b.mu.Unlock()
	message := map[string]any{"id": id, "method": method, "params": params}
	if session != "" {
		message["sessionId"] = session
	}
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case a, ok := <-waiting:
		if !ok {
			return fmt.Errorf("%s: %w", method, errGone)
		}
		if a.Error != nil {
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(a.Result, result)
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer in %v", method, patience)
	}
}
