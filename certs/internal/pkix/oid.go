package pkix

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// OID is an object identifier as the content octets of its DER encoding: it
// compares with == and has no limit on the size of an arc.
type OID string

// maxOID bounds the content octets; real ones stay under 20.
const maxOID = 128

var errOID = errors.New("malformed object identifier")

// readOID reads one object identifier.
func readOID(s *cryptobyte.String) (OID, error) {
	var der cryptobyte.String
	if !s.ReadASN1(&der, asn1.OBJECT_IDENTIFIER) || !validOID(der) {
		return "", errOID
	}
	return OID(der), nil
}

// validOID checks X.690 §8.19: at least one octet, every arc ended and none
// with a leading 0x80.
func validOID(b []byte) bool {
	if len(b) == 0 || len(b) > maxOID || b[len(b)-1]&0x80 != 0 {
		return false
	}
	start := true
	for _, c := range b {
		if start && c == 0x80 {
			return false
		}
		start = c&0x80 == 0
	}
	return true
}

// String is the dotted form.
func (o OID) String() string {
	var parts []string
	arc := new(big.Int)
	for i := range len(o) {
		arc.Lsh(arc, 7).Or(arc, big.NewInt(int64(o[i]&0x7f)))
		if o[i]&0x80 != 0 {
			continue
		}
		if parts == nil {
			first := min(arc.Int64()/40, 2)
			if !arc.IsInt64() {
				first = 2
			}
			parts = append(parts, strconv.FormatInt(first, 10))
			arc.Sub(arc, big.NewInt(first*40))
		}
		parts = append(parts, arc.String())
		arc = new(big.Int)
	}
	return strings.Join(parts, ".")
}

// ParseOID reads the dotted form.
func ParseOID(dotted string) (OID, error) {
	var out []byte
	var first *big.Int
	for i, part := range strings.Split(dotted, ".") {
		arc, ok := new(big.Int).SetString(part, 10)
		if !ok || arc.Sign() < 0 || part != arc.String() {
			return "", errOID
		}
		switch i {
		case 0:
			first = arc
			if first.Cmp(big.NewInt(2)) > 0 {
				return "", errOID
			}
			continue
		case 1:
			if first.Cmp(big.NewInt(2)) < 0 && arc.Cmp(big.NewInt(39)) > 0 {
				return "", errOID
			}
			arc.Add(arc, first.Mul(first, big.NewInt(40)))
		}
		out = appendArc(out, arc)
	}
	if !validOID(out) {
		return "", errOID
	}
	return OID(out), nil
}

func appendArc(out []byte, arc *big.Int) []byte {
	groups := (arc.BitLen() + 6) / 7
	for i := max(groups, 1) - 1; i >= 0; i-- {
		b := byte(new(big.Int).Rsh(arc, uint(7*i)).Uint64() & 0x7f)
		if i > 0 {
			b |= 0x80
		}
		out = append(out, b)
	}
	return out
}

// Object identifiers this room acts on (RFC 5280 unless said).
const (
	AnyPolicy OID = "\x55\x1d\x20\x00"

	extSubjectKeyID      OID = "\x55\x1d\x0e"
	extKeyUsage          OID = "\x55\x1d\x0f"
	extSubjectAltName    OID = "\x55\x1d\x11"
	extBasicConstraints  OID = "\x55\x1d\x13"
	extCRLNumber         OID = "\x55\x1d\x14"
	extReasonCode        OID = "\x55\x1d\x15"
	extInvalidityDate    OID = "\x55\x1d\x18"
	extDeltaCRLIndicator OID = "\x55\x1d\x1b"
	extIssuingDistPoint  OID = "\x55\x1d\x1c"
	extCertificateIssuer OID = "\x55\x1d\x1d"
	extNameConstraints   OID = "\x55\x1d\x1e"
	extCRLDistPoints     OID = "\x55\x1d\x1f"
	extPolicies          OID = "\x55\x1d\x20"
	extPolicyMappings    OID = "\x55\x1d\x21"
	extAuthorityKeyID    OID = "\x55\x1d\x23"
	extPolicyConstraints OID = "\x55\x1d\x24"
	extExtendedKeyUsage  OID = "\x55\x1d\x25"
	extFreshestCRL       OID = "\x55\x1d\x2e"
	extInhibitAnyPolicy  OID = "\x55\x1d\x36"
	extExpiredCertsOnCRL OID = "\x55\x1d\x3c" // X.509 §9.5.2.8
	ExtQCStatements      OID = "\x2b\x06\x01\x05\x05\x07\x01\x03"
	attrEmailAddress     OID = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"
	AnyExtendedKeyUsage  OID = "\x55\x1d\x25\x00"
)
