package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/card/pcsc"
	"eidgate/card/sim"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/persofile"
	"eidgate/internal/pin"
	"eidgate/internal/testtool"
)

// The test binary is the program itself when these are set, so that tests can
// run it in a process, and in namespaces, of its own.
const (
	childVariable = "EID_TEST_CHILD"
	cardVariable  = "EID_TEST_CARD" // a personalisation: use this simulated card, not PC/SC
)

func TestMain(m *testing.M) {
	if modulecard.IsHost(os.Args) {
		os.Exit(modulecard.Host(os.Args))
	}
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	pin.HardenProcess()
	a := &app{cards: pcsc.New(), terminal: controllingTerminal, out: os.Stdout, err: os.Stderr, now: time.Now}
	if file := os.Getenv(cardVariable); file != "" {
		person, err := persofile.Load(file)
		if err != nil {
			panic(err)
		}
		c, err := sim.New(person)
		if err != nil {
			panic(err)
		}
		service := sim.NewService(readerName)
		service.Insert(readerName, c)
		a.cards = service
	}
	os.Exit(a.run(context.Background(), os.Args[1:]))
}

const readerName = "Reader One"

// world is a running PKI and its card in a reader of this process.
type world struct {
	*pkitest.World
	cards card.Service
	card  *sim.Card
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: pkitest.Start(t, nil)}
	c, err := sim.New(w.Card)
	if err != nil {
		t.Fatal(err)
	}
	service := sim.NewService(readerName)
	service.Insert(readerName, c)
	w.cards, w.card = service, c
	return w
}

// outcome is what a run of the program gave.
type outcome struct {
	exit     int
	out, err string
}

func (o outcome) want(t *testing.T, exit int, texts ...string) {
	t.Helper()
	if o.exit != exit {
		t.Fatalf("exit code %d, want %d\nout: %s\nerr: %s", o.exit, exit, o.out, o.err)
	}
	for _, text := range texts {
		if !strings.Contains(o.out+o.err, text) {
			t.Errorf("%q is not in\nout: %s\nerr: %s", text, o.out, o.err)
		}
	}
	if exit >= exitInput && strings.Count(o.err, "\n") != 1 {
		t.Errorf("the error is not one line:\n%s", o.err)
	}
}

// run runs the program in this process, without a settings file of the user's
// and without a terminal.
func (w *world) run(t *testing.T, args ...string) outcome {
	t.Helper()
	var out, errOut bytes.Buffer
	a := &app{
		cards: w.cards, out: &out, err: &errOut, now: time.Now,
		terminal: func() (*os.File, error) { return nil, os.ErrNotExist },
	}
	if args[0] != "--config" {
		args = append([]string{"--config", w.file(t, "eid.yaml", "")}, args...)
	}
	exit := a.run(t.Context(), args)
	return outcome{exit, out.String(), errOut.String()}
}

func (w *world) file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// services are the flags that name the PKI.
func (w *world) services() []string {
	return []string{"--trust", w.TrustDir(), "--timestamp-url", w.URL("/tsa")}
}

// sign runs eid sign with a PIN on a descriptor.
func (w *world) sign(t *testing.T, pin string, args ...string) outcome {
	t.Helper()
	flags := append([]string{"sign", "--pin-fd", strconv.Itoa(pinDescriptor(t, pin))}, w.services()...)
	return w.run(t, append(flags, args...)...)
}

// pinDescriptor is a descriptor to read a PIN from; who is given it closes it.
func pinDescriptor(t *testing.T, pin string) int {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Write(fds[1], []byte(pin+"\n")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Close(fds[1]); err != nil {
		t.Fatal(err)
	}
	return fds[0]
}

// commands counts the commands of the card's trace that begin like this.
func (w *world) commands(prefix string) int {
	n := 0
	for _, e := range w.card.Trace() {
		if strings.HasPrefix(strings.ToUpper(e.Command), prefix) {
			n++
		}
	}
	return n
}

// Commands of ISO/IEC 7816-4 and 7816-8 as the trace shows them.
const (
	verifyPIN2   = "00200085"
	verifyPIN1   = "00200001"
	signWithPIN2 = "002A9E9A"
	changePIN2   = "00240085"
)

// document makes a PDF of two pages.
func document(t *testing.T) string {
	t.Helper()
	return filepath.Join(testtool.Root(t), "cmd", "eid", "testdata", "contract.pdf")
}

// child runs the program in a process of its own, through a wrapper if one is
// given, with the PIN on descriptor 3.
func (w *world) child(t *testing.T, env []string, pin string, command ...string) outcome {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if _, err := write.WriteString(pin + "\n"); err != nil {
		t.Fatal(err)
	}
	write.Close()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Env = append(append(os.Environ(), childVariable+"=1", "HOME="+t.TempDir()), env...)
	c.ExtraFiles = []*os.File{read}
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	err = c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{c.ProcessState.ExitCode(), out.String(), errOut.String()}
}
