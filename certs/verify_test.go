package certs_test

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"eidgate/certs"
)

func TestCardCertificatesServeTheirPurposeAlone(t *testing.T) {
	w := newWorld(t)
	auth, sign := w.Issuer.issueAuth(t).Cert, w.Issuer.issueSign(t).Cert
	for _, c := range []struct {
		name    string
		cert    *x509.Certificate
		purpose certs.Purpose
		code    string
	}{
		{"login with login key", auth, certs.Authentication, ""},
		{"signature with signing key", sign, certs.DocumentSigning, ""},
		{"login with signing key", sign, certs.Authentication, "purpose.key-usage"},
		{"signature with login key", auth, certs.DocumentSigning, "purpose.key-usage"},
		{"time-stamp with login key", auth, certs.Timestamping, "purpose.key-usage"},
		{"time-stamp with signing key", sign, certs.Timestamping, "purpose.extended-key-usage"},
		{"OCSP with login key", auth, certs.OCSPSigning, "purpose.extended-key-usage"},
		{"OCSP with signing key", sign, certs.OCSPSigning, "purpose.extended-key-usage"},
		{"TLS with login key", auth, certs.ExchangeTLS, "purpose.extended-key-usage"},
		{"login with an authority", w.Issuer.Cert, certs.Authentication, "purpose.authority"},
		{"no purpose", auth, 0, "purpose.unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, err := w.verify(t, c.purpose, c.cert)
			wantCode(t, err, c.code)
			if c.code == "" && err == nil && len(path.Certificates) != 3 {
				t.Errorf("path has %d certificates", len(path.Certificates))
			}
		})
	}
}

func TestDocumentKindOfDemoCard(t *testing.T) {
	w := newWorld(t)
	path, err := w.verify(t, certs.Authentication, w.Issuer.issueAuth(t).Cert)
	if err != nil {
		t.Fatal(err)
	}
	if path.Document() != certs.EResidentDigitalID {
		t.Errorf("document = %v", path.Document())
	}
}

// answers is a source whose answer for each certificate is set by serial.
type answers map[string]any

func (a answers) Status(_ context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	switch v := a[q.Certificate.SerialNumber.String()].(type) {
	case error:
		return nil, v
	case *certs.RevocationStatus:
		return v, nil
	default:
		return &certs.RevocationStatus{Source: "ocsp"}, nil
	}
}

func TestRevocationFailsClosed(t *testing.T) {
	w := newWorld(t)
	leaf := w.Issuer.issueAuth(t).Cert
	revokedAt := func(when time.Time) *certs.RevocationStatus {
		return &certs.RevocationStatus{Revoked: true, RevokedAt: when, Source: "ocsp"}
	}
	serial, issuer := leaf.SerialNumber.String(), w.Issuer.Cert.SerialNumber.String()
	for _, c := range []struct {
		name    string
		answers answers
		at      time.Time
		code    string
	}{
		{"good", answers{}, noon, ""},
		{"revoked", answers{serial: revokedAt(noon.Add(-time.Hour))}, noon, "revocation.revoked"},
		{"revoked this instant", answers{serial: revokedAt(noon)}, noon, "revocation.revoked"},
		{"revoked later", answers{serial: revokedAt(noon.Add(-time.Hour))}, noon.Add(-2 * time.Hour), ""},
		{"revoked at no known time", answers{serial: revokedAt(time.Time{})}, noon.Add(-2 * time.Hour), "revocation.revoked"},
		{"authority revoked", answers{issuer: revokedAt(noon.Add(-time.Hour))}, noon, "revocation.revoked"},
		{"source fails", answers{serial: errors.New("connection reset")}, noon, "revocation.missing"},
		{"no answer", answers{serial: (*certs.RevocationStatus)(nil)}, noon, "revocation.missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := *w.Verifier
			v.Revocation = c.answers
			path, err := v.Verify(t.Context(), certs.Request{
				Certificate: leaf, Intermediates: []*x509.Certificate{w.Issuer.Cert},
				Purpose: certs.Authentication, At: c.at,
			})
			wantCode(t, err, c.code)
			if err == nil && len(path.Statuses) != 2 {
				t.Errorf("%d statuses", len(path.Statuses))
			}
		})
	}
}

func TestRequiredRevocationWithoutSource(t *testing.T) {
	w := newWorld(t)
	_, err := w.Verifier.Verify(t.Context(), certs.Request{
		Certificate: w.Issuer.issueAuth(t).Cert, Intermediates: []*x509.Certificate{w.Issuer.Cert},
		Purpose: certs.Authentication, Revocation: certs.RevocationRequired,
	})
	wantCode(t, err, "revocation.no-source")
}

func TestRevocationSkipped(t *testing.T) {
	w := newWorld(t)
	leaf := w.Issuer.issueAuth(t).Cert
	v := *w.Verifier
	v.Revocation = answers{leaf.SerialNumber.String(): errors.New("not to be asked")}
	path, err := v.Verify(t.Context(), certs.Request{
		Certificate: leaf, Intermediates: []*x509.Certificate{w.Issuer.Cert},
		Purpose: certs.Authentication, Revocation: certs.RevocationSkipped,
	})
	wantCode(t, err, "")
	if err == nil && path.Statuses != nil {
		t.Error("a path that was not checked for revocation has statuses")
	}
}

// A certificate that is itself an anchor has no issuer to bind a kind of card
// to.
func TestAnchorHasNoProfile(t *testing.T) {
	leaf := newRoot(t, "Root of tests").issueAuth(t).Cert
	path, err := verifierFor(t, certs.Test, leaf).Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.Authentication})
	must(t, err)
	if p := path.Profile(); p.Document != certs.UnknownDocument || p.Generation != "" || !path.Anchor().Equal(leaf) {
		t.Errorf("profile = %+v", p)
	}
}
