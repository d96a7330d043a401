package pki_test

import (
	"context"
	"crypto"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/fault"
	"eidgate/internal/persofile"
)

// login and sign verify a card's certificates for their purposes.
func login(t *testing.T, w *pkitest.World, f *persofile.File) error {
	t.Helper()
	return verify(t, w, f.Authentication, certs.Authentication)
}

func verify(t *testing.T, w *pkitest.World, p persofile.Pair, purpose certs.Purpose) error {
	t.Helper()
	_, err := w.Verifier(t).Verify(context.Background(), certs.Request{
		Certificate: pkitest.Certificate(t, p), Intermediates: w.Intermediates(), Purpose: purpose,
	})
	return err
}

func serialOf(t *testing.T, p persofile.Pair) string {
	return pkitest.Certificate(t, p).SerialNumber.Text(16)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		t.Errorf("code %q (%v), want %q", got, err, code)
	}
}

func TestInitMakesAWorkingPKI(t *testing.T) {
	w := pkitest.Start(t, nil)
	wantCode(t, login(t, w, w.Card), "")
	wantCode(t, verify(t, w, w.Card.Signing, certs.DocumentSigning), "")
	t.Run("each certificate is for its purpose only", func(t *testing.T) {
		wantCode(t, verify(t, w, w.Card.Signing, certs.Authentication), "purpose.key-usage")
		wantCode(t, verify(t, w, w.Card.Authentication, certs.DocumentSigning), "purpose.key-usage")
	})
	t.Run("the person", func(t *testing.T) {
		person, err := certs.PersonOf(pkitest.Certificate(t, w.Card.Signing))
		if err != nil {
			t.Fatal(err)
		}
		if person.Surname != "NÄIDIS" || person.GivenName != "MINJI" || person.Identifier.Reveal() != "PNOEE-"+w.Card.PersonalCode {
			t.Errorf("person %+v", person)
		}
		if person.Document != certs.EResidentDigitalID {
			t.Errorf("document %v", person.Document)
		}
	})
	t.Run("nobody else can read the keys", func(t *testing.T) {
		err := filepath.WalkDir(w.Dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || strings.HasPrefix(name, w.TrustDir()) {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v", name, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestInitRefuses(t *testing.T) {
	w := pkitest.Start(t, nil)
	before := tree(t, w.Dir)
	_, err := pki.Init(w.Dir, pki.Options{})
	wantCode(t, err, "pki.exists")
	if tree(t, w.Dir) != before {
		t.Error("the PKI changed")
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = pki.Init(full, pki.Options{})
	wantCode(t, err, "pki.exists")
	for _, listen := range []string{"0.0.0.0:8890", "example.org:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "[::1]", ":8890"} {
		dir := filepath.Join(t.TempDir(), "pki")
		_, err := pki.Init(dir, pki.Options{Listen: listen})
		wantCode(t, err, "pki.bad-address")
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: something was made", listen)
		}
	}
	_, err = pki.Open(t.TempDir(), pki.Options{})
	wantCode(t, err, "pki.not-a-pki")
}

// TestInitIsWholeOrNothing: a failure half way leaves no folder behind.
func TestInitIsWholeOrNothing(t *testing.T) {
	parent := t.TempDir()
	_, err := pki.Init(filepath.Join(parent, "pki"), pki.Options{Random: &shortRandom{left: 70}})
	if err == nil {
		t.Fatal("init succeeded without randomness")
	}
	if left := tree(t, parent); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

type shortRandom struct{ left int }

func (r *shortRandom) Read(b []byte) (int, error) {
	if r.left -= len(b); r.left < 0 {
		return 0, errors.New("no more randomness")
	}
	for i := range b {
		b[i] = byte(r.left + i)
	}
	return len(b), nil
}

func tree(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && name != dir {
			info, infoErr := d.Info()
			if infoErr != nil {
				return infoErr
			}
			names = append(names, name+" "+info.ModTime().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

// TestNames issues to people of many scripts and reads their names back.
func TestNames(t *testing.T) {
	w := pkitest.Start(t, nil)
	long := strings.Repeat("Ё", 64)
	for _, a := range []pki.Applicant{
		{Surname: "ÕUNAPUU", GivenNames: "ŽANNA ŠÄÖÜ", Code: "38001085718"},
		{Surname: "ЩЕРБИНА", GivenNames: "ЌИРО", Code: "38001085718"},
		{Surname: "김", GivenNames: "민지", Code: "38001085718"},
		{Surname: "محمد", GivenNames: "علي", Code: "38001085718"},
		{Surname: "O'NEILL-SMITH", GivenNames: "ANNE", Code: "330192-28111", Country: "LV", Citizenship: "LVA"},
		{Surname: long, GivenNames: long, Code: "38001085718", Kind: certs.IDCard},
	} {
		cert := pkitest.Certificate(t, w.Issue(t, a).Signing)
		person, err := certs.PersonOf(cert)
		if err != nil {
			t.Errorf("%s: %v", a.Surname, err)
			continue
		}
		country := a.Country
		if country == "" {
			country = "EE"
		}
		if person.Surname != a.Surname || person.GivenName != a.GivenNames || person.Identifier.Reveal() != "PNO"+country+"-"+a.Code {
			t.Errorf("%s became %+v", a.Surname, person)
		}
		if cn := cert.Subject.CommonName; !strings.HasSuffix(cn, ","+a.Code) || len([]rune(cn)) > 64 {
			t.Errorf("common name %q", cn)
		}
	}
}

func TestPeopleRefused(t *testing.T) {
	w := pkitest.Start(t, nil)
	before, err := w.List()
	if err != nil {
		t.Fatal(err)
	}
	good := pki.Applicant{Surname: "KASK", GivenNames: "MARI", Code: "38001085718"}
	for name, change := range map[string]func(*pki.Applicant){
		"no surname":              func(a *pki.Applicant) { a.Surname = "" },
		"no given name":           func(a *pki.Applicant) { a.GivenNames = " " },
		"a comma":                 func(a *pki.Applicant) { a.Surname = "KASK,MARI" },
		"a line break":            func(a *pki.Applicant) { a.Surname = "KASK\nMARI" },
		"text turned around":      func(a *pki.Applicant) { a.Surname = "KA\u202eSK" },
		"not UTF-8":               func(a *pki.Applicant) { a.Surname = "KA\xffSK" },
		"too long":                func(a *pki.Applicant) { a.Surname = strings.Repeat("A", 65) },
		"wrong check digit":       func(a *pki.Applicant) { a.Code = "38001085719" },
		"no such day":             func(a *pki.Applicant) { a.Code = "38002305718" },
		"ten digits":              func(a *pki.Applicant) { a.Code = "3800108571" },
		"letters":                 func(a *pki.Applicant) { a.Code = "3800108571A" },
		"code of another land":    func(a *pki.Applicant) { a.Country, a.Code = "LV", "a/b" },
		"country":                 func(a *pki.Applicant) { a.Country = "ee" },
		"citizenship":             func(a *pki.Applicant) { a.Citizenship = "EE" },
		"kind of document":        func(a *pki.Applicant) { a.Kind = certs.ForeignIDCard },
		"PIN1":                    func(a *pki.Applicant) { a.PIN1 = "123" },
		"PIN2 of four digits":     func(a *pki.Applicant) { a.PIN2 = "1234" },
		"PUK with letters":        func(a *pki.Applicant) { a.PUK = "1234567x" },
		"PIN2 of thirteen digits": func(a *pki.Applicant) { a.PIN2 = "1234567890123" },
	} {
		a := good
		change(&a)
		_, err := w.PKI.Issue(a)
		wantCode(t, err, "pki.bad-person")
		if err != nil && a.Code != "" && strings.Contains(err.Error(), a.Code) {
			t.Errorf("%s: the message holds the personal code", name)
		}
	}
	after, err := w.List()
	if err != nil || len(after) != len(before) {
		t.Errorf("%d certificates became %d (%v)", len(before), len(after), err)
	}
}

// TestAuthoritiesRevoked: who trusts the root believes nothing of a revoked
// issuing authority or time-stamp authority.
func TestAuthoritiesRevoked(t *testing.T) {
	w := pkitest.Start(t, nil)
	stamps := w.Timestamps()
	stamps.Verifier = w.Verifier(t)
	stamp := func() error {
		_, err := stamps.Stamp(context.Background(), crypto.SHA256, make([]byte, 32))
		return err
	}
	wantCode(t, stamp(), "")
	wantCode(t, w.Revoke(w.TSA().SerialNumber.Text(16), "cessation-of-operation"), "")
	wantCode(t, stamp(), "revocation.revoked")
	wantCode(t, login(t, w, w.Card), "")
	wantCode(t, w.Suspend(w.IssuingCA().SerialNumber.Text(16)), "")
	wantCode(t, login(t, w, w.Card), "revocation.revoked")
	wantCode(t, w.Release(w.IssuingCA().SerialNumber.Text(16)), "")
	wantCode(t, login(t, w, w.Card), "")
	wantCode(t, w.Revoke(w.Root().SerialNumber.Text(16), ""), "pki.root")
}

// TestStatuses walks a certificate through its life, changed by another
// instance on the same folder, as another process would, and asked of the
// running responder with the very next request.
func TestStatuses(t *testing.T) {
	w := pkitest.Start(t, nil)
	other, err := pki.Open(w.Dir, pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	auth, sign := serialOf(t, w.Card.Authentication), serialOf(t, w.Card.Signing)
	steps := []struct {
		do        func() error
		code      string // of the change
		loginCode string
	}{
		{func() error { return other.Suspend(auth) }, "", "revocation.revoked"},
		{func() error { return other.Suspend(auth) }, "pki.already-suspended", "revocation.revoked"},
		{func() error { return other.Release(auth) }, "", ""},
		{func() error { return other.Release(auth) }, "pki.not-suspended", ""},
		{func() error { return other.Revoke("no", "") }, "pki.bad-serial", ""},
		{func() error { return other.Revoke("0123", "") }, "pki.unknown-serial", ""},
		{func() error { return other.Revoke(auth, "boredom") }, "pki.bad-reason", ""},
		{func() error { return other.Suspend(auth) }, "", "revocation.revoked"},
		{func() error { return other.Revoke("0x"+strings.ToUpper(auth), "key-compromise") }, "", "revocation.revoked"},
		{func() error { return w.Release(auth) }, "pki.already-revoked", "revocation.revoked"},
		{func() error { return w.Suspend(auth) }, "pki.already-revoked", "revocation.revoked"},
		{func() error { return w.Revoke(auth, "") }, "pki.already-revoked", "revocation.revoked"},
	}
	for i, step := range steps {
		if got := fault.CodeOf(step.do()); got != step.code {
			t.Errorf("step %d: code %q, want %q", i, got, step.code)
		}
		wantCode(t, login(t, w, w.Card), step.loginCode)
	}
	wantCode(t, verify(t, w, w.Card.Signing, certs.DocumentSigning), "")
	wantCode(t, w.Revoke(sign, "superseded"), "")
	status, err := w.OCSP().Status(context.Background(), certs.RevocationQuery{
		Certificate: pkitest.Certificate(t, w.Card.Authentication), Issuer: w.IssuingCA(), Purpose: certs.DocumentSigning,
	})
	if err != nil || !status.Revoked || status.Reason != 1 || time.Since(status.RevokedAt) > time.Minute {
		t.Errorf("%+v, %v", status, err)
	}
}
