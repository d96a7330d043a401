package signing

import (
	"context"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// Caller is who asks.
type Caller struct {
	// Owners are what the caller can own signatures as ("person:...",
	// "browser:...", "key:..."); new ones belong to the first. They are secret
	// where knowing one is being one, and are stored as digests.
	Owners []string
	// Person who is logged in; the zero value when nobody is.
	Person certs.Person
	// Organisation or key on whose behalf, and how it was authenticated, for the
	// record.
	Organisation, Method string
}

// Action is what was done, or denied.
type Action string

// The actions there are.
const (
	Created    Action = "created"
	Prepares   Action = "prepared"
	Signs      Action = "signed" // the card's value was accepted
	Completes  Action = "completed"
	Downloaded Action = "downloaded"
	Deleted    Action = "deleted"
)

// Access is one use of the service, for the record.
type Access struct {
	Caller  Caller
	Action  Action
	Request string // id of the signature
	// Signer is who the certificate names; zero before there is one.
	Signer certs.Person
	// Digest is what the card signs: the evidence that ties the record to the
	// document.
	Digest []byte
	// Refusal is the code why it was denied; empty when it was done.
	Refusal string
	At      time.Time
}

// Recorder writes an access in the transaction that makes it true. An error
// undoes the transaction.
type Recorder func(ctx context.Context, tx db.Querier, a Access) error

// access describes a step of the signature for the record; why is nil when it
// was done.
func (r *row) access(caller *Caller, action Action, why error) *Access {
	a := &Access{Caller: *caller, Action: action, Request: r.ID, Digest: r.digest}
	if r.ToSign != nil {
		a.Signer = r.ToSign.Signer
	}
	if why != nil {
		if a.Refusal = fault.CodeOf(why); a.Refusal == "" {
			a.Refusal = "internal"
		}
	}
	return a
}
