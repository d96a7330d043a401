package pkix

import (
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// NameKind is the choice of a GeneralName (RFC 5280 §4.2.1.6), by its tag.
type NameKind int

// The kinds of name. Other, X400, EDIParty and RegisteredID are carried but
// not understood.
const (
	OtherName NameKind = iota
	Mailbox
	DNSName
	X400Name
	DirectoryName
	EDIPartyName
	URI
	IPAddress
	RegisteredID
)

// maxGeneralNames bounds one list of names.
const maxGeneralNames = 1024

var errGeneralName = errors.New("malformed general name")

// GeneralName is one name.
type GeneralName struct {
	Kind  NameKind
	Bytes []byte // content octets: the text of a mailbox, DNS name or URI
	Name  *Name  // set for DirectoryName
}

// Text is the name as text; meaningful for mailboxes, DNS names and URIs.
func (g GeneralName) Text() string { return string(g.Bytes) }

func readGeneralName(s *cryptobyte.String) (GeneralName, error) {
	var g GeneralName
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) || tag&0xc0 != 0x80 {
		return g, errGeneralName
	}
	g.Kind, g.Bytes = NameKind(tag&0x1f), content
	constructed := tag&0x20 != 0
	switch g.Kind {
	case Mailbox, DNSName, URI, IPAddress, RegisteredID:
		if constructed {
			return g, errGeneralName
		}
	case DirectoryName: // explicit: Name is itself a CHOICE
		n, err := ParseName(content)
		if err != nil || !constructed {
			return g, errGeneralName
		}
		g.Name = n
	case OtherName, X400Name, EDIPartyName:
		if !constructed {
			return g, errGeneralName
		}
	default:
		return g, errGeneralName
	}
	return g, checkText(g)
}

// checkText refuses what would read differently to two readers: text that is
// not printable ASCII.
func checkText(g GeneralName) error {
	if g.Kind != Mailbox && g.Kind != DNSName && g.Kind != URI {
		return nil
	}
	for _, c := range g.Bytes {
		if c < 0x20 || c > 0x7e {
			return errGeneralName
		}
	}
	return nil
}

// readGeneralNames reads the content of a GeneralNames.
func readGeneralNames(s cryptobyte.String) ([]GeneralName, error) {
	var out []GeneralName
	for !s.Empty() {
		if len(out) == maxGeneralNames {
			return nil, errGeneralName
		}
		g, err := readGeneralName(&s)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	if len(out) == 0 {
		return nil, errGeneralName
	}
	return out, nil
}
