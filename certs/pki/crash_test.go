package pki_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/internal/persofile"
)

// crashDir tells the test binary that it is the process to be killed.
const crashDir = "EIDGATE_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		issueAndRevoke(dir)
		return
	}
	os.Exit(m.Run())
}

// issueAndRevoke works until it is killed and says what it has done, each line
// only after it was acknowledged.
func issueAndRevoke(dir string) {
	p, err := pki.Open(dir, pki.Options{})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	defer p.Close()
	for {
		f, err := p.Issue(pki.Applicant{Surname: "KASK", GivenNames: "MARI", Code: "38001085718"})
		if err != nil {
			fmt.Println("error", err)
			return
		}
		for i, pair := range []persofile.Pair{f.Authentication, f.Signing} {
			block, _ := pem.Decode([]byte(pair.Certificate))
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				fmt.Println("error", err)
				return
			}
			serial := cert.SerialNumber.Text(16)
			fmt.Println("issued", serial)
			if i == 0 {
				if err := p.Revoke(serial, ""); err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println("revoked", serial)
			}
		}
	}
}

// TestKill kills two processes at random moments while they issue and revoke
// in one folder: no acknowledged certificate or revocation is lost, no serial
// number is there twice, nothing was signed that is not recorded.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for seconds")
	}
	dir := filepath.Join(t.TempDir(), "pki")
	p, err := pki.Init(dir, pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	issued, revoked := make(map[string]bool), make(map[string]bool)
	for range 12 {
		outputs := make(chan []byte, 2)
		for range 2 {
			go func() { outputs <- killAfter(dir, time.Duration(20+rand.IntN(150))*time.Millisecond) }()
		}
		for range 2 {
			said(t, <-outputs, issued, revoked)
		}
	}
	p, err = pki.Open(dir, pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	checkJournal(t, p, issued, revoked)
	t.Logf("%d certificates and %d revocations acknowledged", len(issued), len(revoked))
	if len(issued) == 0 || len(revoked) == 0 {
		t.Error("nothing was done before the kills")
	}
	if _, err := p.Issue(pki.Applicant{Surname: "KASK", GivenNames: "MARI", Code: "38001085718"}); err != nil {
		t.Errorf("issuing after the crashes: %v", err)
	}
}

// killAfter runs the worker and kills it, as kill -9 does, a while after its
// first word.
func killAfter(dir string, d time.Duration) []byte {
	c := exec.CommandContext(context.Background(), os.Args[0])
	c.Env = append(os.Environ(), crashDir+"="+dir)
	r, w, err := os.Pipe()
	if err != nil {
		return []byte("error " + err.Error())
	}
	c.Stdout = w
	if err := c.Start(); err != nil {
		return []byte("error " + err.Error())
	}
	w.Close()
	var all bytes.Buffer
	lines := bufio.NewScanner(r)
	for first := true; lines.Scan(); first = false {
		if first {
			time.AfterFunc(d, func() { _ = c.Process.Kill() })
		}
		all.Write(append(lines.Bytes(), '\n'))
	}
	_ = c.Wait()
	return all.Bytes()
}

func said(t *testing.T, output []byte, issued, revoked map[string]bool) {
	t.Helper()
	for line := range strings.Lines(string(output)) {
		word, serial, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "issued":
			if issued[serial] {
				t.Errorf("serial number %s was given twice", serial)
			}
			issued[serial] = true
		case "revoked":
			revoked[serial] = true
		default:
			t.Errorf("worker said %q", line)
		}
	}
}

func checkJournal(t *testing.T, p *pki.PKI, issued, revoked map[string]bool) {
	t.Helper()
	list, err := p.List()
	if err != nil {
		t.Fatal(err)
	}
	status := make(map[string]pki.Status)
	for _, l := range list {
		if status[l.Serial] != "" {
			t.Errorf("serial number %s is recorded twice", l.Serial)
		}
		status[l.Serial] = l.Status
		if (l.Certificate == nil) != (l.Status == pki.StatusUnfinished) {
			t.Errorf("%s is %s", l.Serial, l.Status)
		}
	}
	for serial := range issued {
		if status[serial] == "" || status[serial] == pki.StatusUnfinished {
			t.Errorf("certificate %s was handed out and is %q", serial, status[serial])
		}
	}
	for serial := range revoked {
		if status[serial] != pki.StatusRevoked {
			t.Errorf("%s was revoked and is %q", serial, status[serial])
		}
	}
}
