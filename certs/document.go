package certs

import "fmt"

// DocumentKind is the kind of identity document a certificate lives on.
type DocumentKind int

// The kinds of document the policy table knows. The zero value is unknown: no
// row of the table matches, and nothing is assumed.
const (
	UnknownDocument DocumentKind = iota
	IDCard
	EUCitizenIDCard
	DigitalID
	EResidentDigitalID
	LongTermResidencePermit
	TemporaryResidencePermit
	EUFamilyResidencePermit
	DiplomaticID
	ForeignIDCard // an identity card of another state whose kinds are not told apart
)

var documentNames = [...]string{
	UnknownDocument:          "unknown",
	IDCard:                   "id-card",
	EUCitizenIDCard:          "eu-citizen-id-card",
	DigitalID:                "digital-id",
	EResidentDigitalID:       "e-resident-digital-id",
	LongTermResidencePermit:  "long-term-residence-permit",
	TemporaryResidencePermit: "temporary-residence-permit",
	EUFamilyResidencePermit:  "eu-family-residence-permit",
	DiplomaticID:             "diplomatic-id",
	ForeignIDCard:            "foreign-id-card",
}

// String is the stable name used in JSON and in the policy table.
func (k DocumentKind) String() string {
	if k < 0 || int(k) >= len(documentNames) {
		return fmt.Sprintf("DocumentKind(%d)", int(k))
	}
	return documentNames[k]
}

// MarshalText gives the stable name.
func (k DocumentKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the stable name; another text is an error.
func (k *DocumentKind) UnmarshalText(text []byte) error {
	for i, name := range documentNames {
		if name == string(text) {
			*k = DocumentKind(i)
			return nil
		}
	}
	return fmt.Errorf("unknown kind of document %q", text)
}
