//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eidgate/card/sim/simtest"
	"eidgate/internal/vreader/vreadertest"
)

func person(t *testing.T, number string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), number)
	if err := simtest.Person(t, number).Save(name); err != nil {
		t.Fatal(err)
	}
	return name
}

// slots asks OpenSC what it sees through the daemon in the environment line. It
// is empty when OpenSC was confused by a card that came or went meanwhile.
func slots(t *testing.T, environment string) string {
	t.Helper()
	modules, _ := filepath.Glob("/usr/lib/*/opensc-pkcs11.so")
	if len(modules) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("opensc is not installed")
		}
		t.Skip("opensc is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "pkcs11-tool", "--module", modules[0], "--list-slots")
	cmd.Env = append(os.Environ(), environment)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%v: %s", err, out)
		return ""
	}
	return string(out)
}

func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !yes(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestCardsInAPrivateDaemon(t *testing.T) {
	vreadertest.Require(t)
	dir, err := os.MkdirTemp("", "sim")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	trace := filepath.Join(t.TempDir(), "trace")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	var out bytes.Buffer
	o := options{Card: "esteid2018", Person: []string{person(t, "AS0010001"), person(t, "AS0010002")}, Pcscd: dir, Trace: trace}
	go func() { done <- run(ctx, o, &out) }()

	var line string
	eventually(t, "the file ready does not appear", func() bool {
		b, err := os.ReadFile(filepath.Join(dir, "ready"))
		line = strings.TrimSpace(string(b))
		return err == nil
	})
	seen := slots(t, line)
	for _, number := range []string{"AS0010001", "AS0010002"} {
		if !strings.Contains(seen, number) {
			t.Errorf("OpenSC does not see %s: %s", number, seen)
		}
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cards do not go", func() bool {
		seen := slots(t, line)
		return seen != "" && !strings.Contains(seen, "AS0010001")
	})
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cards do not come back", func() bool { return strings.Contains(slots(t, line), "AS0010002") })

	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopping: %v", err)
	}
	if got := strings.TrimSpace(out.String()); got != line || !strings.HasPrefix(got, "PCSCLITE_CSOCK_NAME="+dir) {
		t.Errorf("printed %q, ready says %q", got, line)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if b, err := os.ReadFile(trace); err != nil || !bytes.Contains(b, []byte("1 > 00a404")) {
		t.Errorf("trace: %v", err)
	}
}

func TestBadInput(t *testing.T) {
	good := person(t, "AS0010001")
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte(`{"card":"esteid2018","pin":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f := simtest.Person(t, "AS0010001")
	f.Card = "unknown"
	unknown := filepath.Join(t.TempDir(), "unknown")
	if err := f.Save(unknown); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    options
		want string
	}{
		"unknown field": {options{Person: []string{broken}}, "unknown field"},
		"unknown kind":  {options{Person: []string{unknown}}, `"unknown"`},
		"other kind":    {options{Person: []string{good}, Card: "none"}, "esteid2018"},
		"two cards":     {options{Person: []string{good, good}, Vpcd: "127.0.0.1:1"}, "one reader"},
		"no reader":     {options{Person: []string{good}, Vpcd: "127.0.0.1:1"}, "connecting"},
		"bad trace":     {options{Person: []string{good}, Trace: "/nowhere/trace"}, "trace"},
	} {
		if err := run(t.Context(), c.o, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
