package ocsp_test

import (
	"bytes"
	"crypto/x509"
	"testing"

	"eidgate/certs"
)

// A store remembers that an authority named a responder, and nothing else: not
// its times, not its answers, not another authority of the same name.
func TestRememberedResponders(t *testing.T) {
	w := newWorld(t)
	store, err := certs.NewStore(certs.Test, w.ca.cert)
	if err != nil {
		t.Fatal(err)
	}
	twin := w.make(t, nil, ca("Test CA"))
	stranger := w.make(t, twin, w.delegate())
	expired := w.delegate()
	expired.NotAfter = w.now.AddDate(0, -1, 0)
	late := w.make(t, w.ca, expired)
	ask := func(by *holder, code string) {
		t.Helper()
		q := w.query(t)
		q.Store = store
		template := w.template(w.good(t))
		template.Certificates = []*x509.Certificate{by.cert}
		wantCode(t, w.sign(t, template, by), q, code)
	}
	for range 2 { // once to remember, once remembered
		ask(w.responder, "")
		ask(stranger, "ocsp.responder-wrong-issuer")
		ask(late, "ocsp.responder-expired")
		ask(w.mate, "ocsp.responder-not-authorised")
	}
	// The very bytes count: the same certificate with another signature is
	// another one.
	forged := bytes.Clone(w.responder.cert.Raw)
	forged[len(forged)-1] ^= 1
	cert, err := x509.ParseCertificate(forged)
	if err != nil {
		t.Fatal(err)
	}
	ask(&holder{cert: cert, key: w.responder.key}, "ocsp.responder-wrong-issuer")
	if err := store.CheckService(cert, w.ca.cert); err == nil {
		t.Error("a forged certificate is remembered")
	}
	if err := (*certs.Store)(nil).CheckService(w.responder.cert, w.ca.cert); err != nil {
		t.Error(err)
	}
}
