package certs

import (
	"crypto/x509"
	"log/slog"
)

// Person is who a certificate names, read by its issuer's profile. Nothing
// else in the program reads a subject name.
//
// It says what the certificate says: only after [Verifier.Verify] is it true.
type Person struct {
	Surname    string
	GivenName  string
	Identifier Identifier // "PNOEE-...", redacted wherever it is printed
	Country    string     // ISO 3166-1 alpha-2 code of the identifier's issuer

	// Document is the kind of card by the certificate's policies and issuer
	// name. [Path.Document] is the same bound to the verified issuer.
	Document DocumentKind
	// Policies are the certificate's policies in dotted form, in its order.
	Policies []string
}

// PersonOf reads the person from a certificate's subject. It refuses with
// "person.not-a-person" a subject that does not name a human being (no
// surname or no identifier: a CA, an organisation, a responder) and with
// "person.malformed" one that names somebody ambiguously.
func PersonOf(cert *x509.Certificate) (Person, error) {
	s, err := readSubject(cert)
	if err != nil {
		return Person{}, err
	}
	id, country, err := s.identifier(cert)
	if err != nil {
		return Person{}, err
	}
	p := Person{
		Surname:    s.surname,
		GivenName:  s.givenName,
		Identifier: NewIdentifier(id),
		Country:    country,
		Document:   claimedDocument(cert),
	}
	for _, oid := range cert.Policies {
		p.Policies = append(p.Policies, oid.String())
	}
	return p, nil
}

// FullName is the given name and the surname, for showing.
func (p Person) FullName() string {
	switch {
	case p.GivenName == "":
		return p.Surname
	case p.Surname == "":
		return p.GivenName
	default:
		return p.GivenName + " " + p.Surname
	}
}

// String names no one: a Person in an error or a log by accident shows the
// country and the kind of card alone.
func (p Person) String() string {
	return "a person with identifier of " + p.Country + ", " + p.Document.String()
}

// LogValue keeps the person's name and code out of logs.
func (p Person) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("country", p.Country),
		slog.String("document", p.Document.String()),
	)
}
