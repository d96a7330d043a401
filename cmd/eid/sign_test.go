package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eidgate/card/sim"
	"eidgate/certs/pki"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
)

func TestSignAtEveryLevel(t *testing.T) {
	w := newWorld(t)
	for _, level := range []string{"B", "T", "LT"} {
		t.Run(level, func(t *testing.T) {
			w.card.ClearTrace()
			out := filepath.Join(t.TempDir(), "signed.pdf")
			w.sign(t, "12345", "--level", level, "-o", out, document(t)).want(t, exitOK, "signed at PAdES level "+level)
			if n := w.commands(signWithPIN2); n != 1 {
				t.Errorf("%d card operations, want 1", n)
			}
			if n := w.commands(verifyPIN2); n != 1 {
				t.Errorf("the PIN was sent %d times, want once", n)
			}
			w.run(t, "verify", "--trust", w.TrustDir(), out).want(t, exitOK)
			offline := map[string]int{"B": exitIndeterminate, "T": exitIndeterminate, "LT": exitOK}
			w.run(t, "verify", "--offline", "--trust", w.TrustDir(), out).want(t, offline[level])
		})
	}
}

func TestSignAdbe(t *testing.T) {
	w := newWorld(t)
	out := filepath.Join(t.TempDir(), "signed.pdf")
	w.sign(t, "12345", "--format", "adbe", "-o", out, document(t)).want(t, exitOK, "adbe.pkcs7.detached")
	if n := w.commands(signWithPIN2); n != 1 {
		t.Errorf("%d card operations, want 1", n)
	}
	w.run(t, "verify", "--trust", w.TrustDir(), out).want(t, exitOK)
}

func TestSignSeveralFilesIntoAFolder(t *testing.T) {
	w := newWorld(t)
	dir, in := t.TempDir(), t.TempDir()
	var files []string
	for i := range 3 {
		name := filepath.Join(in, fmt.Sprintf("file%d.pdf", i))
		if err := os.WriteFile(name, samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
			"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 %d] >>", 100+i)), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	w.sign(t, "12345", append([]string{"--level", "B", "-o", dir}, files...)...).want(t, exitOK)
	for i := range 3 {
		w.run(t, "verify", "--trust", w.TrustDir(), filepath.Join(dir, fmt.Sprintf("file%d-signed.pdf", i))).want(t, exitOK)
	}
}

// refusal is a case in which eid sign must write nothing and leave everything
// as it was.
type refusal struct {
	name    string
	pin     string
	args    []string
	input   func(t *testing.T) string
	arrange func(t *testing.T, w *world)
	exit    int
	texts   []string
	// signed and verified count what may reach the card at most.
	verified, signed int
}

func TestSignRefuses(t *testing.T) {
	content := func(b []byte) func(*testing.T) string {
		return func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "in.pdf")
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	contract, err := os.ReadFile("testdata/contract.pdf")
	if err != nil {
		t.Fatal(err)
	}
	outage := func(service string, o pki.Outage) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			if err := w.SetOutage(service, o); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []refusal{
		{name: "wrong PIN", pin: "00000", exit: exitCard, texts: []string{"tries left: 2"}, verified: 1},
		{name: "PIN too short", pin: "1", exit: exitCard, texts: []string{"PIN2"}},
		{name: "PIN with letters", pin: "12a45", exit: exitCard, texts: []string{"PIN2"}},
		{name: "no PIN", pin: "", exit: exitInput, texts: []string{"--pin-fd"}},
		{name: "PIN blocked", exit: exitCard, texts: []string{"blocked", "PUK"}, arrange: func(t *testing.T, w *world) {
			for range 2 {
				w.sign(t, "00000", "-o", filepath.Join(t.TempDir(), "x"), document(t)).want(t, exitCard)
			}
			w.sign(t, "00000", "--last-try", "-o", filepath.Join(t.TempDir(), "x"), document(t)).want(t, exitCard)
			w.card.ClearTrace()
		}},
		{name: "last try without consent", exit: exitCard, texts: []string{"one try", "--last-try"}, arrange: func(t *testing.T, w *world) {
			for range 2 {
				w.sign(t, "00000", "-o", filepath.Join(t.TempDir(), "x"), document(t)).want(t, exitCard)
			}
			w.card.ClearTrace()
		}},
		{name: "no reader", exit: exitCard, texts: []string{"Plug in"}, arrange: func(_ *testing.T, w *world) { w.cards = sim.NewService() }},
		{name: "no card", exit: exitCard, texts: []string{"Insert the card"}, arrange: func(_ *testing.T, w *world) { w.cards = sim.NewService("Empty") }},
		{name: "no PKCS#11 module", args: []string{"--key", "pkcs11:token=x?module-path=/nowhere.so"}, exit: exitCard, texts: []string{"module"}},
		{name: "bad PKCS#11 URI", args: []string{"--key", "pkcs11:colour=red"}, exit: exitInput, texts: []string{"RFC 7512"}},
		{name: "PIN in the URI", args: []string{"--key", "pkcs11:token=x?pin-value=12345"}, exit: exitInput, texts: []string{"refused"}},
		{name: "key of another kind", args: []string{"--key", "file"}, exit: exitInput, texts: []string{"--key card"}},
		{name: "time-stamp authority down", exit: exitIndeterminate, texts: []string{"time-stamp"}, arrange: outage("tsa", pki.OutageDown), verified: 1, signed: 1},
		{name: "time-stamp authority talks garbage", exit: exitIndeterminate, texts: []string{"time-stamp"}, arrange: outage("tsa", pki.OutageGarbage), verified: 1, signed: 1},
		{name: "time-stamp authority fails", exit: exitIndeterminate, texts: []string{"time-stamp"}, arrange: outage("tsa", pki.OutageTryLater), verified: 1, signed: 1},
		{name: "revocation responder down", exit: exitIndeterminate, arrange: outage("ocsp", pki.OutageDown)},
		{name: "revocation responder unknown", exit: exitIndeterminate, arrange: outage("ocsp", pki.OutageWrongSigner)},
		{name: "not a PDF", input: content([]byte("hello, world\n")), exit: exitInput, texts: []string{"not a PDF"}},
		{name: "empty file", input: content(nil), exit: exitInput, texts: []string{"PDF"}},
		{name: "truncated PDF", input: content(contract[:len(contract)/2]), exit: exitInput, texts: []string{"damaged"}},
		{name: "encrypted PDF", input: encrypted, exit: exitInput, texts: []string{"encrypted"}},
		{name: "no such file", input: func(*testing.T) string { return "/no/such/file.pdf" }, exit: exitInput, texts: []string{"/no/such/file.pdf"}},
		{name: "a folder", input: func(t *testing.T) string { return t.TempDir() }, exit: exitInput},
		{name: "output folder missing", args: []string{"-o", "/no/such/folder/out.pdf"}, exit: exitInput, texts: []string{"folder"}},
		{name: "no trust folder there", args: []string{"--trust", "/no/such/trust"}, exit: exitInput},
		{name: "level unknown", args: []string{"--level", "XL"}, exit: exitInput, texts: []string{"level"}},
		{name: "level of adbe", args: []string{"--format", "adbe", "--level", "LT"}, exit: exitInput, texts: []string{"level B only"}},
		{name: "closed PIN descriptor", args: []string{"--pin-fd", "977"}, exit: exitInput, texts: []string{"--pin-fd"}},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t) })
	}
}

func (c refusal) check(t *testing.T) {
	w := newWorld(t)
	in := document(t)
	if c.input != nil {
		in = c.input(t)
	}
	before, _ := os.ReadFile(in)
	if c.arrange != nil {
		c.arrange(t, w)
	}
	if c.pin == "" && c.name != "no PIN" {
		c.pin = "12345"
	}
	dir := t.TempDir()
	args := append([]string{"-o", filepath.Join(dir, "out.pdf"), in}, c.args...)
	got := w.sign(t, c.pin, args...)
	got.want(t, c.exit, c.texts...)
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the folder holds %v (%v)", left, err)
	}
	if after, _ := os.ReadFile(in); !bytes.Equal(before, after) {
		t.Error("the input changed")
	}
	if n := w.commands(verifyPIN2); n > c.verified {
		t.Errorf("the PIN was sent %d times, want %d", n, c.verified)
	}
	if n := w.commands(signWithPIN2); n > c.signed {
		t.Errorf("%d card operations, want %d", n, c.signed)
	}
	if strings.Contains(got.err, c.pin) && c.pin != "" && c.pin != "1" {
		t.Errorf("the PIN is in the message: %s", got.err)
	}
}

func encrypted(t *testing.T) string {
	out := filepath.Join(t.TempDir(), "encrypted.pdf")
	testtool.Run(t, testtool.Need(t, "qpdf"), "--encrypt", "user", "owner", "256", "--", "testdata/contract.pdf", out)
	return out
}

// TestSignCardPulledOut pulls the card out at every command.
func TestSignCardPulledOut(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "out.pdf")
	w.card.ClearTrace()
	w.sign(t, "12345", "--level", "B", "-o", out, document(t)).want(t, exitOK)
	commands := len(w.card.Trace())
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	for at := range commands {
		service := sim.NewService(readerName)
		c, err := sim.New(w.Card)
		if err != nil {
			t.Fatal(err)
		}
		service.Insert(readerName, c)
		c.SetFaults(sim.Faults{RemoveAt: &at})
		w.cards, w.card = service, c
		w.sign(t, "12345", "--level", "B", "-o", out, document(t)).want(t, exitCard)
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("pulled out at command %d: the folder holds %v (%v)", at, left, err)
		}
		if n := w.commands(verifyPIN2); n > 1 {
			t.Errorf("pulled out at command %d: the PIN was sent %d times", at, n)
		}
	}
}

func TestSignNeverReplacesUnasked(t *testing.T) {
	w := newWorld(t)
	in := filepath.Join(t.TempDir(), "in.pdf")
	contract, err := os.ReadFile("testdata/contract.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, contract, 0o600); err != nil {
		t.Fatal(err)
	}
	out := w.file(t, "out.pdf", "precious")
	w.sign(t, "12345", "--level", "B", "-o", out, in).want(t, exitInput, "--force")
	if b, _ := os.ReadFile(out); string(b) != "precious" {
		t.Error("the existing file was replaced")
	}
	w.sign(t, "12345", "--level", "B", "--force", "-o", in, in).want(t, exitInput, "document itself")
	if n := w.commands(verifyPIN2); n != 0 {
		t.Errorf("the PIN was sent %d times", n)
	}
	w.sign(t, "12345", "--level", "B", "--force", "-o", out, in).want(t, exitOK)
	w.run(t, "verify", "--trust", w.TrustDir(), out).want(t, exitOK)
}

// TestSignOnBadDisks signs into a full and into a read-only file system.
func TestSignOnBadDisks(t *testing.T) {
	unshare := mountNamespace(t)
	w := newWorld(t)
	cards, err := filepath.Glob(filepath.Join(w.CardsDir(), "*.json"))
	if err != nil || len(cards) == 0 {
		t.Fatalf("no card file: %v", err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(t.TempDir(), "big.pdf")
	padding := "<< /Length 400000 >>\nstream\n" + strings.Repeat("x", 400000) + "\nendstream"
	if err := os.WriteFile(big, samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>", padding), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, options string }{
		{"full", "size=200k"},
		{"read-only", "ro"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			script := `mount -t tmpfs -o "$1" tmpfs "$2" || exit 99; shift 2; "$@"; code=$?; ls -A "$OUT_DIR" >&2; exit $code`
			args := slices.Concat(unshare, []string{
				"sh", "-c", script, "sh", tt.options, dir,
				program, "sign", "--level", "B", "--pin-fd", "3", "-o", filepath.Join(dir, "out.pdf"), big,
			}, w.services())
			w.child(t, []string{cardVariable + "=" + cards[0], "OUT_DIR=" + dir}, "12345", args...).
				want(t, exitInput, "output cannot be written")
		})
	}
}

// mountNamespace is the command that gives a program mounts of its own, as an
// ordinary user where that is allowed, else as root.
func mountNamespace(t *testing.T) []string {
	t.Helper()
	unshare := testtool.Need(t, "unshare")
	for _, options := range []string{"-rm", "-m"} {
		if exec.Command(unshare, options, "true").Run() == nil {
			return []string{unshare, options}
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("neither root nor user namespaces: file systems cannot be mounted for the test")
	}
	t.Skip("neither root nor user namespaces: file systems cannot be mounted for the test")
	return nil
}
