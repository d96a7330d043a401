package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/persofile"
)

// eidgate runs the program to its end.
func eidgate(args ...string) (code int, out, errOut string) {
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errOut := eidgate(args...)
	if code != 0 {
		t.Fatalf("eidgate %v: exit %d\n%s", args, code, errOut)
	}
	return out
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestLifeOfAPKI is what an operator types, with the server running all the
// while.
func TestLifeOfAPKI(t *testing.T) {
	dir, listen := filepath.Join(t.TempDir(), "pki"), freeAddress(t)
	out := must(t, "pki", "init", dir, "--listen", listen)
	if !strings.Contains(out, filepath.Join(dir, "trust")) || !strings.Contains(out, "eidgate pki serve") {
		t.Errorf("init said %q", out)
	}
	serve(t, dir, listen)

	card := filepath.Join(t.TempDir(), "card.json")
	must(t, "pki", "issue", dir, "--surname", "ÕUNAPUU", "--given", "ŽANNA", "--code", "38001085718", "--kind", "id-card", "-o", card)
	f, err := persofile.Load(card)
	if err != nil || f.Surname != "ÕUNAPUU" || f.PIN2 == "" {
		t.Errorf("card %+v, %v", f, err)
	}
	info, err := os.Stat(card)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("card file %v, %v", info.Mode(), err)
	}
	serial := ""
	for line := range strings.Lines(must(t, "pki", "list", dir)) {
		if strings.Contains(line, "signing") && strings.Contains(line, "ÕUNAPUU,ŽANNA,38001085718") {
			serial = strings.Fields(line)[0]
		}
	}
	for _, step := range []struct {
		args   []string
		status string
	}{
		{[]string{"suspend", dir, serial}, "suspended"}, {[]string{"release", dir, serial}, "good"},
		{[]string{"revoke", dir, serial, "--reason", "key-compromise"}, "revoked"},
	} {
		must(t, append([]string{"pki"}, step.args...)...)
		if list := must(t, "pki", "list", dir); !strings.Contains(list, serial+"  "+step.status) {
			t.Errorf("%v: %s", step.args, list)
		}
	}
	must(t, "pki", "outage", dir, "crl", "garbage")
	if body := fetch(t, "http://"+listen+"/crl/root.crl"); !strings.Contains(body, "not DER") {
		t.Errorf("the fault does not show: %q", body)
	}
	must(t, "pki", "outage", dir, "crl", "none")
	if body := fetch(t, "http://"+listen+"/crl/root.crl"); strings.Contains(body, "not DER") {
		t.Error("the fault does not end")
	}
}

// serve runs "pki serve" until the test ends, waits for the word "ready", and
// checks that it then stops as a program should.
func serve(t *testing.T, dir, listen string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"pki", "serve", dir}, w, io.Discard)
		w.Close()
	}()
	var said strings.Builder
	for b := make([]byte, 1024); !strings.Contains(said.String(), "\nready\n"); {
		n, err := r.Read(b)
		said.Write(b[:n])
		if err != nil {
			t.Fatalf("serve ended: %s", said.String())
		}
	}
	for _, path := range []string{"/ocsp", "/tsa", "/crl/issuing.crl", "/ca/root.cer"} {
		if !strings.Contains(said.String(), "http://"+listen+path) {
			t.Errorf("serve does not name %s:\n%s", path, said.String())
		}
	}
	t.Cleanup(func() {
		stop()
		if got := <-code; got != 0 {
			t.Errorf("serve stopped with exit %d", got)
		}
	})
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestMistakes: each has exit code 3, one line that says what is wrong, one
// that says what to do, and nothing is written.
func TestMistakes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	must(t, "pki", "init", dir)
	card := filepath.Join(t.TempDir(), "card.json")
	if err := os.WriteFile(card, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	person := []string{"--surname", "KASK", "--given", "MARI", "--code"}
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"nothing":            {nil, "--help"},
		"unknown command":    {[]string{"pki", "fly"}, "--help"},
		"unknown flag":       {[]string{"pki", "init", dir, "--fly"}, "--help"},
		"init over a PKI":    {[]string{"pki", "init", dir}, "another folder"},
		"public address":     {[]string{"pki", "init", dir + "2", "--listen", "0.0.0.0:80"}, "127.0.0.1:8890"},
		"serve nothing":      {[]string{"pki", "serve", t.TempDir()}, "pki init"},
		"unknown serial":     {[]string{"pki", "revoke", dir, "abc"}, "pki list"},
		"not a serial":       {[]string{"pki", "revoke", dir, "xyz"}, "pki list"},
		"unknown reason":     {[]string{"pki", "revoke", dir, "abc", "--reason", "boredom"}, "key-compromise"},
		"bad code":           {append([]string{"pki", "issue", dir}, append(person, "123")...), "personal code"},
		"bad kind":           {append([]string{"pki", "issue", dir, "--kind", "passport"}, append(person, "38001085718")...), "passport"},
		"card file is there": {append([]string{"pki", "issue", dir, "-o", card}, append(person, "38001085718")...), "another file"},
		"unknown service":    {[]string{"pki", "outage", dir, "mail", "down"}, "ocsp, tsa"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errOut := eidgate(test.args...)
			if code != 3 || !strings.Contains(errOut, test.says) || !strings.HasPrefix(errOut, "eidgate: ") || out != "" {
				t.Errorf("exit %d, said %q and %q", code, out, errOut)
			}
			if strings.Contains(errOut, "38001085718") {
				t.Error("the message holds the personal code")
			}
		})
	}
	if b, err := os.ReadFile(card); err != nil || string(b) != "mine" {
		t.Errorf("the card file became %q, %v", b, err)
	}
	if _, err := os.Stat(dir + "2"); err == nil {
		t.Error("a PKI was made with a bad address")
	}
	if cards, err := filepath.Glob(filepath.Join(dir, "cards", "*")); err != nil || len(cards) != 1 {
		t.Errorf("cards %v, %v", cards, err)
	}
}

// TestTrouble is not the caller's fault: exit code 1.
func TestTrouble(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	must(t, "pki", "init", dir, "--listen", l.Addr().String())
	if code, _, errOut := eidgate("pki", "serve", dir); code != 1 || !strings.Contains(errOut, "in use") {
		t.Errorf("address taken: exit %d, %q", code, errOut)
	}
	if err := os.WriteFile(filepath.Join(dir, "journal"), []byte("00000000 {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := eidgate("pki", "list", dir); code != 1 || !strings.Contains(errOut, "backup") {
		t.Errorf("damaged journal: exit %d, %q", code, errOut)
	}
	if code, out, _ := eidgate("--help"); code != 0 || !strings.Contains(out, "Exit codes") {
		t.Errorf("help: exit %d, %q", code, out)
	}
}
