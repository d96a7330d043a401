package ocsp_test

import (
	"crypto/x509"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
)

// TestFreshness walks along both edges of every rule of time.
func TestFreshness(t *testing.T) {
	const (
		login    = certs.Authentication
		exchange = certs.ExchangeSigning
		signing  = certs.DocumentSigning
	)
	tests := []struct {
		name       string
		purpose    certs.Purpose
		at         time.Duration // of the verdict, from now
		produced   time.Duration
		thisUpdate time.Duration
		nextUpdate time.Duration // 0: none
		noNonce    bool
		code       string
	}{
		{"login: two minutes old", login, 0, 0, -2 * time.Minute, 0, false, ""},
		{"login: older", login, 0, 0, -2*time.Minute - time.Second, 0, false, "ocsp.too-old"},
		{"login: responder's clock 15 minutes ahead", login, 0, 15 * time.Minute, 15 * time.Minute, 0, false, ""},
		{"login: further ahead", login, 0, 15*time.Minute + time.Second, 15 * time.Minute, 0, false, "ocsp.from-the-future"},
		{"login: this update further ahead", login, 0, 0, 15*time.Minute + time.Second, 0, false, "ocsp.from-the-future"},
		{"login: next update past by the clocks' difference", login, 0, 0, -time.Minute, -time.Minute, false, ""},
		{"login: next update before this update", login, 0, 0, 0, -time.Second, false, "ocsp.bad-dates"},
		{"login: this update long after it was made", login, 0, -16 * time.Minute, 0, 0, false, "ocsp.bad-dates"},
		{"exchange: an hour old", exchange, 0, -time.Hour, -time.Hour, 0, true, ""},
		{"exchange: older", exchange, 0, -time.Hour, -time.Hour - time.Second, 0, true, "ocsp.too-old"},
		{"exchange: next update past", exchange, 0, -30 * time.Minute, -30 * time.Minute, -6 * time.Minute, true, "ocsp.expired"},
		{"exchange: an old message with the answer of its time", exchange, -48 * time.Hour, -48 * time.Hour, -48 * time.Hour, 0, true, ""},
		{"signing: made with the time-stamp", signing, -24 * time.Hour, -24 * time.Hour, -24 * time.Hour, 0, true, ""},
		{"signing: five seconds before", signing, -24 * time.Hour, -24*time.Hour - 5*time.Second, -24*time.Hour - 5*time.Second, 0, true, ""},
		{"signing: made before", signing, -24 * time.Hour, -24*time.Hour - 6*time.Second, -24 * time.Hour, 0, true, "ocsp.before-the-event"},
		{"signing: about a time before", signing, -24 * time.Hour, -24 * time.Hour, -24*time.Hour - 6*time.Second, 0, true, "ocsp.before-the-event"},
		{"signing: made long after", signing, -24 * time.Hour, -time.Hour, -time.Hour, 0, true, ""},
		{"signing: asked with a nonce, clocks apart", signing, 0, -10 * time.Minute, -10 * time.Minute, 0, false, ""},
		{"time-stamp: made before", certs.Timestamping, -time.Hour, -2 * time.Hour, -2 * time.Hour, 0, true, "ocsp.before-the-event"},
	}
	w := newWorld(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := w.good(t)
			a.ThisUpdate = w.now.Add(test.thisUpdate)
			if test.nextUpdate != 0 {
				a.NextUpdate = w.now.Add(test.nextUpdate)
			}
			template := w.template(a)
			template.ProducedAt = w.now.Add(test.produced)
			q := w.query(t)
			q.Purpose, q.At = test.purpose, w.now.Add(test.at)
			if test.noNonce {
				q.Nonce, template.Nonce = nil, nil
			}
			wantCode(t, w.sign(t, template, w.responder), q, test.code)
		})
	}
}

// TestExpiredCertificates: SK's responders say "good" of certificates that have
// expired. That counts only when they say they keep such statuses.
func TestExpiredCertificates(t *testing.T) {
	w := newWorld(t)
	template := w.leaf("OLD")
	template.NotAfter = w.now.Add(-time.Hour)
	w.card = w.make(t, w.ca, template)
	q := w.query(t)
	q.Purpose, q.At = certs.DocumentSigning, w.now.Add(-2*time.Hour)
	for name, test := range map[string]struct {
		extensions []time.Time
		code       string
	}{
		"no cutoff":               {nil, "ocsp.produced-outside-validity"},
		"cutoff said twice":       {[]time.Time{w.ca.cert.NotBefore, w.ca.cert.NotBefore}, "ocsp.duplicate-extension"},
		"cutoff after the expiry": {[]time.Time{w.now.Add(-time.Minute)}, "ocsp.produced-outside-validity"},
		"kept since before":       {[]time.Time{w.ca.cert.NotBefore}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.good(t)
			for _, cutoff := range test.extensions {
				a.Extensions = append(a.Extensions, ocsp.ArchiveCutoff(cutoff))
			}
			wantCode(t, w.sign(t, w.template(a), w.responder), q, test.code)
		})
	}
	t.Run("made before the certificate", func(t *testing.T) {
		template := w.leaf("NEW")
		template.NotBefore = w.now.Add(time.Minute)
		w.card = w.make(t, w.ca, template)
		wantCode(t, w.sign(t, w.template(w.good(t)), w.responder), w.query(t), "ocsp.produced-outside-validity")
	})
}

// TestRevokedStaysRevoked: an old "revoked" is still one, an old suspension is
// not.
func TestRevokedStaysRevoked(t *testing.T) {
	w := newWorld(t)
	a := w.good(t)
	a.Status, a.RevokedAt, a.ThisUpdate, a.Reason = ocsp.Revoked, w.now.Add(-48*time.Hour), w.now.Add(-24*time.Hour), 1
	template := w.template(a)
	template.ProducedAt = a.ThisUpdate
	if status := wantCode(t, w.sign(t, template, w.responder), w.query(t), ""); status == nil || !status.Revoked {
		t.Errorf("status = %+v", status)
	}
	template.Answers[0].Reason = 6 // certificateHold
	wantCode(t, w.sign(t, template, w.responder), w.query(t), "ocsp.too-old")
}

// responderBetween is a responder that was valid between two times.
func (w *world) responderBetween(t testing.TB, from, to time.Duration) *holder {
	t.Helper()
	d := w.delegate()
	d.NotBefore, d.NotAfter = w.now.Add(from), w.now.Add(to)
	return w.make(t, w.ca, d)
}

// TestOldEvidence: the responder's certificate has expired since, which counts
// against a login and not against a signature of its time.
func TestOldEvidence(t *testing.T) {
	w := newWorld(t)
	d := w.delegate()
	d.NotAfter = w.now.Add(-time.Hour)
	old := w.make(t, w.ca, d)
	template := w.template(w.good(t))
	template.Certificates = []*x509.Certificate{old.cert}
	template.ProducedAt = w.now.Add(-2 * time.Hour)
	template.Answers[0].ThisUpdate = template.ProducedAt
	q := w.query(t)
	q.Purpose, q.At = certs.DocumentSigning, w.now.Add(-3*time.Hour)
	wantCode(t, w.sign(t, template, old), q, "")
	for _, d := range []struct{ from, to time.Duration }{{-time.Hour, time.Hour}, {-3 * time.Hour, -150 * time.Minute}} {
		other := w.responderBetween(t, d.from, d.to)
		template.Certificates[0] = other.cert
		wantCode(t, w.sign(t, template, other), q, "ocsp.responder-expired")
	}
	template.Certificates[0] = old.cert
	q.Purpose, q.At, q.Rules = certs.ExchangeSigning, w.now, &ocsp.Rules{Live: true}
	wantCode(t, w.sign(t, template, old), q, "ocsp.responder-expired")
}
