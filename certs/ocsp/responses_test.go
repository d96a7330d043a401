package ocsp_test

import (
	"context"
	"crypto"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/internal/fault"
)

// TestResponses picks the best of several answers at hand.
func TestResponses(t *testing.T) {
	w := newWorld(t)
	signed := w.now.Add(-24 * time.Hour)
	at := func(d time.Duration, change func(*ocsp.Answer)) []byte {
		a := w.good(t)
		a.ThisUpdate = signed.Add(d)
		if change != nil {
			change(&a)
		}
		template := w.template(a)
		template.ProducedAt, template.Nonce = a.ThisUpdate, nil
		return w.sign(t, template, w.responder)
	}
	revoke := func(a *ocsp.Answer) { a.Status, a.RevokedAt = ocsp.Revoked, signed.Add(-time.Hour) }
	other := w.template(w.good(t))
	other.Answers[0].ID = w.id(t, w.mate.cert, w.ca, crypto.SHA1)
	aboutMate := w.sign(t, other, w.responder)
	soon, later, early := at(time.Minute, nil), at(time.Hour, nil), at(-time.Hour, nil)

	tests := []struct {
		name    string
		der     [][]byte
		code    string
		revoked bool
		want    time.Duration // thisUpdate after the signature
	}{
		{"nothing", nil, "ocsp.no-answer", false, 0},
		{"about others, garbage", [][]byte{aboutMate, []byte("garbage"), nil}, "ocsp.no-answer", false, 0},
		{"the first after the signature", [][]byte{later, aboutMate, soon, early}, "", false, time.Minute},
		{"only before", [][]byte{early}, "ocsp.before-the-event", false, 0},
		{"revoked wins", [][]byte{soon, at(2*time.Hour, revoke), later}, "", true, 2 * time.Hour},
		{"revoked wins, first", [][]byte{at(-2*time.Hour, revoke), soon}, "", true, -2 * time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &ocsp.Responses{DER: test.der}
			status, err := r.Status(context.Background(), certs.RevocationQuery{
				Certificate: w.card.cert, Issuer: w.ca.cert, Purpose: certs.DocumentSigning, At: signed, Now: w.now,
			})
			if got := fault.CodeOf(err); got != test.code {
				t.Fatalf("code %q (%v), want %q", got, err, test.code)
			}
			if err == nil && (status.Revoked != test.revoked || !status.ThisUpdate.Equal(signed.Add(test.want))) {
				t.Errorf("revoked %v at %v", status.Revoked, status.ThisUpdate.Sub(signed))
			}
		})
	}
}
