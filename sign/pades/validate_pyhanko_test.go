//go:build interop

package pades_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/pades"
)

// pyhankoOffice has keys and services where pyHanko finds them.
type pyhankoOffice struct {
	*office
	program, dir, tsa string
}

func newPyhankoOffice(t *testing.T) *pyhankoOffice {
	t.Helper()
	p := &pyhankoOffice{office: newOffice(t), program: os.Getenv("PYHANKO"), dir: t.TempDir()}
	if p.program == "" {
		p.program = testtool.Need(t, "pyhanko")
	}
	p.Now = time.Now().Truncate(time.Second) // pyHanko has no other clock
	mux := http.NewServeMux()
	mux.HandleFunc("/tsa", p.serveTSA)
	mux.HandleFunc("/ocsp", p.serveOCSP)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.tsa = server.URL + "/tsa"
	p.OCSPServer = server.URL + "/ocsp"
	p.Root = p.Authority("Test Root", testpki.Identity{})
	p.Issuer = p.Authority("Test Issuing CA", p.Root)
	p.TSA = p.Stamper(p.Root)
	p.card = p.Card("P-256")
	key, err := x509.MarshalPKCS8PrivateKey(p.card.Software)
	if err != nil {
		t.Fatal(err)
	}
	p.pem(t, "key.pem", "PRIVATE KEY", key)
	p.pem(t, "cert.pem", "CERTIFICATE", p.card.Cert.Raw)
	p.pem(t, "issuer.pem", "CERTIFICATE", p.Issuer.Cert.Raw)
	p.pem(t, "root.pem", "CERTIFICATE", p.Root.Cert.Raw)
	return p
}

func (p *pyhankoOffice) path(name string) string { return filepath.Join(p.dir, name) }

func (p *pyhankoOffice) pem(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(p.path(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *pyhankoOffice) serveTSA(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, "application/timestamp-reply", func(b []byte) ([]byte, error) { return p.Respond(p.TSA, b) })
}

func (p *pyhankoOffice) serveOCSP(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, "application/ocsp-response", p.RespondOCSP)
}

func (p *pyhankoOffice) answer(w http.ResponseWriter, r *http.Request, media string, f func([]byte) ([]byte, error)) {
	var body bytes.Buffer
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, 1<<20))
	reply, err2 := f(body.Bytes())
	if err != nil || err2 != nil {
		http.Error(w, "no", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(reply)
}

// addsig has pyHanko sign a document.
func (p *pyhankoOffice) addsig(t *testing.T, doc []byte, field string, args ...string) []byte {
	t.Helper()
	in, out := p.path("in.pdf"), p.path("out.pdf")
	if err := os.WriteFile(in, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	all := append([]string{"sign", "addsig", "--no-strict-syntax", "--field", field}, args...)
	// One clock reading for all answers of a run: pyHanko asks for the OCSP
	// answer first, and on a busy machine the time-stamp may follow so much later
	// that the answer does not count as made after it.
	p.Now = time.Now().Truncate(time.Second)
	all = append(all, "pemder", "--no-pass", "--key", p.path("key.pem"), "--cert", p.path("cert.pem"), "--chain", p.path("issuer.pem"), in, out)
	testtool.Run(t, p.program, all...)
	signed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// What pyHanko signs at each level, alone and in a row, visible or not, is
// valid for us at that level.
func TestInteropWeAcceptPyHanko(t *testing.T) {
	p := newPyhankoOffice(t)
	stamp := []string{"--use-pades", "--timestamp-url", p.tsa}
	long := append(append([]string{}, stamp...), "--with-validation-info", "--trust", p.path("root.pem"))
	few := map[string]bool{"cairo": true, "xref-stream": true, "form": true, "linearised": true}
	for _, s := range samplepdf.All(t, t.TempDir()) {
		if !few[s.Name] && os.Getenv("LARGE") == "" { // pyHanko takes a second each time
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			original, err := os.ReadFile(s.Path)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				level sign.Level
				args  []string
			}{
				{sign.LevelB, []string{"--use-pades"}},
				{sign.LevelT, stamp},
				{sign.LevelLT, long},
				{sign.LevelLTA, append(append([]string{}, long...), "--use-pades-lta")},
			} {
				doc := p.addsig(t, original, "Sig1", c.args...)
				p.expect(t, doc, 1, c.level)
				again := p.addsig(t, doc, "1/50,50,250,100/Sig2", c.args...)
				p.expect(t, again, 2, c.level)
				p.expect(t, p.sign(t, doc, sign.LevelLT), 2, c.level)
				p.expect(t, p.addsig(t, p.sign(t, original, sign.LevelLT), "Other", c.args...), 2, sign.LevelLT)
			}
		})
	}
}

// expect wants a valid document with n signatures of people, the first at a
// level or one above it.
func (p *pyhankoOffice) expect(t *testing.T, doc []byte, n int, level sign.Level) {
	t.Helper()
	p.Now = time.Now().Add(time.Second)
	r := report(t, doc, p.Trust(true))
	people := 0
	for _, s := range r.Signatures {
		if s.Kind == sign.KindSignature {
			people++
		}
	}
	if !r.Valid() || people != n || r.Signatures[0].Level < level {
		t.Errorf("%d signatures of people, want %d at %v\n%s", people, n, level, r.Text())
		for _, s := range r.Signatures {
			for _, c := range s.Checks {
				t.Logf("%s: %s %s %s", s.ID, c.Name, c.Result, c.Sentence)
			}
		}
	}
}

// Forms that one of us certifies and MuPDF fills in are valid for us; pyHanko
// agrees where it can compare: it wants an appearance in every field.
func TestInteropFilledForms(t *testing.T) {
	p := newPyhankoOffice(t)
	for name, certified := range map[string][]byte{
		"certified by pyHanko": p.addsig(t, application(), "Sig1", "--use-pades", "--certify"),
		"certified by us":      p.certified(t, application(), pades.PermitForms),
	} {
		t.Run(name, func(t *testing.T) {
			p.Now = time.Now().Add(time.Second)
			wantFilled(t, p.office, filledByMuPDF(t, certified), "name", "amount", "agree", "size", "colour", "person.given")
			amount := edit(t, certified, 6, "(100)", "(250)", 6, "20 0 R", "801 0 R")
			amount[801] = textForm(200, 20, "0.9 g 0 0 200 20 re f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET")
			doc := objects(certified, amount)
			wantFilled(t, p.office, doc, "amount")
			if err := os.WriteFile(p.path("filled.pdf"), doc, 0o600); err != nil {
				t.Fatal(err)
			}
			out := testtool.Run(t, p.program, "sign", "validate", "--no-strict-syntax", "--pretty-print", "--trust", p.path("root.pem"), "--trust-replace", p.path("filled.pdf"))
			if !strings.Contains(out, "The signature is judged VALID.") {
				t.Error(out)
			}
		})
	}
}
