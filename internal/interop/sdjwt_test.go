//go:build interop

package interop

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/testtool"
	"eidgate/kyc/sdjwt"
	"eidgate/kyc/statuslist"
)

// TestInteropSDJWT: npm's @sd-jwt/sd-jwt-vc accepts our attestations and status
// lists, and refuses what was changed, revoked or issued by somebody else.
func TestInteropSDJWT(t *testing.T) {
	node := testtool.Need(t, "node")
	judge := filepath.Join(testtool.Root(t), ".tools", "sdjwt", "verify.mjs")
	if _, err := os.Stat(judge); err != nil {
		t.Fatalf("make interop installs the judge: %v", err)
	}
	w, stranger := pkitest.Start(t, nil), pkitest.Start(t, nil)
	key, certificate, err := w.IssueAttestation(pki.Organisation{Name: "KYC Õ", Code: "12345678", Hosts: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	chain := []*x509.Certificate{certificate, w.IssuingCA()}
	list, err := statuslist.New(1, 1<<17)
	if err != nil {
		t.Fatal(err)
	}
	lists, err := statuslist.NewIssuer("k", key, chain, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var listURL string
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		token, err := lists.Issue(listURL, list, time.Now(), time.Now().Add(time.Hour), time.Minute)
		if err != nil {
			t.Error(err)
		}
		rw.Header().Set("Content-Type", statuslist.MediaType)
		_, _ = rw.Write([]byte(token))
	}))
	defer server.Close()
	listURL = server.URL + "/statuslists/1"
	issuer, err := sdjwt.NewIssuer(server.URL, "k", key, chain, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	text, err := issuer.Issue(sdjwt.Credential{
		Type: server.URL + "/vct/eid-kyc/v1", IssuedAt: now, NotBefore: now, Expires: now.Add(time.Hour),
		Status: &sdjwt.Status{Index: 4711, URI: listURL},
		Claims: []sdjwt.Claim{
			{Name: "given_name", Value: "민지"}, {Name: "family_name", Value: "Щербина Õ"},
			{Name: "age_equal_or_over", Members: []sdjwt.Claim{{Name: "18", Value: true}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	encode := func(c *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	root, other, ca := write("root.pem", encode(w.Root())), write("other.pem", encode(stranger.Root())), write("ca.pem", encode(server.Certificate()))
	run := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), node, append([]string{judge}, args...)...).CombinedOutput()
		return string(out), err
	}
	good := write("good", []byte(text))
	if out, err := run(root, good, ca); err != nil || !strings.Contains(out, "Щербина Õ") || !strings.Contains(out, "민지") {
		t.Errorf("%v: %s", err, out)
	}
	part, err := sdjwt.Present(text, "18")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run(root, write("part", []byte(part)), ca); err != nil || strings.Contains(out, "민지") || !strings.Contains(out, `"18":true`) {
		t.Errorf("%v: %s", err, out)
	}
	parts := strings.Split(text, ".")
	for name, args := range map[string][]string{
		"another root":        {other, good, ca},
		"a changed payload":   {root, write("payload", []byte(parts[0]+".e30."+parts[2])), ca},
		"a changed signature": {root, write("signature", []byte(strings.Replace(text, "~", "AA~", 1))), ca},
	} {
		if out, err := run(args...); err == nil {
			t.Errorf("%s is accepted: %s", name, out)
		}
	}
	if err := list.Set(4711, statuslist.Invalid); err != nil {
		t.Fatal(err)
	}
	if out, err := run(root, good, ca); err == nil || !strings.Contains(out, "revoked") {
		t.Errorf("a revoked attestation: %v: %s", err, out)
	}
	if out, err := run(root, good, "offline"); err != nil {
		t.Errorf("offline: %v: %s", err, out)
	}
}
