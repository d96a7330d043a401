//go:build unix

// Package pinentrytest is a pinentry program for tests: it speaks real Assuan
// in a process of its own, the test binary run again, and answers what a script
// says.
//
// A test binary whose TestMain calls [Main] can be that program:
//
//	func TestMain(m *testing.M) {
//		pinentrytest.Main()
//		os.Exit(m.Run())
//	}
//
// Each dialog is a process and takes the script's next answer.
package pinentrytest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const programName = "pinentry-test"

// Answer is what the program does about one dialog.
type Answer struct {
	PIN  string // entered
	Do   string // without a PIN: "ok", "other", "cancel", "timeout", "die", or "wait" until it is ended
	Data string // sent as the data line as it is, instead of PIN
}

// The usual answers.
var (
	Yes    = Answer{Do: "ok"}
	Other  = Answer{Do: "other"}
	Cancel = Answer{Do: "cancel"}
	Wait   = Answer{Do: "wait"}
)

// PIN enters a PIN.
func PIN(digits string) Answer { return Answer{PIN: digits} }

// Shown is what a dialog showed.
type Shown struct {
	Title, Description, Prompt, Error string
	Buttons                           string // as SETOK, SETCANCEL and SETNOTOK gave them
	Asked                             string // GETPIN or CONFIRM
	Process                           int
}

// Script is a running script.
type Script struct {
	Path string // of the pinentry program
	dir  string
}

// New starts a script.
func New(t testing.TB, answers ...Answer) *Script {
	t.Helper()
	s := &Script{dir: t.TempDir()}
	s.Path = filepath.Join(s.dir, programName)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, s.Path); err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		write(t, s.file("answer", i), a)
	}
	return s
}

func write(t testing.TB, path string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *Script) file(kind string, i int) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s-%02d.json", kind, i))
}

// Shown waits until dialog i asks and tells what it shows.
func (s *Script) Shown(t testing.TB, i int) Shown {
	t.Helper()
	var shown Shown
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(s.file("shown", i))
		if err == nil {
			if err := json.Unmarshal(b, &shown); err != nil {
				t.Fatal(err)
			}
			return shown
		}
		if time.Now().After(deadline) {
			t.Fatalf("dialog %d was not shown; %d were", i, s.Count(t))
		}
	}
}

// Count is how many dialogs there were.
func (s *Script) Count(t testing.TB) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(s.dir, "shown-*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// Gone waits until the process of a dialog has ended.
func (s *Script) Gone(t testing.TB, shown Shown) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", shown.Process))
		if errors.Is(err, fs.ErrNotExist) || err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the dialog %q is still there", shown.Title)
		}
	}
}

// Main is the program, when the test binary is run as one; it then does not
// return.
func Main() {
	if filepath.Base(os.Args[0]) != programName {
		return
	}
	p := &program{s: &Script{dir: filepath.Dir(os.Args[0])}}
	p.serve()
	// Not os.Exit: with the race detector that sleeps for a second.
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

type program struct {
	s     *Script
	shown Shown
}

func (p *program) serve() {
	fmt.Println("OK Pleased to meet you")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		text, err := url.PathUnescape(argument)
		if err != nil {
			text = "BAD ESCAPE " + argument
		}
		switch command {
		case "OPTION", "SETTIMEOUT":
		case "SETTITLE":
			p.shown.Title = text
		case "SETDESC":
			p.shown.Description = text
		case "SETPROMPT":
			p.shown.Prompt = text
		case "SETERROR":
			p.shown.Error = text
		case "SETOK", "SETCANCEL", "SETNOTOK":
			p.shown.Buttons += text + "|"
		case "GETPIN", "CONFIRM":
			p.shown.Asked = command
			p.answer()
			continue
		case "BYE":
			fmt.Println("OK")
			return
		default:
			fmt.Println("ERR 83886355 Unknown command <Pinentry>")
			continue
		}
		fmt.Println("OK")
	}
}

// answer takes the next answer, records the dialog and answers.
func (p *program) answer() {
	var a Answer
	p.shown.Process = os.Getpid()
	i := p.take()
	b, err := os.ReadFile(p.s.file("answer", i))
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "the script has no answer for this dialog:", p.shown)
		a.Do = "cancel"
	case json.Unmarshal(b, &a) != nil:
		a.Do = "die"
	}
	p.record(i)
	a.send()
}

// take takes the next answer; two dialogs at once take two.
func (p *program) take() int {
	for i := 0; ; i++ {
		f, err := os.OpenFile(p.s.file("taken", i), os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			f.Close()
			return i
		}
		if !errors.Is(err, fs.ErrExist) {
			os.Exit(2)
		}
	}
}

func (p *program) record(i int) {
	b, err := json.Marshal(p.shown)
	if err != nil {
		os.Exit(2)
	}
	file := p.s.file("shown", i)
	if os.WriteFile(file+".new", b, 0o600) != nil || os.Rename(file+".new", file) != nil {
		os.Exit(2)
	}
}

func (a Answer) send() {
	switch {
	case a.Data != "":
		fmt.Printf("D %s\nOK\n", a.Data)
	case a.PIN != "":
		fmt.Printf("D %s\nOK\n", strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(a.PIN))
	case a.Do == "ok":
		fmt.Println("OK")
	case a.Do == "other":
		fmt.Println("ERR 83886194 Operation not confirmed <Pinentry>")
	case a.Do == "timeout":
		fmt.Println("ERR 83886142 Timeout <Pinentry>")
	case a.Do == "wait":
		time.Sleep(time.Hour)
	case a.Do == "die":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	default:
		fmt.Println("ERR 83886179 Operation cancelled <Pinentry>")
	}
}
