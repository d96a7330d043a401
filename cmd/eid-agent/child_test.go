//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"eidgate/card"
	"eidgate/card/pcsc"
	"eidgate/internal/pin"
	"eidgate/internal/pin/pintest"
)

// The test binary is the program itself when childVariable is set. It then
// also looks at itself, when it sends a PIN to the card and afterwards, and
// writes what it saw to the file the variable names.
const (
	childVariable    = "EID_AGENT_TEST_CHILD"
	invertedVariable = "EID_AGENT_TEST_INVERTED" // the PIN, every byte inverted, in hex
)

// sighting is what the child sees of itself.
type sighting struct {
	Copies    int      // of the PIN in memory
	Listening []string // sockets
	Arguments bool     // the PIN is among the arguments or in the environment
	CoreLimit uint64
	Dumpable  int
}

type sightings struct{ Verifying, After *sighting }

func childMain() {
	file := os.Getenv(childVariable)
	if file == "" {
		return
	}
	pin.HardenProcess()
	inverted, _ := hex.DecodeString(os.Getenv(invertedVariable)) // empty for tests that do not look
	var seen sightings
	cards := spy{Service: pcsc.New(), onVerify: func() { seen.Verifying = lookAtMyself(inverted) }}
	code := program(context.Background(), os.Args, cards)
	seen.After = lookAtMyself(inverted)
	b, err := json.Marshal(seen)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		panic(err)
	}
	os.Exit(code)
}

// spy calls onVerify before each command that carries a PIN.
type spy struct {
	card.Service
	onVerify func()
}

func (s spy) Connect(ctx context.Context, reader string) (card.Connection, error) {
	c, err := s.Service.Connect(ctx, reader)
	if err != nil {
		return nil, err
	}
	return spyConnection{c, s.onVerify}, nil
}

type spyConnection struct {
	card.Connection
	onVerify func()
}

func (s spyConnection) Transmit(ctx context.Context, apdu []byte) ([]byte, error) {
	if len(apdu) > 5 && apdu[1] == 0x20 {
		s.onVerify()
	}
	return s.Connection.Transmit(ctx, apdu)
}

// process is the program in a process of its own, with a page at its pipes.
type process struct {
	*page
	cmd    *exec.Cmd
	log    *syncBuffer
	report string
}

// startProcess starts the program as Chromium would.
func startProcess(t *testing.T, settings string, environment []string, change func(*exec.Cmd)) *process {
	t.Helper()
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".config", "eid"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".config", "eid", "agent.yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{log: new(syncBuffer), report: filepath.Join(home, "report.json")}
	p.cmd = exec.CommandContext(t.Context(), os.Args[0], "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/")
	p.cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME=", childVariable+"="+p.report,
		"DISPLAY=", "WAYLAND_DISPLAY=", "GPG_TTY=", "GORACE=atexit_sleep_ms=0")
	p.cmd.Env = append(p.cmd.Env, environment...)
	p.cmd.Stderr = p.log
	if change != nil {
		change(p.cmd)
	}
	inR, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, outW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdin, p.cmd.Stdout = inR, outW
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	inR.Close()
	outW.Close()
	p.page = &page{t: t, in: in, out: out, done: make(chan error, 1)}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		in.Close()
		out.Close()
		if t.Failed() {
			t.Logf("the program logged:\n%s", p.log.String())
		}
	})
	var v struct{ Version string }
	p.read(&v)
	return p
}

func (p *process) sightings() sightings {
	p.t.Helper()
	b, err := os.ReadFile(p.report)
	if err != nil {
		p.t.Fatal(err)
	}
	var s sightings
	if err := json.Unmarshal(b, &s); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// lookAtMyself looks for a PIN that it knows only inverted.
func lookAtMyself(inverted []byte) *sighting {
	s := new(sighting)
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err == nil {
		s.CoreLimit = core.Cur
	}
	s.Dumpable, _ = unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	// What is not dumpable cannot look at itself in /proc, unless it is root's.
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	s.Listening = listening()
	if len(inverted) > 0 {
		for _, file := range []string{"/proc/self/cmdline", "/proc/self/environ"} {
			b, err := os.ReadFile(file)
			s.Arguments = s.Arguments || err != nil || pintest.Occurrences(b, inverted) > 0
		}
		s.Copies = pintest.Copies(inverted)
	}
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, uintptr(s.Dumpable), 0, 0, 0)
	return s
}

// listening are this process's sockets that others could connect or send to.
func listening() []string {
	mine := make(map[string]bool)
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, l := range links {
		if target, err := os.Readlink(l); err == nil && strings.HasPrefix(target, "socket:[") {
			mine[strings.Trim(target, "socket:[]")] = true
		}
	}
	var found []string
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6", "unix"} {
		b, err := os.ReadFile("/proc/self/net/" + table)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(b) {
			f := strings.Fields(string(line))
			if len(f) < 7 {
				continue
			}
			inode, open := f[len(f)-1], true
			switch table {
			case "tcp", "tcp6":
				inode, open = f[9], f[3] == "0A" // LISTEN
			case "udp", "udp6":
				inode = f[9]
			case "unix":
				inode, open = f[6], f[3] == "00010000" // __SO_ACCEPTCON
			}
			if mine[inode] && open {
				found = append(found, table+" "+strings.TrimSpace(string(line)))
			}
		}
	}
	return found
}
