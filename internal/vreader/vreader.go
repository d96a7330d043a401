//go:build unix

// Package vreader runs a private PC/SC daemon with virtual readers, into which
// simulated cards are put: programs and tests then use them as real ones.
//
// [Start] starts the daemon, [Host.Insert] puts a card into a reader. Clients
// find the daemon by the environment variable of [Host.Environment], which
// libpcsclite reads once, at its first call in a process.
//
// The daemon runs in namespaces of its own when the system allows that: its
// socket lies in the given folder, it sees no real readers, and the readers'
// ports, which the driver opens to the whole network, are reached only from
// inside. Several can run at once, as any user. Where namespaces are refused
// (some containers) root gets a plain daemon on the system's socket, with
// ports in the system's network: only one, and only where no other runs.
//
// It needs Debian's packages pcscd, vsmartcard-vpcd, bash, util-linux and
// iproute2. It ends with the process that started it, even when that is
// killed.
package vreader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// patience is how long the daemon may take to start, to see a card come or go.
const patience = 20 * time.Second

// noticing is longer than the daemon's polling interval of 400 ms.
const noticing = 600 * time.Millisecond

// driver is where Debian's vsmartcard-vpcd puts the reader driver.
const driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

// firstPort is the driver's default port, vpcd.h.
const firstPort = 35963

// Config says what to start. The zero value is one reader in a temporary
// folder.
type Config struct {
	Dir     string    // for the socket; made when missing; its path is short (Unix sockets)
	Readers int       // at least 1, at most 8
	Log     io.Writer // the daemon's messages, nil for none
}

// Card is what can be put into a reader; sim.Card is one.
type Card interface {
	ATR() []byte
	// ServeVPCD answers the reader until conn closes or ctx ends.
	ServeVPCD(ctx context.Context, conn io.ReadWriteCloser) error
}

// Host is a running daemon with its readers.
type Host struct {
	dir    string
	ownDir bool // made here, removed at Close
	daemon *daemon
	ports  []int

	mu    sync.Mutex // guards slots
	slots []slot
}

// slot is one reader; cancel is nil when no card is in it.
type slot struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when the card is out
}

// Missing names the first thing this machine lacks to run virtual readers, or
// is empty.
func Missing() string {
	for _, program := range []string{"pcscd", "bash", "unshare", "nsenter", "ip"} {
		if find(program) == "" {
			return program
		}
	}
	if _, err := os.Stat(driver); err != nil {
		return "vsmartcard-vpcd"
	}
	return ""
}

// Start starts a daemon and waits until its readers are there.
func Start(ctx context.Context, c Config) (*Host, error) {
	if c.Readers == 0 {
		c.Readers = 1
	}
	if c.Readers < 1 || c.Readers > 8 {
		return nil, fmt.Errorf("starting %d virtual readers: 1 to 8 are possible", c.Readers)
	}
	if m := Missing(); m != "" {
		return nil, fmt.Errorf("starting virtual readers: %s is not installed", m)
	}
	h := &Host{slots: make([]slot, c.Readers)}
	if err := h.makeDir(c.Dir); err != nil {
		return nil, fmt.Errorf("starting virtual readers: %w", err)
	}
	if err := h.start(ctx, c); err != nil {
		_ = h.Close() // the first error says more
		return nil, fmt.Errorf("starting virtual readers: %w", err)
	}
	return h, nil
}

func (h *Host) makeDir(dir string) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "vreader"); err == nil && len(dir) > 80 {
			_ = os.Remove(dir)
			dir, err = os.MkdirTemp("/tmp", "vreader")
		}
		h.ownDir = true
	} else {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return err
	}
	h.dir = dir
	if n := len(filepath.Join(dir, "run", socketName)); n > 100 {
		return fmt.Errorf("the path of the socket in %s has %d bytes, at most 100 are possible: use a shorter folder name", dir, n)
	}
	return os.MkdirAll(filepath.Join(dir, "run"), 0o755) //nolint:gosec // clients of other users connect to the socket in it
}

// start tries the ways to run a daemon, best first.
func (h *Host) start(ctx context.Context, c Config) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var failed error
	for _, m := range modes() {
		err := h.startIn(ctx, m, c)
		if err == nil {
			return nil
		}
		failed = errors.Join(failed, fmt.Errorf("%s: %w", m.name, err))
	}
	return failed
}

func (h *Host) startIn(ctx context.Context, m mode, c Config) (err error) {
	if h.ports, err = m.ports(c.Readers); err != nil {
		return err
	}
	if err := writeConfig(h.dir, h.ports); err != nil {
		return err
	}
	if h.daemon, err = startDaemon(m, h.dir, c.Log); err != nil {
		return err
	}
	if err := h.ready(ctx, c.Readers); err != nil {
		h.daemon.stop()
		h.daemon = nil
		return err
	}
	return nil
}

// ready waits until the daemon lists the readers.
func (h *Host) ready(ctx context.Context, readers int) error {
	return poll(ctx, h.daemon.ended, func() bool {
		states, err := h.states()
		return err == nil && len(states) >= readers
	})
}

// poll asks until the answer is yes, the daemon has ended or time is up.
func poll(ctx context.Context, ended <-chan struct{}, yes func() bool) error {
	for !yes() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the daemon: %w", ctx.Err())
		case <-ended:
			return errors.New("the daemon ended")
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// Socket is the path of the daemon's socket.
func (h *Host) Socket() string { return h.daemon.socket }

// Environment is what a client's environment must hold: NAME=VALUE.
func (h *Host) Environment() string { return "PCSCLITE_CSOCK_NAME=" + h.Socket() }

// Reader is the name of a reader, counted from 0, as clients see it.
func (h *Host) Reader(n int) string { return readerName(n) }

// Ended is closed when the daemon has ended, whoever ended it.
func (h *Host) Ended() <-chan struct{} { return h.daemon.ended }

// Insert puts a card into a reader and returns when clients see it.
func (h *Host) Insert(ctx context.Context, reader int, c Card) error {
	if reader < 0 || reader >= len(h.slots) {
		return fmt.Errorf("inserting a card: there is no reader %d", reader)
	}
	if err := h.Remove(ctx, reader); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		err := h.try(ctx, reader, c)
		if err == nil || ctx.Err() != nil {
			return err
		}
		// A program that ended badly makes pcscd 1.9 reset whatever is in the
		// reader now, and lose count of what is in it: put the card in again.
		if err := h.Remove(ctx, reader); err != nil {
			return err
		}
		if err := poll(ctx, h.daemon.ended, after(noticing)); err != nil {
			return err
		}
	}
}

// after says yes when some time has passed.
func after(d time.Duration) func() bool {
	end := time.Now().Add(d)
	return func() bool { return time.Now().After(end) }
}

// try inserts a card once.
func (h *Host) try(ctx context.Context, reader int, c Card) error {
	ctx, stop := context.WithTimeout(ctx, 5*noticing)
	defer stop()
	s, err := h.serve(ctx, reader, c)
	if err != nil {
		return fmt.Errorf("inserting a card: %w", err)
	}
	return h.wait(ctx, s.done, reader, true)
}

// serve connects a card to a reader and lets it answer.
func (h *Host) serve(ctx context.Context, reader int, c Card) (slot, error) {
	conn, err := h.connect(ctx, h.ports[reader])
	if err != nil {
		return slot{}, err
	}
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := slot{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		_ = c.ServeVPCD(serving, conn) // the end of the connection is removal, whatever ended it
		conn.Close()
	}()
	h.mu.Lock()
	h.slots[reader] = s
	h.mu.Unlock()
	return s, nil
}

// Remove takes the card out of a reader and returns when clients see that. A
// reader without a card is left as it is.
func (h *Host) Remove(ctx context.Context, reader int) error {
	h.mu.Lock()
	s := h.slots[reader]
	h.slots[reader] = slot{}
	h.mu.Unlock()
	if s.cancel == nil {
		return nil
	}
	s.cancel()
	<-s.done
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	return h.wait(ctx, nil, reader, false)
}

// errEjected says that the reader closed the connection to a card.
var errEjected = errors.New("the reader ejected the card")

// wait waits until the daemon says that a card is in a reader, or is not.
// ejected is closed when the reader closed the connection to the card.
func (h *Host) wait(ctx context.Context, ejected <-chan struct{}, reader int, present bool) error {
	var last uint32
	gone := false
	err := poll(ctx, h.daemon.ended, func() bool {
		select {
		case <-ejected:
			gone = true
			return true
		default:
		}
		states, err := h.states()
		if err != nil {
			return false
		}
		last = states[h.Reader(reader)]
		if present {
			return last&statePresent != 0 && last&statePowered != 0
		}
		return last&stateAbsent != 0
	})
	if gone {
		return errEjected
	}
	if err != nil {
		return fmt.Errorf("waiting for reader %d, in state %X, to see its card: %w", reader, last, err)
	}
	return nil
}

// Close removes the cards, stops the daemon and removes what it left. It may be
// called more than once.
func (h *Host) Close() error {
	h.mu.Lock()
	slots := h.slots
	h.slots = make([]slot, len(slots))
	h.mu.Unlock()
	for _, s := range slots {
		if s.cancel != nil {
			s.cancel()
			<-s.done
		}
	}
	if h.daemon != nil {
		h.daemon.stop()
	}
	for _, leftover := range []string{"drivers", "conf", "run"} {
		_ = os.RemoveAll(filepath.Join(h.dir, leftover))
	}
	if h.ownDir {
		return os.RemoveAll(h.dir)
	}
	return nil
}
