package xades

import (
	"bytes"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// issuerSerialFits compares IssuerSerialV2, a DER IssuerSerial (RFC 5035 §5.4.1):
// the issuer as GeneralNames with one directory name, and the serial number.
func issuerSerialFits(der []byte, cert *x509.Certificate) bool {
	s := cryptobyte.String(der)
	var body, names, issuer cryptobyte.String
	serial := new(big.Int)
	return s.ReadASN1(&body, cbasn1.SEQUENCE) && s.Empty() &&
		body.ReadASN1(&names, cbasn1.SEQUENCE) && names.ReadASN1(&issuer, cbasn1.Tag(4).ContextSpecific().Constructed()) && names.Empty() &&
		body.ReadASN1Integer(serial) && bytes.Equal(issuer, cert.RawIssuer) && serial.Cmp(cert.SerialNumber) == 0
}
