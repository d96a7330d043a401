package judge

import (
	"context"
	"testing"

	"eidgate/certs"
	"eidgate/internal/fault"
)

// fixed always gives the same answer.
type fixed struct {
	status *certs.RevocationStatus
	err    error
}

func (f fixed) Status(context.Context, certs.RevocationQuery) (*certs.RevocationStatus, error) {
	return f.status, f.err
}

func TestRevokedFromAnySourceWins(t *testing.T) {
	good, crlGood := fixed{status: &certs.RevocationStatus{Source: "ocsp"}}, fixed{status: &certs.RevocationStatus{Source: "crl"}}
	revoked := fixed{status: &certs.RevocationStatus{Source: "crl", Revoked: true}}
	missing := fixed{err: certs.Missing("ocsp.no-answer", nil, "no answer")}
	bad := fixed{err: certs.Refuse("ocsp.bad-signature", nil, "bad answer")}
	for _, tt := range []struct {
		name    string
		sources inOrder
		revoked bool
		source  string
		code    string
	}{
		{"good then revoked", inOrder{good, revoked}, true, "crl", ""},
		{"revoked then good", inOrder{revoked, good}, true, "crl", ""},
		{"missing then revoked", inOrder{missing, revoked}, true, "crl", ""},
		{"the first good", inOrder{good, crlGood}, false, "ocsp", ""},
		{"missing then good", inOrder{missing, crlGood}, false, "crl", ""},
		{"bad tells more than missing", inOrder{missing, bad}, false, "", "ocsp.bad-signature"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, err := tt.sources.Status(t.Context(), certs.RevocationQuery{})
			if got := fault.CodeOf(err); got != tt.code {
				t.Fatalf("code %q, want %q", got, tt.code)
			}
			if err == nil && (status.Revoked != tt.revoked || status.Source != tt.source) {
				t.Errorf("status %+v", status)
			}
		})
	}
}
