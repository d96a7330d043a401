package audit

import (
	"time"

	"eidgate/certs"
)

// Kind says what sort of access an event is.
type Kind string

// The kinds of events.
const (
	Login       Kind = "login"
	Logout      Kind = "logout"
	Signature   Kind = "signature"
	Attestation Kind = "attestation"
	Exchange    Kind = "exchange"
	Review      Kind = "review"
)

// Result is how an access ended. Denials are events too.
type Result string

// The results of accesses.
const (
	Done   Result = "done"
	Denied Result = "denied"
	Fault  Result = "fault"
)

// Event is one access, as the room that made it tells it.
type Event struct {
	// At is when; zero is now.
	At   time.Time
	Kind Kind
	// Action names what was done in the room's words, such as
	// "attestation.issued" or "signature.completed".
	Action string
	Actor  Actor
	// Subject is the person whose data it was. Zero when it was nobody's.
	Subject certs.Identifier
	// Service that was used and the names, not values, of the fields it gave.
	Service string
	Fields  []string
	// Why: in the words shown to the person, with the law and the case.
	Purpose    string
	LegalBasis string
	Case       string
	Result     Result
	// Code tells why an access was denied or failed: a stable code.
	Code     string
	Evidence Evidence
}

// Actor is who asked.
type Actor struct {
	// Person who asked, when one did.
	Person certs.Identifier
	// PersonName as the certificate writes it.
	PersonName string
	// Organisation on whose behalf: its registry code or X-Road member
	// identifier, its name, its system and the person's role in it.
	Organisation     string
	OrganisationName string
	System           string
	Role             string
	// Authentication is how the actor was known: card, persona, api-key, xroad.
	Authentication string
}

// Evidence points at what else proves the access.
type Evidence struct {
	// Message is the identifier of the exchanged message or the signature.
	Message string
	// Hash of the message or document, with its algorithm: "sha-256:" and hex.
	Hash string
}

// record is the committed form of an event: JSON in this order of fields.
// Its bytes are kept as they were written and never written again.
type record struct {
	Version    int       `json:"v"`
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Kind       Kind      `json:"kind"`
	Action     string    `json:"action"`
	Actor      actor     `json:"actor"`
	Subject    string    `json:"subject,omitempty"`
	Service    string    `json:"service,omitempty"`
	Fields     []string  `json:"fields,omitempty"`
	Purpose    string    `json:"purpose,omitempty"`
	LegalBasis string    `json:"legal_basis,omitempty"`
	Case       string    `json:"case,omitempty"`
	Result     Result    `json:"result"`
	Code       string    `json:"code,omitempty"`
	Message    string    `json:"message,omitempty"`
	Hash       string    `json:"hash,omitempty"`
}

type actor struct {
	Person           string `json:"person,omitempty"`
	PersonName       string `json:"person_name,omitempty"`
	Organisation     string `json:"organisation,omitempty"`
	OrganisationName string `json:"organisation_name,omitempty"`
	System           string `json:"system,omitempty"`
	Role             string `json:"role,omitempty"`
	Authentication   string `json:"authentication,omitempty"`
}

const recordVersion = 1

func (e *Events) recordOf(id string, event Event, subject Pseudonym) record {
	a := event.Actor
	return record{
		Version: recordVersion, ID: id, At: event.At, Kind: event.Kind, Action: event.Action,
		Actor: actor{
			Person: string(e.PseudonymOf(a.Person)), PersonName: a.PersonName,
			Organisation: a.Organisation, OrganisationName: a.OrganisationName,
			System: a.System, Role: a.Role, Authentication: a.Authentication,
		},
		Subject: string(subject),
		Service: event.Service, Fields: event.Fields,
		Purpose: event.Purpose, LegalBasis: event.LegalBasis, Case: event.Case,
		Result: event.Result, Code: event.Code,
		Message: event.Evidence.Message, Hash: event.Evidence.Hash,
	}
}
