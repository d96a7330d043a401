//go:build unix

package vreader

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
)

// relayScript runs in the reader's network namespace, says + when it is
// connected and then carries bytes both ways.
const relayScript = `exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1; printf +; cat <&3 & exec cat >&3`

// relayed is a connection to a port inside the daemon's network namespace.
type relayed struct {
	io.Reader
	io.WriteCloser
	cmd  *exec.Cmd
	once sync.Once
}

// relay connects to a port. A process outside cannot open a socket in another
// network namespace without rights it may not have; a child that enters can.
func (d *daemon) relay(port int) (io.ReadWriteCloser, error) {
	arguments := append([]string{"--target", strconv.Itoa(d.cmd.Process.Pid)}, d.mode.enter...)
	arguments = append(arguments, "bash", "-c", relayScript, "bash", strconv.Itoa(port))
	cmd := exec.Command(find("nsenter"), arguments...) //nolint:gosec // fixed programs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("entering the reader's network: %w", err)
	}
	r := &relayed{Reader: out, WriteCloser: in, cmd: cmd}
	var connected [1]byte
	if _, err := io.ReadFull(out, connected[:]); err != nil {
		_ = r.Close() // never fails
		return nil, errors.New("nobody listens on the reader's port")
	}
	return r, nil
}

// Close ends the connection: the whole process group, because the half that
// reads the socket does not notice that the other half is gone.
func (r *relayed) Close() error {
	r.once.Do(func() {
		_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
		r.WriteCloser.Close()
		_ = r.cmd.Wait() // it was killed
	})
	return nil
}
