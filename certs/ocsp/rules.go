package ocsp

import (
	"time"

	"golang.org/x/crypto/cryptobyte"

	"eidgate/certs"
)

// Rules say how old an answer may be. The zero value of a field switches its
// rule off.
type Rules struct {
	// MaxAge is how long before the time of the verdict thisUpdate may lie.
	MaxAge time.Duration
	// Skew is how far the responder's clock may be from ours: an answer may lie
	// so far in the future, and nextUpdate so far in the past.
	Skew time.Duration
	// AfterEvent demands that the answer was made after the time of the verdict
	// (the time-stamp of a signature): an older "good" says nothing about a
	// certificate revoked in between. An answer bound by our nonce was made
	// after we asked, so it only has to be within Skew.
	AfterEvent bool
	// EventSkew is how far the clocks of the responder and of the time-stamp
	// authority may be apart under AfterEvent.
	EventSkew time.Duration
	// Live demands that a delegated responder's certificate be valid at the
	// time of the verdict, too, not only when it answered.
	Live bool
	// Cache allows a verified good answer to be used again while it is fresh.
	Cache bool
}

// RulesFor gives the rules of a purpose.
//
//   - Authentication: thisUpdate at most 2 minutes old, clocks 15 minutes apart
//     at most, never cached (the values of Web eID's token validation).
//   - ExchangeTLS, ExchangeSigning: at most 3,600 seconds old, cached (the
//     default of X-Road's ocspFreshnessSeconds).
//   - DocumentSigning, Timestamping, OCSPSigning: producedAt and thisUpdate not
//     before the time-stamp, with 5 seconds for two clocks that both write
//     whole seconds; any age after it. libdigidocpp refuses an answer older
//     than the time-stamp as well.
func RulesFor(p certs.Purpose) Rules {
	switch p {
	case certs.DocumentSigning, certs.Timestamping, certs.OCSPSigning:
		return Rules{Skew: 15 * time.Minute, AfterEvent: true, EventSkew: 5 * time.Second}
	case certs.ExchangeTLS, certs.ExchangeSigning:
		return Rules{MaxAge: time.Hour, Skew: 5 * time.Minute, Live: true, Cache: true}
	default: // Authentication, and the strictest rule for what is not known
		return Rules{MaxAge: 2 * time.Minute, Skew: 15 * time.Minute, Live: true}
	}
}

// checkTimes judges the times of one answer.
func (r Rules) checkTimes(q *Query, resp *Response, a *Answer) error {
	cert := q.Target.Certificate
	if resp.ProducedAt.Before(q.Target.NotBefore) {
		return certs.Refuse("ocsp.produced-outside-validity", cert, "the OCSP answer was made before the certificate was valid")
	}
	if resp.ProducedAt.After(q.Target.NotAfter) && !keptSince(a, q.Target.NotAfter) {
		return certs.Refuse("ocsp.produced-outside-validity", cert,
			"the OCSP answer was made after the certificate expired and does not say that the responder keeps the status of expired certificates")
	}
	if latest := q.Now.Add(r.Skew); resp.ProducedAt.After(latest) || a.ThisUpdate.After(latest) {
		return certs.Refuse("ocsp.from-the-future", cert, "the OCSP answer was made later than now").
			WithHint("Check the clock of this machine.")
	}
	if a.ThisUpdate.After(resp.ProducedAt.Add(r.Skew)) {
		return certs.Refuse("ocsp.bad-dates", cert, "the OCSP answer speaks of a time after it was made")
	}
	if !a.NextUpdate.IsZero() && a.NextUpdate.Before(a.ThisUpdate) {
		return certs.Refuse("ocsp.bad-dates", cert, "the OCSP answer ends before it begins")
	}
	if a.Status == Revoked && a.Reason != certificateHold {
		return nil // revoked stays revoked, however old the answer
	}
	return r.checkAge(q, resp, a)
}

// certificateHold is the only CRLReason that can be taken back
// (RFC 5280 §5.3.1).
const certificateHold = 6

func (r Rules) checkAge(q *Query, resp *Response, a *Answer) error {
	cert := q.Target.Certificate
	if r.AfterEvent {
		skew := r.EventSkew
		if q.Nonce != nil && resp.nonceIs(q.Nonce) {
			skew = max(skew, r.Skew)
		}
		earliest := q.At.Add(-skew)
		if resp.ProducedAt.Before(earliest) || a.ThisUpdate.Before(earliest) {
			return certs.Missing("ocsp.before-the-event", cert, "the OCSP answer is older than the time it should prove")
		}
		return nil
	}
	if !a.NextUpdate.IsZero() && a.NextUpdate.Before(q.At.Add(-r.Skew)) {
		return certs.Missing("ocsp.expired", cert, "the OCSP answer was good until a time that is past")
	}
	if r.MaxAge > 0 && a.ThisUpdate.Before(q.At.Add(-r.MaxAge)) {
		return certs.Missing("ocsp.too-old", cert, "the OCSP answer is older than %v", r.MaxAge)
	}
	return nil
}

// keptSince says whether the answer's archiveCutoff covers a certificate that
// expired at notAfter (RFC 6960 §4.4.4). SK's responders say "good" of expired
// certificates; without the cutoff that means "not on record".
func keptSince(a *Answer, notAfter time.Time) bool {
	ext, twice := find(a.Extensions, oidArchiveCutoff)
	if ext == nil || twice {
		return false
	}
	s := cryptobyte.String(ext.Value)
	var cutoff time.Time
	return readTime(&s, &cutoff) && s.Empty() && !cutoff.After(notAfter)
}
