package sign

import (
	"crypto"
	"crypto/x509"
)

// Material is what a verdict on a signature rests on, byte for byte: enough for
// another validator to look for itself. [Report.XML] writes it; the text and the
// JSON of a report name certificates and leave the bytes out.
type Material struct {
	// Value is the signature value as it stands in the signature, and Method how
	// it was made, as the URI of RFC 9231.
	Value  []byte
	Method string
	// ToBeSigned is the digest, made with Hash, of what the key signed: the
	// signed attributes of a CMS message or the SignedInfo of an XML signature.
	Hash       crypto.Hash
	ToBeSigned []byte
	// Documents are the digests of what the signer meant to sign.
	Documents []DocumentDigest
	// Path is the signer's certificate first and the anchor last; the signer's
	// alone when no path was found.
	Path []*x509.Certificate
}

// DocumentDigest is a document, or a file of a container, by its digest.
type DocumentDigest struct {
	Name   string // empty for the document itself
	Hash   crypto.Hash
	Digest []byte
}
