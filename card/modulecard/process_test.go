//go:build cgo && linux

package modulecard_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/modulecard"
)

// children are the processes this one started that host a module.
func children(t *testing.T, module string) []int {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, l := range lists {
		b, _ := os.ReadFile(l)
		for _, f := range strings.Fields(string(b)) {
			line, _ := os.ReadFile(filepath.Join("/proc", f, "cmdline"))
			if pid, err := strconv.Atoi(f); err == nil && bytes.Contains(line, []byte(module)) {
				found = append(found, pid)
			}
		}
	}
	return found
}

// The process of a module holds a PIN as the program itself does: it leaves no
// core file, is closed to others, and shows the PIN in no argument and no
// environment. It does not outlive its session.
func TestModuleProcess(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root looks into a process that is not dumpable")
	}
	for how, operation := range map[string]func(context.Context, card.Card) error{
		"hang-sign": func(ctx context.Context, c card.Card) error { _, err := c.Sign(ctx, request(t)); return err },
		"hang-set": func(ctx context.Context, c card.Card) error {
			return c.ChangePIN(ctx, change(card.PIN1, softPIN, newPIN))
		},
	} {
		t.Run(how, func(t *testing.T) { moduleProcess(t, how, operation) })
	}
}

// moduleProcess looks at the process while its module hangs in an operation.
func moduleProcess(t *testing.T, how string, operation func(context.Context, card.Card) error) {
	token(t, "holder", p256)
	module := evil(t, how)
	mark := filepath.Join(t.TempDir(), "hangs")
	t.Setenv("EVIL_MARK", mark)
	s, err := new(shelf).take(t, t.Context(), module)
	if err != nil {
		t.Fatal(err)
	}
	pids := children(t, module)
	if len(pids) != 1 {
		t.Fatalf("processes %v", pids)
	}
	dir := filepath.Join("/proc", strconv.Itoa(pids[0]))
	looked := make(chan string, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { // while the module has the PIN and hangs
		defer stop()
		for ctx.Err() == nil {
			if _, err := os.Stat(mark); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		looked <- look(dir)
	}()
	if err := operation(ctx, s.Card); err == nil {
		t.Error("a module that hangs did what it was told")
	}
	if trouble := <-looked; trouble != "" {
		t.Error(trouble)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left := children(t, module); len(left) != 0 {
		t.Errorf("processes %v outlive the session", left)
	}
}

// look says what is wrong with a process that holds the PIN.
func look(dir string) string {
	limits, err := os.ReadFile(filepath.Join(dir, "limits"))
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(limits)) {
		if f := strings.Fields(line); strings.HasPrefix(line, "Max core file size") && (f[4] != "0" || f[5] != "0") {
			return "it may leave a core file: " + line
		}
	}
	for _, name := range []string{"cmdline", "environ"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err.Error()
		}
		if bytes.Contains(b, []byte(softPIN)) || bytes.Contains(b, []byte(newPIN)) {
			return "the PIN is in its " + name
		}
	}
	for fd, want := range map[string]string{"1": "/dev/null", "2": "/dev/null"} {
		if got, err := os.Readlink(filepath.Join(dir, "fd", fd)); err != nil || got != want {
			return "its output " + fd + " goes to " + got
		}
	}
	return ""
}

// openVariable names the module that a process started by a test opens.
const openVariable = "EIDGATE_TEST_OPEN_MODULE"

// openAndWait is that process: its module hangs.
func openAndWait(module string) {
	all, _ := new(shelf).Readers(context.Background())
	_, err := modulecard.Open(context.Background(), new(shelf), all[0], card.Module{Name: "Card", Paths: []string{module}}, modulecard.Options{})
	fmt.Println("opened", err)
}

// A module's process ends with a program that is killed, as browsers kill it,
// whatever its module is doing.
func TestModuleProcessEndsWithItsParent(t *testing.T) {
	for _, how := range []string{"hang-load", "hang-token"} {
		t.Run(how, func(t *testing.T) {
			token(t, "holder", p256)
			module, mark := evil(t, how), filepath.Join(t.TempDir(), "hangs")
			program := exec.CommandContext(t.Context(), os.Args[0])
			program.Env = append(os.Environ(), openVariable+"="+module, "EVIL_MARK="+mark)
			if err := program.Start(); err != nil {
				t.Fatal(err)
			}
			host := waitUntil(t, func() int {
				if _, err := os.Stat(mark); err != nil {
					return 0
				}
				return hostOf(program.Process.Pid)
			})
			if err := program.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = program.Wait()
			waitUntil(t, func() int {
				state, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(host), "stat"))
				if err != nil || bytes.Contains(state, []byte(") Z ")) { // gone, or nobody has asked for its end yet
					return 1
				}
				return 0
			})
		})
	}
}

// hostOf is the child of a process, 0 when there is none.
func hostOf(pid int) int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, l := range lists {
		b, _ := os.ReadFile(l)
		if f := strings.Fields(string(b)); len(f) > 0 {
			n, _ := strconv.Atoi(f[0])
			return n
		}
	}
	return 0
}

// waitUntil waits for something that is not zero, and fails after ten seconds.
func waitUntil(t *testing.T, what func() int) int {
	t.Helper()
	for range 2000 {
		if n := what(); n != 0 {
			return n
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("it did not happen")
	return 0
}
