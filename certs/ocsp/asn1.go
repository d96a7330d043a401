package ocsp

import (
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits on what is read. A status answer for one certificate with a delegated
// responder's chain is about 2 KB.
const (
	maxResponseBytes = 64 << 10
	maxRequestBytes  = 16 << 10
	maxAnswers       = 64 // single answers in one response
	maxCertificates  = 8  // certificates in one response
	maxRequests      = 16 // certificates asked about in one request
	maxExtensions    = 16
	maxSerialBytes   = 64 // RFC 5280 §4.1.2.2 allows 20; old CAs went over
	maxNonceBytes    = 128
)

// Object identifiers of RFC 6960 §4.4 and RFC 9654 §2, and the two single
// extensions whose meaning this package knows without acting on them.
var (
	oidBasicResponse = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidNonce         = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
	oidCRLReference  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 3}
	oidNoCheck       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidArchiveCutoff = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 6}
	oidSCTList       = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5} // RFC 6962 §3.3
	oidCertHash      = asn1.ObjectIdentifier{1, 3, 36, 8, 3, 13}               // Common PKI, positive proof of issue
)

var (
	tagContext0 = cbasn1.Tag(0).ContextSpecific().Constructed()
	tagContext1 = cbasn1.Tag(1).ContextSpecific().Constructed()
	tagContext2 = cbasn1.Tag(2).ContextSpecific().Constructed()
)

// hashOIDs are the hashes a CertID may use. Responders in service answer with
// SHA-1 (SK knows nothing else); it only names the certificate here and proves
// nothing, the signature does.
var hashOIDs = []struct {
	hash crypto.Hash
	oid  asn1.ObjectIdentifier
}{
	{crypto.SHA1, asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}},
	{crypto.SHA256, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}},
	{crypto.SHA384, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}},
	{crypto.SHA512, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}},
}

func hashOf(oid asn1.ObjectIdentifier) crypto.Hash {
	for _, h := range hashOIDs {
		if h.oid.Equal(oid) {
			return h.hash
		}
	}
	return 0
}

func oidOf(hash crypto.Hash) (asn1.ObjectIdentifier, bool) {
	for _, h := range hashOIDs {
		if h.hash == hash {
			return h.oid, true
		}
	}
	return nil, false
}

// readTime reads a GeneralizedTime in UTC, the only form DER allows
// (RFC 5280 §4.1.2.5.2).
func readTime(s *cryptobyte.String, out *time.Time) bool {
	peek := *s
	var raw cryptobyte.String
	if !peek.ReadASN1(&raw, cbasn1.GeneralizedTime) || len(raw) == 0 || raw[len(raw)-1] != 'Z' {
		return false
	}
	return s.ReadASN1GeneralizedTime(out)
}

// readExplicit reads an optional explicitly tagged element and demands that
// nothing follows inside the tag.
func readExplicit(s *cryptobyte.String, tag cbasn1.Tag, read func(*cryptobyte.String) bool) bool {
	var inner cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&inner, &present, tag) {
		return false
	}
	return !present || (read(&inner) && inner.Empty())
}

// readExtensions reads Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension.
func readExtensions(s *cryptobyte.String, out *[]pkix.Extension) bool {
	var list cryptobyte.String
	if !s.ReadASN1(&list, cbasn1.SEQUENCE) {
		return false
	}
	for !list.Empty() {
		var ext cryptobyte.String
		var e pkix.Extension
		if len(*out) == maxExtensions || !list.ReadASN1(&ext, cbasn1.SEQUENCE) || !ext.ReadASN1ObjectIdentifier(&e.Id) {
			return false
		}
		if ext.PeekASN1Tag(cbasn1.BOOLEAN) && !ext.ReadASN1Boolean(&e.Critical) {
			return false
		}
		var value cryptobyte.String
		if !ext.ReadASN1(&value, cbasn1.OCTET_STRING) || !ext.Empty() {
			return false
		}
		e.Value = value
		*out = append(*out, e)
	}
	return true
}

func addExtensions(b *cryptobyte.Builder, tag cbasn1.Tag, list []pkix.Extension) {
	if len(list) == 0 {
		return
	}
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, e := range list {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(e.Id)
					if e.Critical {
						b.AddASN1Boolean(true)
					}
					b.AddASN1OctetString(e.Value)
				})
			}
		})
	})
}

// find returns the extension with an OID, and whether it is there more than
// once.
func find(list []pkix.Extension, oid asn1.ObjectIdentifier) (ext *pkix.Extension, twice bool) {
	for i := range list {
		if !list[i].Id.Equal(oid) {
			continue
		}
		if ext != nil {
			return ext, true
		}
		ext = &list[i]
	}
	return ext, false
}

// nonceExtension wraps a nonce as RFC 9654 §2.1 says: an OCTET STRING inside
// the extension's OCTET STRING.
func nonceExtension(nonce []byte) pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1OctetString(nonce)
	return pkix.Extension{Id: oidNonce, Value: b.BytesOrPanic()}
}

// nonceIn reads the nonce of an extension value; ok is false when it is not an
// OCTET STRING of 1 to 128 octets.
func nonceIn(value []byte) (nonce []byte, ok bool) {
	s := cryptobyte.String(value)
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, cbasn1.OCTET_STRING) || !s.Empty() {
		return nil, false
	}
	return inner, len(inner) >= 1 && len(inner) <= maxNonceBytes
}
