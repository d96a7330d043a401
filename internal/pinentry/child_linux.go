package pinentry

import (
	"os"
	"os/exec"
	"syscall"
)

// prepare makes the child die with the thread that starts it: browsers kill
// native hosts, and a PIN dialog nobody waits for must not stay.
func prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}

// stop lets a curses program restore the terminal.
func stop(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
