package xades

import (
	"crypto"

	"eidgate/internal/xmlsec"
)

// Namespaces (EN 319 132-1 §4.2, EN 319 162-1 §A.2).
const (
	nsASiC  = "http://uri.etsi.org/02918/v1.2.1#"
	nsXAdES = "http://uri.etsi.org/01903/v1.3.2#"
	ns141   = "http://uri.etsi.org/01903/v1.4.1#"
)

// typeSignedProperties is the Type of the reference to the signed properties
// (EN 319 132-1 §4.4.2).
const typeSignedProperties = "http://uri.etsi.org/01903#SignedProperties"

// Method is a canonicalisation algorithm by its URI.
type Method = xmlsec.Method

// The canonicalisations a signature can be made with.
const (
	// C14N11 is Canonical XML 1.1, the default; libdigidocpp writes it.
	C14N11 = xmlsec.C14N11
	// Exclusive is Exclusive XML Canonicalization 1.0; EU DSS writes it.
	Exclusive = xmlsec.ExclusiveC14N
)

// digestURI is the DigestMethod of a hash (RFC 6931 §2.1).
func digestURI(h crypto.Hash) string {
	switch h {
	case crypto.SHA256:
		return "http://www.w3.org/2001/04/xmlenc#sha256"
	case crypto.SHA384:
		return "http://www.w3.org/2001/04/xmldsig-more#sha384"
	case crypto.SHA512:
		return "http://www.w3.org/2001/04/xmlenc#sha512"
	default:
		return ""
	}
}

// hashOf is the hash of a DigestMethod, 0 when it is not of the SHA-2 family
// with 256 bits or more.
func hashOf(uri string) crypto.Hash {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if digestURI(h) == uri {
			return h
		}
	}
	return 0
}
