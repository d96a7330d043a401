package sign

import (
	"time"

	"eidgate/certs"
	"eidgate/internal/fault"
)

// ErrNoTrust is what a validation without a trust store ends with.
var ErrNoTrust = fault.New("sign.no-trust", "no trust anchors are given to judge by",
	"Name a folder with the certificates you trust.")

// Trust is what a validation believes: the anchors of one domain, where to ask
// for revocation, and what time it is.
type Trust struct {
	// Store holds the anchors; it must be set.
	Store *certs.Store
	// Revocation is asked when the document does not carry an answer. Nil keeps
	// the validation offline: missing answers are then INDETERMINATE.
	Revocation certs.Revocation
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Time is the clock's time.
func (t Trust) Time() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

// NewReport starts the report on a document; [ErrNoTrust] when there is nothing
// to judge by.
func (t Trust) NewReport(document Document) (*Report, error) {
	if t.Store == nil {
		return nil, ErrNoTrust
	}
	return &Report{
		Document: document, CheckedAt: t.Time().UTC(), Domain: t.Store.Domain(), Policy: PolicyVersion,
		Verdict: Verdict{Indication: NotSigned},
	}, nil
}
