//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// asProgram tells the test binary to be eidgate.
const asProgram = "EIDGATE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestStopsOnSignal starts the server as a process and asks it to stop, as a
// service manager would.
func TestStopsOnSignal(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		dir := filepath.Join(t.TempDir(), "pki")
		must(t, "pki", "init", dir, "--listen", freeAddress(t))
		c := exec.CommandContext(t.Context(), os.Args[0], "pki", "serve", dir)
		c.Env = append(os.Environ(), asProgram+"=1")
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ready := false
		for lines := bufio.NewScanner(out); !ready && lines.Scan(); {
			ready = lines.Text() == "ready"
		}
		if !ready {
			t.Error("the server ended before it was ready")
		}
		if err := c.Process.Signal(signal); err != nil {
			t.Error(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	}
}
