package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// oidOCSPResponse is id-ri-ocsp-response (RFC 5940 §2.1).
var oidOCSPResponse = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}

// AddEvidence returns the message with certificates, OCSP responses and
// revocation lists added to those it carries (RFC 5652 §5.1, §10.2.1), each
// once. None of them is signed, and everything signed keeps its bytes.
func AddEvidence(message []byte, certificates []*x509.Certificate, responses, lists [][]byte) ([]byte, error) {
	sd, err := Parse(message)
	if err != nil {
		return nil, err
	}
	certs := slices.Clone(sd.Certificates)
	for _, c := range certificates {
		certs = append(certs, c.Raw)
	}
	choices := append(slices.Clone(sd.Revocations), lists...)
	for _, der := range responses {
		choices = append(choices, build(func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidOCSPResponse)
				b.AddBytes(der)
			})
		}))
	}
	sd.certificates, sd.revocations = set(certs), set(choices)
	if len(responses) > 0 { // a choice that is no list makes it version 5
		sd.version = build(func(b *cryptobyte.Builder) { b.AddASN1Int64(5) })
	}
	out := sd.encode()
	_, err = Parse(out) // within the limits still
	return out, err
}

// set is the content of a DER SET OF, each element once.
func set(elements [][]byte) []byte {
	slices.SortFunc(elements, bytes.Compare)
	return bytes.Join(slices.CompactFunc(elements, bytes.Equal), nil)
}
