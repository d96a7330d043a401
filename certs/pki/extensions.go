package pki

import (
	"crypto/x509/pkix"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Extensions and policies of the profiles.
var (
	oidPolicies     = asn1.ObjectIdentifier{2, 5, 29, 32}                  // RFC 5280 §4.2.1.4
	oidExtKeyUsage  = asn1.ObjectIdentifier{2, 5, 29, 37}                  // RFC 5280 §4.2.1.12
	oidQCStatements = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}     // RFC 3739 §3.2.6
	oidNoCheck      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5} // RFC 6960 §4.2.2.2.1
	oidTimeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}     // RFC 3161 §2.3
	oidCPS          = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 2, 1}     // RFC 5280 §4.2.1.4

	oidNCPPlus  = asn1.ObjectIdentifier{0, 4, 0, 2042, 1, 2}   // ETSI EN 319 411-1 §5.3
	oidQCPNQSCD = asn1.ObjectIdentifier{0, 4, 0, 194112, 1, 2} // ETSI EN 319 411-2 §5.3
)

// Statements of ETSI EN 319 412-5.
var (
	oidQcCompliance = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 1}    // §4.2.1
	oidQcSSCD       = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 4}    // §4.2.2
	oidQcPDS        = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 5}    // §4.3.4
	oidQcType       = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6}    // §4.2.3
	oidQcTypeESign  = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6, 1} // §4.2.3
)

// pdsURL is where the disclosure statement would lie; EN 319 412-5 §4.3.4
// wants https, which a loopback demonstration does not serve.
const pdsURL = "https://pki.example/pds/en"

// policiesExtension lists policies in order; the first one points to the
// practice statement.
func policiesExtension(cps string, policies ...asn1.ObjectIdentifier) pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for i, p := range policies {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(p)
				if i == 0 && cps != "" {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { addCPS(b, cps) })
				}
			})
		}
	})
	return pkix.Extension{Id: oidPolicies, Value: b.BytesOrPanic()}
}

func addCPS(b *cryptobyte.Builder, url string) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidCPS)
		b.AddASN1(cbasn1.IA5String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(url)) })
	})
}

// qcStatementsExtension says what a signing certificate on a card says:
// qualified, on a secure device, for electronic signatures, and where the
// disclosure statement is.
func qcStatementsExtension() pkix.Extension {
	var b cryptobyte.Builder
	statement := func(oid asn1.ObjectIdentifier, info func(*cryptobyte.Builder)) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			if info != nil {
				b.AddASN1(cbasn1.SEQUENCE, info)
			}
		})
	}
	statement(oidQcCompliance, nil)
	statement(oidQcSSCD, nil)
	statement(oidQcType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidQcTypeESign) })
	statement(oidQcPDS, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.IA5String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(pdsURL)) })
			b.AddASN1(cbasn1.PrintableString, func(b *cryptobyte.Builder) { b.AddBytes([]byte("en")) })
		})
	})
	return pkix.Extension{Id: oidQCStatements, Value: sequenceOf(b.BytesOrPanic())}
}

// timeStampingExtension is critical and alone, as RFC 3161 §2.3 demands; the
// standard library writes extended key usages as not critical.
func timeStampingExtension() pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(oidTimeStamping)
	return pkix.Extension{Id: oidExtKeyUsage, Critical: true, Value: sequenceOf(b.BytesOrPanic())}
}

func noCheckExtension() pkix.Extension {
	return pkix.Extension{Id: oidNoCheck, Value: asn1.NullBytes}
}

func sequenceOf(content []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(content) })
	return b.BytesOrPanic()
}
