package xroad

import (
	"context"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
)

// Side is which end of an exchange a gateway was.
type Side string

// The sides. A gateway that serves both ends of an exchange is both, and logs
// and records as both.
const (
	Consumer Side = "consumer"
	Provider Side = "provider"
)

// Stage is how far an exchange has come when an access is recorded.
type Stage string

// The stages. Every exchange is recorded as Requested and then as Answered or
// Failed; one that is refused is recorded as Denied alone at the side that
// refuses it.
const (
	Requested Stage = "requested" // logged, about to be sent on or handed to the service
	Answered  Stage = "answered"  // the response is logged, about to be released
	Denied    Stage = "denied"    // refused by a rule; the service was not asked
	Failed    Stage = "failed"    // accepted, and no response could be released
)

// Access is one stage of one exchange, for the record of who asked for whose
// data.
type Access struct {
	Side  Side
	Stage Stage
	At    time.Time

	// RequestID is unique to the exchange and the same on both sides; MessageID
	// is what the consumer's system called it.
	RequestID, MessageID string

	// Client is the organisation's subsystem that asks, ClientName its
	// registered name; UserID, Issue and Represented are what it says about
	// who in it asks, why, and for whom.
	Client      ClientID
	ClientName  string
	UserID      string
	Issue       string
	Represented string
	// Authenticated tells by what the client is known: "signature" at the
	// provider's side, "NOSSL", "SSLNOAUTH" or "SSLAUTH" at the consumer's. It is
	// empty for a denial of somebody who did not prove to be that client.
	Authenticated string

	Service ServiceID
	Method  string
	// Subject is the person the request is about, by the service's rule in the
	// instance file; zero when there is no rule or the request names nobody.
	Subject    certs.Identifier
	Purpose    string   // of the service, as registered
	LegalBasis string   // the same
	Fields     []string // what the service tells, as registered

	// Status is the HTTP status of an Answered exchange; Fault the type of the
	// error of one Denied or Failed.
	Status int
	Fault  string
	// Evidence is the SHA-512 digest of the signed message of this stage, which
	// the message log has; nil when nothing was signed.
	Evidence []byte
}

// Recorder writes an access down in the transaction that logs the message.
// When it refuses, nothing is logged, sent, executed or released. It may run
// more than once for one access, in transactions of which one is kept.
type Recorder func(ctx context.Context, tx db.Querier, access Access) error
