package cades_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"testing"
	"time"

	"eidgate/sign"
	"eidgate/sign/cades"
	"eidgate/sign/internal/testpki"
)

// TestStateWaitsAndCannotBeSwapped stores the state for a minute, as a website
// does while a browser asks the card, and holds it against another document,
// another certificate and another key's value.
func TestStateWaitsAndCannotBeSwapped(t *testing.T) {
	w := testpki.New(t)
	id, other := w.Card("P-384"), w.Card("P-384")
	prepare := func(content string) *cades.Prepared {
		t.Helper()
		p, err := cades.PrepareContent(t.Context(), bytes.NewReader([]byte(content)), cades.Options{
			Certificate: id.Cert, Chain: []*x509.Certificate{w.Issuer.Cert}, SigningTime: w.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p, q := prepare(string(document)), prepare("another document")
	state, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	value, err := id.Key.Sign(rand.Reader, p.Digest(), p.Options())
	if err != nil {
		t.Fatal(err)
	}
	w.Now = w.Now.Add(time.Minute)
	again, err := cades.Restore(state, id.Cert)
	if err != nil {
		t.Fatal(err)
	}
	file, err := again.Complete(value)
	if err != nil {
		t.Fatal(err)
	}
	want(t, validate(t, file, document, w.Trust(true)), sign.Verdict{Indication: sign.TotalPassed}, "", sign.LevelB)
	want(t, validate(t, file, []byte("another document"), w.Trust(true)), sign.Failed(sign.HashFailure), "cms.wrong-digest", sign.NoLevel)

	if _, err := q.Complete(value); err == nil {
		t.Error("a value for another document is taken")
	}
	if _, err := cades.Restore(state, other.Cert); err == nil {
		t.Error("a state for another certificate is taken")
	}
	foreign, err := other.Key.Sign(rand.Reader, p.Digest(), p.Options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Complete(foreign); err == nil {
		t.Error("another key's value is taken")
	}
	for i := range state {
		damaged := bytes.Clone(state)
		damaged[i] ^= 1
		changed, err := cades.Restore(damaged, id.Cert)
		if err != nil || bytes.Equal(changed.Digest(), p.Digest()) {
			continue
		}
		if _, err := changed.Complete(value); err == nil {
			t.Errorf("byte %d: a changed state takes the value", i)
		}
	}
}
