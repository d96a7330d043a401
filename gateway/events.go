package gateway

import (
	"context"
	"encoding/hex"
	"strings"
	"unicode"

	"eidgate/certs"
	"eidgate/gateway/audit"
	"eidgate/gateway/session"
	"eidgate/gateway/signing"
	"eidgate/internal/db"
	"eidgate/kyc"
	"eidgate/xroad"
)

// Every room tells what it did in its own words; here they become access
// events, in the room's own transaction.

// record writes an event and wakes the ledger.
func (s *Server) record(ctx context.Context, tx db.Querier, event audit.Event) error {
	_, err := s.events.Record(ctx, tx, event)
	return err
}

// recordLogin: a login is about the person who logged in. Of a denied one only
// what the certificate proved is believed: that was so when it was refused for
// its revocation, which is asked last.
func (s *Server) recordLogin(ctx context.Context, tx db.Querier, a session.Access) error {
	event := audit.Event{
		At: a.At, Kind: audit.Login, Action: string(a.Kind), Service: "login", Result: audit.Done, Code: a.Code,
		Actor:    audit.Actor{Authentication: string(a.Method)},
		Evidence: audit.Evidence{Message: a.Session},
	}
	if a.Kind == session.LoggedOut {
		event.Kind = audit.Logout
	}
	if a.Kind == session.Denied {
		event.Result = audit.Denied
	}
	if a.Kind != session.Denied || strings.HasPrefix(a.Code, "revocation.") {
		event.Subject, event.Actor.Person, event.Actor.PersonName = a.Person.Identifier, a.Person.Identifier, a.Person.FullName()
	}
	return s.record(ctx, tx, event)
}

// recordSigning: a signature is about its signer, once a certificate names one.
func (s *Server) recordSigning(ctx context.Context, tx db.Querier, a signing.Access) error {
	signer := a.Signer
	if signer.Identifier.IsZero() {
		signer = a.Caller.Person
	}
	event := audit.Event{
		At: a.At, Kind: audit.Signature, Action: "signature." + string(a.Action), Service: "signing",
		Subject: signer.Identifier, Result: audit.Done, Code: a.Refusal,
		Actor: audit.Actor{
			Person: a.Caller.Person.Identifier, PersonName: a.Caller.Person.FullName(),
			Organisation: a.Caller.Organisation, Authentication: a.Caller.Method,
		},
		Evidence: audit.Evidence{Message: a.Request},
	}
	if a.Refusal != "" {
		event.Result = audit.Denied
	}
	if len(a.Digest) > 0 {
		event.Evidence.Hash = "sha-" + bitsOf(a.Digest) + ":" + hex.EncodeToString(a.Digest)
	}
	return s.record(ctx, tx, event)
}

// bitsOf names the SHA-2 function of a digest by its length.
func bitsOf(digest []byte) string {
	return map[int]string{32: "256", 48: "384", 64: "512"}[len(digest)]
}

// recordKYC: who decides is the person, who reads is the company.
func (s *Server) recordKYC(ctx context.Context, tx db.Querier, a kyc.Access) error {
	event := audit.Event{
		At: a.At, Kind: audit.Attestation, Action: string(a.Action), Service: "kyc", Subject: a.Person, Fields: a.Fields,
		Purpose: a.Purpose, Result: audit.Done, Code: a.Code,
		Actor: audit.Actor{
			Organisation: a.Client.ID, OrganisationName: a.Client.Name, System: "kyc", Authentication: a.Authentication,
		},
		Evidence: audit.Evidence{Message: a.Message},
	}
	if a.ByPerson {
		event.Actor.Person, event.Actor.PersonName, event.LegalBasis = a.Person, a.PersonName, "consent"
	} else {
		event.LegalBasis = "consent given in " + a.Session
	}
	if a.Code != "" {
		event.Result = audit.Denied
	}
	return s.record(ctx, tx, event)
}

// recordExchange writes one event for each side of an exchange when it is
// asked for, which is before anything is read, and one more when it was denied
// or failed. The person sees the provider's side, and the consumer's where the
// provider is elsewhere: one line for each access.
func (s *Server) recordExchange(local func(xroad.ClientID) bool, member func(xroad.ClientID) string) xroad.Recorder {
	return func(ctx context.Context, tx db.Querier, a xroad.Access) error {
		if a.Stage == xroad.Answered {
			return nil // the message log has the answer; the access was recorded when it was asked for
		}
		event := audit.Event{
			At: a.At, Kind: audit.Exchange, Action: "exchange." + string(a.Side) + "." + string(a.Stage),
			Service: a.Service.Encoded(), Fields: a.Fields, Purpose: a.Purpose, LegalBasis: a.LegalBasis, Case: a.Issue,
			Result: resultOf(a.Stage), Code: a.Fault,
			Actor: audit.Actor{
				Person: userIdentifier(a.UserID), Organisation: a.Client.Member().Encoded(), OrganisationName: member(a.Client.Member()),
				System: a.Client.Encoded(), Role: s.represented(a.Represented), Authentication: a.Authenticated,
			},
			Evidence: audit.Evidence{Message: a.RequestID},
		}
		if a.Side == xroad.Provider || !local(a.Service.Provider.Member()) {
			event.Subject = a.Subject
		}
		if len(a.Evidence) > 0 {
			event.Evidence.Hash = "sha-512:" + hex.EncodeToString(a.Evidence)
		}
		return s.record(ctx, tx, event)
	}
}

func resultOf(stage xroad.Stage) audit.Result {
	switch stage {
	case xroad.Denied:
		return audit.Denied
	case xroad.Failed:
		return audit.Fault
	case xroad.Requested, xroad.Answered:
	}
	return audit.Done
}

// userIdentifier reads X-Road-UserId, where it is a country and a personal
// code as in the protocol's examples; anything else names nobody here.
func userIdentifier(user string) certs.Identifier {
	if len(user) < 5 || len(user) > 40 || strings.ContainsFunc(user, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '-'
	}) {
		return certs.Identifier{}
	}
	if strings.HasPrefix(user, "PNO") {
		return certs.NewIdentifier(user)
	}
	return certs.NewIdentifier("PNO" + user[:2] + "-" + user[2:])
}

// represented reads X-Road-Represented-Party, "[CLASS/]CODE": an organisation
// stays as it is, a person becomes a pseudonym as everywhere. Personal codes
// have ten digits or more, registry codes of organisations fewer; an
// organisation with a longer code is only less readable then.
func (s *Server) represented(party string) string {
	if digits(party) < 10 {
		return party
	}
	class, code, found := strings.Cut(party, "/")
	if !found || digits(class) > 0 {
		class, code = "", party
	} else {
		class += "/"
	}
	person := certs.NewIdentifier(code)
	if strings.IndexFunc(code, unicode.IsDigit) == 2 { // a country's letters before
		if known := userIdentifier(code); !known.IsZero() {
			person = known
		}
	}
	return class + string(s.events.PseudonymOf(person))
}

func digits(text string) int {
	return len(text) - len(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, text))
}
