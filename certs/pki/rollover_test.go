package pki_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
)

// clock is a time a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// TestResponderRollsOver: each month has its responder, on a running server,
// and old answers stay evidence.
func TestResponderRollsOver(t *testing.T) {
	c := &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w := pkitest.Start(t, c.Now)
	cert := pkitest.Certificate(t, w.Card.Signing)
	query := func(at time.Time) certs.RevocationQuery {
		return certs.RevocationQuery{Certificate: cert, Issuer: w.IssuingCA(), Purpose: certs.DocumentSigning, At: at, Now: c.Now()}
	}
	names := make(map[string]bool)
	evidence := new(ocsp.Responses)
	start := c.Now()
	for month := range 14 {
		now := time.Date(2026, 11+time.Month(month), 28, 23, 59, 59, 0, time.UTC)
		c.set(now)
		wantCode(t, login(t, w, w.Card), "")
		status, err := w.OCSP().Status(context.Background(), query(now))
		if err != nil {
			t.Fatal(err)
		}
		name := status.Signer.Subject.CommonName
		if want := "Eidgate Demo Issuing CA OCSP RESPONDER " + now.Format("200601"); name != want {
			t.Errorf("responder %q, want %q", name, want)
		}
		names[name] = true
		evidence.DER = append(evidence.DER, status.DER)
	}
	if len(names) != 14 {
		t.Errorf("%d responders in 14 months", len(names))
	}
	if status, err := evidence.Status(context.Background(), query(start)); err != nil || status.ThisUpdate.After(start.AddDate(0, 1, 0)) {
		t.Errorf("old evidence: %+v, %v", status, err)
	}
}

// TestCardsOfAnOldIssuer: a card ends with its issuer at the latest.
func TestCardsOfAnOldIssuer(t *testing.T) {
	c := &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w := pkitest.Start(t, c.Now)
	c.set(c.Now().AddDate(12, 0, 0))
	f := w.Issue(t, pki.Applicant{Surname: "KASK", GivenNames: "MARI", Code: "38001085718"})
	cert := pkitest.Certificate(t, f.Signing)
	if !cert.NotAfter.Equal(w.IssuingCA().NotAfter) || f.Expiry != cert.NotAfter.Format("02.01.2006") {
		t.Errorf("the card ends %v and says %s, its issuer %v", cert.NotAfter, f.Expiry, w.IssuingCA().NotAfter)
	}
	wantCode(t, login(t, w, f), "")
}

// TestExpiredCards: the responder keeps the status of cards that have expired
// and says so, and a login with one is refused all the same.
func TestExpiredCards(t *testing.T) {
	c := &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w := pkitest.Start(t, c.Now)
	signed := c.Now().AddDate(4, 0, 0)
	c.set(c.Now().AddDate(6, 0, 0))
	wantCode(t, login(t, w, w.Card), "path.expired")
	status, err := w.OCSP().Status(context.Background(), certs.RevocationQuery{
		Certificate: pkitest.Certificate(t, w.Card.Signing), Issuer: w.IssuingCA(), Purpose: certs.DocumentSigning, At: signed, Now: c.Now(),
	})
	if err != nil || status.Revoked {
		t.Errorf("%+v, %v", status, err)
	}
}
