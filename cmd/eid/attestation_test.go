package main

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/kyc/sdjwt"
)

// An attestation is an answer; what cannot be believed says so by its exit
// code, and nothing is fetched unless it is asked for.
func TestAttestationVerify(t *testing.T) {
	w := pkitest.Start(t, nil)
	key, certificate, err := w.IssueAttestation(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.invalid"}})
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := sdjwt.NewIssuer("https://kyc.invalid", "k", key, []*x509.Certificate{certificate, w.IssuingCA()}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const vct = "https://kyc.invalid/vct/eid-kyc/v1"
	now := time.Now()
	text, err := issuer.Issue(sdjwt.Credential{
		Type: vct, IssuedAt: now, NotBefore: now, Expires: now.Add(time.Hour),
		Status: &sdjwt.Status{Index: 1, URI: "https://kyc.invalid/statuslists/1"},
		Claims: []sdjwt.Claim{{Name: "given_name", Value: "민지 Õ"}, {Name: "age_equal_or_over", Members: []sdjwt.Claim{{Name: "18", Value: true}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", text+"\n")
	verify := func(args ...string) outcome {
		return runAt(t, now, append([]string{"attestation", "verify", "--trust", w.TrustDir()}, args...)...)
	}
	verify("--type", vct, good).want(t, exitOK, "VALID: attested by https://kyc.invalid", "민지 Õ", `{"18":true}`, "--status does")
	verify("--type", vct, "--json", good).want(t, exitOK, `"status_checked": false`)
	verify("--type", vct, "--status", good).want(t, exitIndeterminate, "status list cannot be fetched")
	holder, err := sdjwt.KeyOf(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	bound, err := issuer.Issue(sdjwt.Credential{Type: vct, IssuedAt: now, NotBefore: now, Expires: now.Add(time.Hour), Holder: &holder})
	if err != nil {
		t.Fatal(err)
	}
	verify("--type", vct, write("bound", bound)).want(t, exitOK, "VALID", "was not proven")
	verify("--type", vct, "--json", write("bound", bound)).want(t, exitOK, `"holder_bound": true`)
	if err := w.Revoke(fmt.Sprintf("%x", certificate.SerialNumber), "key-compromise"); err != nil {
		t.Fatal(err)
	}
	runAt(t, now.Add(time.Minute), "attestation", "verify", "--trust", w.TrustDir(), "--type", vct, "--status", good).want(t, exitNotValid, "revoked")
	verify("--type", vct+"0", good).want(t, exitNotValid, "another type")
	verify("--type", vct, write("changed", strings.Replace(text, ".", ".A", 1))).want(t, exitNotValid)
	verify("--type", vct, write("cut", text[:100])).want(t, exitInput, "not an SD-JWT")
	verify("--type", vct, "--tls-ca", good, good).want(t, exitInput, "no certificates")
	runAt(t, now.Add(3*time.Hour), "attestation", "verify", "--trust", w.TrustDir(), "--type", vct, good).want(t, exitNotValid, "not valid now")
}
