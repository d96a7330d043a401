package pki

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Attribute types (RFC 5280 appendix A.1, ETSI EN 319 412-1 §5.1.4).
var (
	oidCountry      = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidOrganisation = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOrgID        = asn1.ObjectIdentifier{2, 5, 4, 97}
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSurname      = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidGivenName    = asn1.ObjectIdentifier{2, 5, 4, 42}
	oidSerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}
)

// attribute is one part of a name. Country and serialNumber are
// PrintableString by definition, the rest is UTF8String as on EstEID.
type attribute struct {
	oid  asn1.ObjectIdentifier
	text string
}

// encodeName encodes one attribute per RDN, in order.
func encodeName(attributes ...attribute) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, a := range attributes {
			tag := cbasn1.UTF8String
			if a.oid.Equal(oidCountry) || a.oid.Equal(oidSerialNumber) {
				tag = cbasn1.PrintableString
			}
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(a.oid)
					b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(a.text)) })
				})
			})
		}
	})
	return b.BytesOrPanic()
}

// organisation is the owner of all authorities of a demonstration. The
// registration number does not exist.
func authorityName(commonName string) []byte {
	return encodeName(
		attribute{oidCountry, "EE"}, attribute{oidOrganisation, "Eidgate Demo"},
		attribute{oidOrgID, "NTREE-00000000"}, attribute{oidCommonName, commonName},
	)
}

// personName has the order of ESTEID2018: C, CN, SN, GN, serialNumber.
func (a *Applicant) name() []byte {
	return encodeName(
		attribute{oidCountry, a.Country}, attribute{oidCommonName, a.commonName()},
		attribute{oidSurname, a.Surname}, attribute{oidGivenName, a.GivenNames},
		attribute{oidSerialNumber, "PNO" + a.Country + "-" + a.Code},
	)
}

// maxCommonName is ub-common-name of RFC 5280 appendix A.1, in characters.
const maxCommonName = 64

// commonName is SURNAME,GIVEN,CODE; long names are cut so that the code stays.
func (a *Applicant) commonName() string {
	names := []rune(a.Surname + "," + a.GivenNames)
	if room := maxCommonName - 1 - len(a.Code); len(names) > room {
		names = names[:room]
	}
	return string(names) + "," + a.Code
}
