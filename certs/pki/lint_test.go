package pki_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/testtool"
)

// waivers are the lints a profile breaks on purpose, with the reason.
var waivers = map[string]map[string]string{
	"signing": {
		"w_qcstatem_qctype_web": "the type is esign (ETSI EN 319 412-5 §4.2.3): the certificate is for signatures, not for a web site; real EstEID cards get the same warning",
	},
}

// TestLint has zlint judge one certificate of every profile, issued to people
// of several scripts.
func TestLint(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the linter")
	}
	linter := filepath.Join(t.TempDir(), "zlint")
	build := exec.CommandContext(t.Context(), testtool.Need(t, "go"), "build", "-o", linter, ".")
	build.Dir = filepath.Join(testtool.Root(t), "internal", "zlint")
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := build.CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("building the linter: %v\n%s", err, out)
		}
		t.Skipf("the linter cannot be built: %v\n%s", err, out)
	}
	checkLinter(t, linter)
	w := pkitest.Start(t, nil)
	w.Issue(t, pki.Applicant{Surname: "ЩЕРБИНА", GivenNames: "ЌИРО", Code: "38001085718"})
	w.Issue(t, pki.Applicant{Surname: "김", GivenNames: "민지", Code: "38001085718"})
	w.Issue(t, pki.Applicant{Surname: strings.Repeat("A", 64), GivenNames: strings.Repeat("Õ", 64), Code: "38001085718"})
	organisation := pki.Organisation{Name: "Näidis OÜ", Code: "12345678", Hosts: []string{"kyc.example"}}
	if _, err := w.IssueExchange(organisation); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.IssueAttestation(organisation); err != nil {
		t.Fatal(err)
	}
	list, err := w.List()
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, l := range list {
		for _, finding := range lint(t, linter, l.Certificate) {
			name := lintName(finding)
			if waivers[l.Profile][name] == "" {
				t.Errorf("%s (%s): %s", l.Profile, l.Certificate.Subject.CommonName, finding)
			}
			used[l.Profile+" "+name] = true
		}
	}
	for profile, names := range waivers {
		for name := range names {
			if !used[profile+" "+name] {
				t.Errorf("%s no longer needs the waiver of %s", profile, name)
			}
		}
	}
	if profiles := profilesOf(list); len(profiles) != 9 {
		t.Errorf("profiles linted: %v", profiles)
	}
}

func lintName(finding string) string {
	finding = strings.TrimSpace(finding)
	return finding[strings.LastIndex(finding, " ")+1:]
}

// checkLinter makes sure that the linter finds what is there: a certificate
// that ends before it begins.
func checkLinter(t *testing.T, linter string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bad := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().AddDate(-1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, bad, bad, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if found := lint(t, linter, &x509.Certificate{Raw: der}); !slices.ContainsFunc(found, func(f string) bool { return lintName(f) == "e_validity_time_not_positive" }) {
		t.Errorf("the linter is blind: %v", found)
	}
}

func lint(t *testing.T, linter string, cert *x509.Certificate) []string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return slices.Collect(strings.Lines(strings.TrimSpace(testtool.Run(t, linter, name))))
}

func profilesOf(list []pki.Listed) []string {
	var names []string
	for _, l := range list {
		if !slices.Contains(names, l.Profile) {
			names = append(names, l.Profile)
		}
	}
	return names
}
