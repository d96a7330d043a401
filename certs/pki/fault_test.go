package pki_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
)

// TestFaultsOfTheResponder shows every fault to a login: it is refused with
// the fault's code before the deadline and half a second are over, and works
// again as soon as the fault ends.
func TestFaultsOfTheResponder(t *testing.T) {
	t.Parallel()
	for fault, code := range map[pki.Outage]string{
		pki.OutageDown:        "ocsp.unreachable",
		pki.OutageSlow:        "ocsp.timeout",
		pki.OutageReset:       "ocsp.unreachable",
		pki.OutageGarbage:     "ocsp.malformed",
		pki.OutageHTML:        "ocsp.not-ocsp",
		pki.OutageTryLater:    "ocsp.try-later",
		pki.OutageStale:       "ocsp.too-old",
		pki.OutageWrongNonce:  "ocsp.nonce-mismatch",
		pki.OutageWrongSigner: "ocsp.responder-wrong-issuer",
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			w := oldWorld(t)
			request := certs.Request{
				Certificate: pkitest.Certificate(t, w.Card.Authentication), Intermediates: w.Intermediates(), Purpose: certs.Authentication,
			}
			v := w.Verifier(t)
			if err := w.SetOutage("ocsp", fault); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), ocsp.DefaultTimeout+30*time.Second)
			defer cancel()
			_, err := v.Verify(ctx, request)
			wantCode(t, err, code)
			if ctx.Err() != nil {
				t.Error("the verdict does not keep the deadline")
			}
			if err := w.SetOutage("ocsp", pki.OutageNone); err != nil {
				t.Fatal(err)
			}
			_, err = v.Verify(context.Background(), request)
			wantCode(t, err, "")
		})
	}
}

// TestFaultsOfTheTimestamps is the same for time-stamps.
func TestFaultsOfTheTimestamps(t *testing.T) {
	t.Parallel()
	digest := sha256.Sum256([]byte("a document"))
	for fault, code := range map[pki.Outage]string{
		pki.OutageDown:        "timestamp.unreachable",
		pki.OutageSlow:        "timestamp.timeout",
		pki.OutageReset:       "timestamp.unreachable",
		pki.OutageGarbage:     "timestamp.malformed-response",
		pki.OutageHTML:        "timestamp.not-an-authority",
		pki.OutageTryLater:    "timestamp.rejected",
		pki.OutageStale:       "timestamp.wrong-time",
		pki.OutageWrongNonce:  "timestamp.nonce-mismatch",
		pki.OutageWrongSigner: "path.no-anchor",
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			w := oldWorld(t)
			c := w.Timestamps()
			c.Verifier, c.Timeout = w.Verifier(t), time.Minute
			if fault == pki.OutageSlow {
				c.Timeout = 2 * time.Second
			}
			if err := w.SetOutage("tsa", fault); err != nil {
				t.Fatal(err)
			}
			_, err := c.Stamp(context.Background(), crypto.SHA256, digest[:])
			wantCode(t, err, code)
			if err := w.SetOutage("tsa", pki.OutageNone); err != nil {
				t.Fatal(err)
			}
			c.Timeout = time.Minute
			_, err = c.Stamp(context.Background(), crypto.SHA256, digest[:])
			wantCode(t, err, "")
		})
	}
}

// oldWorld is a PKI made three days ago: a stale answer needs a past.
func oldWorld(t *testing.T) *pkitest.World {
	c := &clock{now: time.Now().AddDate(0, 0, -3)}
	w := pkitest.Start(t, c.Now)
	c.set(time.Now())
	return w
}

func TestOutagesRefused(t *testing.T) {
	w := pkitest.Start(t, nil)
	wantCode(t, w.SetOutage("mail", pki.OutageDown), "pki.bad-outage")
	wantCode(t, w.SetOutage("ocsp", "sunspots"), "pki.bad-outage")
}
