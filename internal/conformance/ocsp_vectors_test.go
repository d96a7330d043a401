package conformance_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/internal/fault"
	"eidgate/internal/testtool"
)

// ocspCodes says which of our codes each reason of the reference stands for.
// PROVIDED with status UNKNOWN means that an answer was there and was not
// believed, or said "unknown".
var ocspCodes = map[string][]string{
	"NO_MATCHING_RESPONSE":         {"ocsp.no-answer"},
	"ERROR_RESPONSE":               {"ocsp.malformed-request"},
	"PARSE_RESPONSE_ERROR":         {"ocsp.malformed", "ocsp.unknown-type"},
	"PARSE_RESPONSE_DATA_ERROR":    {"ocsp.malformed-data"},
	"UNHANDLED_CRITICAL_EXTENSION": {"ocsp.critical-extension"},
	"INVALID_DATE":                 {"ocsp.expired", "ocsp.from-the-future", "ocsp.too-old", "ocsp.bad-dates"},
	"BAD_PRODUCED_AT":              {"ocsp.produced-outside-validity"},
	"PROVIDED":                     {"ocsp.bad-signature", "ocsp.responder-missing", "ocsp.responder-not-authorised", "ocsp.unknown"},
}

type ocspCase struct{ File, Status, Reason string }

// TestConformanceOCSP runs the 36 OCSP responses of BoringSSL's pki tests at the
// time and maximum age their expectations were written for.
func TestConformanceOCSP(t *testing.T) {
	dir := testtool.Shared(t, "ocsp")
	b, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []ocspCase
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	var right, accepts, rejects int
	for _, c := range cases {
		status, code := ocspVerdict(t, filepath.Join(dir, c.File))
		switch {
		case status == c.Status && (status != "UNKNOWN" || oneOf(ocspCodes[c.Reason], code)):
			right++
			continue
		case status == "GOOD":
			accepts++
		case c.Status == "GOOD":
			rejects++
		}
		t.Errorf("%s: %s (%s), want %s (%s)", c.File, status, code, c.Status, c.Reason)
	}
	fmt.Printf("OCSP: %d cases, %d right, %d false accepts, %d false rejects\n", len(cases), right, accepts, rejects)
	if len(cases) != 36 {
		t.Errorf("%d cases, want 36", len(cases))
	}
}

// ocspVerdict judges one vector. The vectors are of 2017 and signed with
// SHA-1, and their delegated responder has neither nocheck nor a place to ask
// for its status; both are allowed here and nowhere else.
func ocspVerdict(t *testing.T, name string) (status, code string) {
	blocks := ocspBlocks(t, name)
	issuer, err := x509.ParseCertificate(blocks["CA CERTIFICATE"])
	if err != nil {
		t.Fatal(err)
	}
	target, err := ocsp.ParseTarget(blocks["CERTIFICATE"])
	if err != nil {
		t.Fatal(err)
	}
	s, err := ocsp.Verify(context.Background(), blocks["OCSP RESPONSE"], ocsp.Query{
		Target: target, Issuer: issuer, Purpose: certs.Authentication, AllowSHA1: true,
		Now:       time.Date(2017, 3, 5, 0, 0, 0, 0, time.UTC),
		Rules:     &ocsp.Rules{MaxAge: 7 * 24 * time.Hour},
		Responder: trustingResponder{},
	})
	switch {
	case err != nil:
		return "UNKNOWN", fault.CodeOf(err)
	case s.Revoked:
		return "REVOKED", ""
	}
	return "GOOD", ""
}

// TestSHA1NeedsLeave judges a good vector by today's rules: its SHA-1
// signature proves nothing any more.
func TestSHA1NeedsLeave(t *testing.T) {
	blocks := ocspBlocks(t, filepath.Join(testtool.Shared(t, "ocsp"), "good_response.pem"))
	issuer, err := x509.ParseCertificate(blocks["CA CERTIFICATE"])
	if err != nil {
		t.Fatal(err)
	}
	target, err := ocsp.ParseTarget(blocks["CERTIFICATE"])
	if err != nil {
		t.Fatal(err)
	}
	_, err = ocsp.Verify(context.Background(), blocks["OCSP RESPONSE"], ocsp.Query{
		Target: target, Issuer: issuer, Purpose: certs.Authentication,
		Now: time.Date(2017, 3, 5, 0, 0, 0, 0, time.UTC), Rules: &ocsp.Rules{},
	})
	if got := fault.CodeOf(err); got != "ocsp.weak-signature" {
		t.Errorf("code %q (%v), want ocsp.weak-signature", got, err)
	}
}

type trustingResponder struct{}

func (trustingResponder) Status(context.Context, certs.RevocationQuery) (*certs.RevocationStatus, error) {
	return &certs.RevocationStatus{Source: "nocheck"}, nil
}

func ocspBlocks(t *testing.T, name string) map[string][]byte {
	rest, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	blocks := make(map[string][]byte)
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		blocks[block.Type] = block.Bytes
	}
	return blocks
}

func oneOf(list []string, want string) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}
