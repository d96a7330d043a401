//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"eidgate/card/sim/simtest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

// TestProcess runs the program in processes of its own with a card in a virtual
// reader of a real PC/SC daemon.
func TestProcess(t *testing.T) {
	vreadertest.Require(t)
	file := simtest.Person(t, "AS0010001")
	file.PIN1 = randomPIN(t)
	host := vreadertest.Start(t, vreader.Config{})
	if err := host.Insert(context.Background(), 0, newCard(t, file)); err != nil {
		t.Fatal(err)
	}
	environment := []string{host.Environment()}
	t.Run("PIN stays nowhere", func(t *testing.T) { pinStaysNowhere(t, environment, file.PIN1) })
	t.Run("killed", func(t *testing.T) { killed(t, environment) })
	for _, how := range []string{"pinentry-tty", "pinentry-curses", "tty"} {
		t.Run("typed into "+how, func(t *testing.T) { typed(t, environment, how, file.PIN1) })
	}
}

// randomPIN has twelve digits: found in memory, it is no coincidence.
func randomPIN(t *testing.T) string {
	t.Helper()
	digits := make([]byte, 12)
	if _, err := rand.Read(digits); err != nil {
		t.Fatal(err)
	}
	for i := range digits {
		digits[i] = '0' + digits[i]%10
	}
	return string(digits)
}

func pinStaysNowhere(t *testing.T, environment []string, pin string) {
	inverted := []byte(pin)
	for i := range inverted {
		inverted[i] ^= 0xff
	}
	s := pinentrytest.New(t, pinentrytest.PIN(pin))
	p := startProcess(t, "log_level: debug\npinentry: "+s.Path+"\n",
		append(environment, invertedVariable+"="+hex.EncodeToString(inverted)), nil)
	p.send(authenticate(""))
	if r := p.reply(); r.Signature == "" {
		t.Fatalf("%+v", r)
	}
	seen := p.sightings()
	if seen.Verifying == nil || seen.Verifying.Copies < 1 {
		t.Fatalf("the PIN is not found while it is sent: the scan does not work: %+v", seen.Verifying)
	}
	if seen.After.Copies != 0 {
		t.Errorf("%d copies of the PIN are left in memory", seen.After.Copies)
	}
	for when, s := range map[string]*sighting{"verifying": seen.Verifying, "after": seen.After} {
		if s.Arguments || len(s.Listening) > 0 || s.CoreLimit != 0 || s.Dumpable != 0 {
			t.Errorf("%s: %+v", when, s)
		}
	}
	logged := p.log.String()
	if !strings.Contains(logged, "answer=9000") || strings.Contains(logged, pin) || strings.Contains(logged, hex.EncodeToString([]byte(pin))) ||
		strings.Contains(logged, nonce) || strings.Contains(logged, "JÕEORG") {
		t.Errorf("the log has no commands, or too much:\n%s", logged)
	}
}

// TestListeningIsFound is the counterpart: a socket that listens is seen.
func TestListeningIsFound(t *testing.T) {
	before := len(listening())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if n := len(listening()); n != before+2 {
		t.Errorf("%d listening sockets seen, want %d", n, before+2)
	}
}

// killed kills the program while its dialog is open, as browsers do.
func killed(t *testing.T, environment []string) {
	s := pinentrytest.New(t, pinentrytest.Wait)
	p := startProcess(t, "pinentry: "+s.Path+"\n", environment, nil)
	p.send(authenticate(""))
	entry := s.Shown(t, 0)
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.done
	s.Gone(t, entry)
}

// typed types the PIN on a pseudo-terminal into a real pinentry program, or
// into the program's own prompt.
func typed(t *testing.T, environment []string, how, pin string) {
	if how != "tty" {
		testtool.Need(t, how)
	}
	keyboard, terminal := pinentrytest.PseudoTerminal(t)
	screen := new(syncBuffer)
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := keyboard.Read(b)
			_, _ = screen.Write(b[:n])
			if err != nil {
				return
			}
		}
	}()
	p := startProcess(t, "language: en\npinentry: "+how+"\n", append(environment, "TERM=xterm", "LC_ALL=C.UTF-8"), func(c *exec.Cmd) {
		c.ExtraFiles = []*os.File{terminal}
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	})
	p.send(authenticate(""))
	waitFor(t, screen, "https://example.ee")
	waitFor(t, screen, "3 of 3 tries left")
	waitFor(t, screen, "PIN1:")
	pinentrytest.WithoutEcho(t, keyboard)
	if _, err := keyboard.WriteString(pin + "\r"); err != nil {
		t.Fatal(err)
	}
	if r := p.reply(); r.Signature == "" {
		t.Errorf("%+v", r)
	}
	if strings.Contains(screen.String(), pin[:4]) {
		t.Error("the PIN was shown")
	}
}

func waitFor(t *testing.T, screen *syncBuffer, text string) {
	t.Helper()
	for range 2000 {
		if strings.Contains(screen.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the terminal does not show %q but %q", text, screen.String())
}
