//go:build unix

// Package browsertest drives real browsers in tests, with the unpacked test
// extension that stands in for Web eID's own and speaks its page protocol.
//
// [Chromium] and [Firefox] start a browser with a profile of its own,
// [Browser.Open] opens a page and [Page.Eval] runs a script in it. Every host
// name under .test leads to this machine, and certificates are not checked.
package browsertest

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a browser may take for one call.
const patience = time.Minute

// Options say what to start.
type Options struct {
	Home        string   // the home folder the browser and its children see
	Environment []string // added to the environment
	Extension   string   // folder of an unpacked extension; none when empty
}

// Browser is a running browser. It ends with the test.
type Browser interface {
	// Open opens a page in a tab of its own and waits until it has loaded.
	Open(t testing.TB, url string) Page
}

// Page is one tab.
type Page interface {
	// Eval runs a script in the page, waits for the promise it gives and
	// decodes its value.
	Eval(script string, value any) error
	// Close closes the tab, as its user would.
	Close(t testing.TB)
}

// command prepares a browser as a process group of its own.
func (o Options) command(program string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(program, arguments...) //nolint:gosec // the browser under test
	cmd.Env = append(append(os.Environ(), "HOME="+o.Home, "XDG_CONFIG_HOME="), o.Environment...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// run starts a browser and kills it, with all its processes, after the test.
func run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	log := new(buffer)
	cmd.Stderr = log
	cmd.WaitDelay = time.Second // a child may keep the log open
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its profile is thrown away
		_ = cmd.Wait()                                      // it was killed
		if t.Failed() {
			t.Logf("the browser said:\n%s", log)
		}
	})
}

// buffer collects what a browser says.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
