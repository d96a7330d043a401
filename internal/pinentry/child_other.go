//go:build !linux

package pinentry

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// prepare does nothing where there is no parent-death signal: there the child
// ends when its input does, once the user has closed the dialog.
func prepare(*exec.Cmd) {}

func stop(p *os.Process) {
	if runtime.GOOS == "windows" {
		_ = p.Kill()
		return
	}
	_ = p.Signal(syscall.SIGTERM)
}
