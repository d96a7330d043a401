package conformance_test

import (
	"crypto/x509"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/internal/testtool"
)

// pkitsTime is when the suite's certificates and lists are valid.
var pkitsTime = time.Date(2011, 4, 15, 0, 0, 0, 0, time.UTC)

// pkitsWaivers are valid cases that are refused, each with its reason. An
// invalid case can have no waiver.
var pkitsWaivers = map[string]string{
	"4.1.4 Valid DSA Signatures Test4":            "DSA is refused: crypto/x509 cannot verify it and no eID uses it",
	"4.1.5 Valid DSA Parameter Inheritance Test5": "DSA is refused, as above",
}

type pkitsCase struct {
	Name                        string
	CertPath                    []string
	CRLPath                     []string
	ShouldValidate              bool
	InitialPolicySet            []string
	InitialPolicyMappingInhibit bool
	InitialExplicitPolicy       bool
	InitialAnyPolicyInhibit     bool
}

// pkitsPolicies are the suite's names for policies (PKITS §3.1: the test
// arc 2.16.840.1.101.3.2.1.48).
var pkitsPolicies = map[string]string{
	"anyPolicy":          "2.5.29.32.0",
	"NIST-test-policy-1": "2.16.840.1.101.3.2.1.48.1",
	"NIST-test-policy-2": "2.16.840.1.101.3.2.1.48.2",
	"NIST-test-policy-3": "2.16.840.1.101.3.2.1.48.3",
	"NIST-test-policy-6": "2.16.840.1.101.3.2.1.48.6",
}

// pkits is where the suite lies: certificates in the Go source tree, lists in
// the shared data.
type pkits struct{ certs, crls string }

func openPKITS(t *testing.T) pkits {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("asking for the Go source tree: %v", err)
	}
	p := pkits{
		certs: filepath.Join(strings.TrimSpace(string(out)), "src/crypto/x509/testdata/nist-pkits"),
		crls:  testtool.Shared(t, "pkits", "crls"),
	}
	if _, err := os.Stat(filepath.Join(p.certs, "vectors.json")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the Go source tree has no test data: %v", err)
		}
		t.Skipf("the Go source tree has no test data: %v", err)
	}
	return p
}

func TestConformancePKITS(t *testing.T) {
	p := openPKITS(t)
	b, err := os.ReadFile(filepath.Join(p.certs, "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []pkitsCase
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 249 {
		t.Fatalf("the suite has %d cases, not 249", len(cases))
	}
	var s testtool.Score
	for _, c := range cases {
		err := p.verify(t, c)
		s.Count(c.ShouldValidate, err == nil)
		reason, waived := pkitsWaivers[c.Name]
		switch {
		case err == nil && !c.ShouldValidate:
			t.Errorf("false accept: %s", c.Name)
		case err != nil && c.ShouldValidate && waived:
			t.Logf("waived: %s: %s (%v)", c.Name, reason, err)
		case err != nil && c.ShouldValidate:
			t.Errorf("false reject: %s: %s: %v", c.Name, code(err), err)
		case waived:
			t.Errorf("waiver without need: %s", c.Name)
		case err != nil && code(err) == "":
			t.Errorf("%s: refused without a code: %v", c.Name, err)
		}
	}
	s.Print("PKITS")
	if s.Right < 247 || s.FalseAccepts != 0 {
		t.Errorf("%+v", s)
	}
}

// verify runs one case as an application would: the path's certificates are
// offered in no telling order.
func (p pkits) verify(t *testing.T, c pkitsCase) error {
	t.Helper()
	var path []*x509.Certificate
	for _, name := range c.CertPath {
		path = append(path, readCertificate(t, filepath.Join(p.certs, "certs", name)))
	}
	var lists [][]byte
	for _, name := range c.CRLPath {
		b, err := os.ReadFile(filepath.Join(p.crls, name))
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, b)
	}
	store, err := certs.NewStore(certs.Test, path[0])
	if err != nil {
		t.Fatal(err)
	}
	revocation, err := certs.NewRevocationLists(store, lists)
	if err != nil {
		t.Fatal(err)
	}
	v := &certs.Verifier{Store: store, Revocation: revocation, Now: func() time.Time { return pkitsTime }}
	r := certs.Request{
		Certificate: path[len(path)-1], Intermediates: path[:len(path)-1],
		Purpose: certs.PathOnly, At: pkitsTime, Revocation: certs.RevocationRequired,
		RequireExplicitPolicy: c.InitialExplicitPolicy,
		InhibitPolicyMapping:  c.InitialPolicyMappingInhibit,
		InhibitAnyPolicy:      c.InitialAnyPolicyInhibit,
	}
	for _, name := range c.InitialPolicySet {
		oid, ok := pkitsPolicies[name]
		if !ok {
			t.Fatalf("%s: unknown policy %q", c.Name, name)
		}
		r.InitialPolicies = append(r.InitialPolicies, oid)
	}
	_, err = v.Verify(t.Context(), r)
	return err
}
