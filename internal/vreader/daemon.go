//go:build unix

package vreader

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"eidgate/card/sim"
)

// mode is one way to run the daemon.
type mode struct {
	name    string
	unshare []string // options of unshare(1); nil for a plain process
	enter   []string // options of nsenter(1) that lead to the readers' ports
	ports   func(readers int) ([]int, error)
}

// modes are the ways to try, best first.
func modes() []mode {
	all := []mode{{
		name: "own user, mount and network namespaces", ports: fixedPorts,
		unshare: []string{"--user", "--map-root-user", "--mount", "--net"},
		enter:   []string{"--user", "--preserve-credentials", "--net"},
	}}
	if os.Geteuid() == 0 {
		all = append(all,
			mode{
				name: "own mount and network namespaces", ports: fixedPorts,
				unshare: []string{"--mount", "--net"}, enter: []string{"--net"},
			},
			mode{name: "system daemon", ports: freePorts})
	}
	return all
}

// inside is what runs in the namespaces. The local address is made to
// acknowledge TCP at once (see sim.Card.ServeVPCD), everything the system keeps
// in /run and every real reader's driver is hidden, and the daemon ends when
// its starter closes standard input, or dies.
const inside = `
PATH=$PATH:/usr/sbin:/sbin
ip link set lo up || exit 1
ip route change local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1 || true
mount -t tmpfs tmpfs /run || exit 1
mkdir /run/pcscd || exit 1
mount --bind "$1/run" /run/pcscd || exit 1
mount -t tmpfs tmpfs /usr/lib/pcsc/drivers || exit 1
` + plain

// plain is what runs without namespaces.
const plain = `
PATH=$PATH:/usr/sbin:/sbin
mkdir -p /run/pcscd || exit 1
exec 3<&0
pcscd --foreground --config "$1/conf" </dev/null 3<&- &
daemon=$!
(cat <&3 >/dev/null; kill $daemon) 2>/dev/null &
exec 3<&-
wait $daemon
`

const systemSocket = "/run/pcscd/" + socketName

// daemon is a running pcscd with the shell that guards it.
type daemon struct {
	mode   mode
	cmd    *exec.Cmd
	alive  io.Closer // the shell's standard input
	socket string
	ended  chan struct{} // closed when the shell is gone
	once   sync.Once
}

func startDaemon(m mode, dir string, log io.Writer) (*daemon, error) {
	d := &daemon{mode: m, ended: make(chan struct{}), socket: filepath.Join(dir, "run", socketName)}
	arguments := []string{"sh", "-c", inside, "sh", dir}
	if m.unshare == nil {
		if _, err := os.Stat(systemSocket); err == nil {
			return nil, fmt.Errorf("another daemon has %s", systemSocket)
		}
		d.socket = systemSocket
		arguments[2] = plain
	} else {
		arguments = append(append([]string{find("unshare")}, m.unshare...), arguments...)
	}
	d.cmd = exec.Command(find(arguments[0]), arguments[1:]...) //nolint:gosec // fixed programs
	if m.unshare != nil {
		d.cmd.Path = arguments[0]
	}
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's ^C is for the starter
	d.cmd.Stdout, d.cmd.Stderr = log, log
	// Children of the shell may keep these open for a moment longer.
	d.cmd.WaitDelay = time.Second
	in, err := d.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	d.alive = in
	go func() {
		_ = d.cmd.Wait() // it never ends well: it is stopped
		close(d.ended)
	}()
	return d, nil
}

// stop ends the daemon and waits for it; one that does not end is killed.
func (d *daemon) stop() {
	d.once.Do(func() {
		d.alive.Close()
		select {
		case <-d.ended:
		case <-time.After(5 * time.Second):
		}
		_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL) // usually nobody is left
		<-d.ended
	})
}

// connect opens a connection to a reader's port, waiting until the driver
// listens there.
func (h *Host) connect(ctx context.Context, port int) (conn io.ReadWriteCloser, err error) {
	waiting := poll(ctx, h.daemon.ended, func() bool {
		if h.daemon.mode.enter == nil {
			conn, err = sim.DialVPCD(ctx, "127.0.0.1:"+strconv.Itoa(port))
		} else {
			conn, err = h.daemon.relay(port)
		}
		return err == nil
	})
	if waiting != nil {
		return nil, fmt.Errorf("%w: %w", waiting, err)
	}
	return conn, nil
}
