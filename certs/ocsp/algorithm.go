package ocsp

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"

	"eidgate/certs"
)

// signatureAlgorithm is one AlgorithmIdentifier this package verifies.
type signatureAlgorithm struct {
	oid  asn1.ObjectIdentifier
	x509 x509.SignatureAlgorithm
	hash crypto.Hash
	null bool // parameters are NULL (RFC 4055 §5), otherwise absent (RFC 5758 §3.2)
	weak bool
}

var signatureAlgorithms = []signatureAlgorithm{
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, x509.SHA256WithRSA, crypto.SHA256, true, false},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, x509.SHA384WithRSA, crypto.SHA384, true, false},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, x509.SHA512WithRSA, crypto.SHA512, true, false},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, x509.ECDSAWithSHA256, crypto.SHA256, false, false},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, x509.ECDSAWithSHA384, crypto.SHA384, false, false},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, x509.ECDSAWithSHA512, crypto.SHA512, false, false},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, x509.SHA1WithRSA, crypto.SHA1, true, true},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}, x509.ECDSAWithSHA1, crypto.SHA1, false, true},
}

// minRSABits is the shortest RSA key whose signature proves anything
// (ETSI TS 119 312 §6.2.2.1).
const minRSABits = 2048

// checkSignature verifies signed by cert's key. SHA-1 is refused unless the
// caller judges evidence of its time.
func checkSignature(cert *x509.Certificate, id pkix.AlgorithmIdentifier, signed, signature []byte, allowSHA1 bool) error {
	alg, ok := lookup(id)
	if !ok {
		return certs.Refuse("ocsp.unsupported-algorithm", cert, "the OCSP answer is signed with algorithm %v, which is not supported", id.Algorithm)
	}
	if alg.weak && !allowSHA1 {
		return weakSignature(cert)
	}
	if k, ok := cert.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < minRSABits {
		return certs.Refuse("ocsp.weak-key", cert, "the OCSP responder's RSA key has %d bits, fewer than %d", k.N.BitLen(), minRSABits)
	}
	if err := cert.CheckSignature(alg.x509, signed, signature); err != nil {
		return certs.Refuse("ocsp.bad-signature", cert, "the signature of the OCSP answer does not verify: %w", err)
	}
	return nil
}

func weakSignature(cert *x509.Certificate) error {
	return certs.Refuse("ocsp.weak-signature", cert, "the OCSP answer rests on a SHA-1 signature")
}

func lookup(id pkix.AlgorithmIdentifier) (signatureAlgorithm, bool) {
	for _, a := range signatureAlgorithms {
		if !a.oid.Equal(id.Algorithm) {
			continue
		}
		parameters := id.Parameters.FullBytes
		return a, len(parameters) == 0 || (a.null && bytes.Equal(parameters, asn1.NullBytes))
	}
	return signatureAlgorithm{}, false
}
