package pki_test

import (
	"context"
	"testing"

	"eidgate/certs"
	"eidgate/certs/crl"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
)

// TestListsServeVerifiers: the lists are enough for a path whose certificates
// point to them, and the authorities' certificates do.
func TestListsServeVerifiers(t *testing.T) {
	w := pkitest.Start(t, nil)
	verify := func() error {
		v := w.Verifier(t)
		v.Revocation = &crl.Client{Store: w.Store(t)}
		_, err := v.Verify(context.Background(), certs.Request{Certificate: w.TSA(), Purpose: certs.Timestamping})
		return err
	}
	wantCode(t, verify(), "")
	wantCode(t, w.Suspend(w.TSA().SerialNumber.Text(16)), "")
	wantCode(t, verify(), "revocation.revoked")
	wantCode(t, w.Release(w.TSA().SerialNumber.Text(16)), "")
	wantCode(t, verify(), "")
	for fault, code := range map[string]string{"garbage": "crl.malformed", "down": "crl.unreachable", "html": "crl.malformed"} {
		wantCode(t, w.SetOutage("crl", pki.Outage(fault)), "")
		wantCode(t, verify(), code)
	}
}
