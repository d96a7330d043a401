package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"time"

	"eidgate/certs/internal/pkix"
)

// Floors of ETSI TS 119 312 and SOG-IS for signatures verified today.
const (
	minRSABits         = 2048
	minHistoricRSABits = 1024
	maxRSABits         = 8192 // above it a signature is a way to burn time
)

// strength is the floor a path's algorithms must hold.
type strength struct{ historic bool }

// floor gives the strength demanded at a time: SHA-1 and RSA from 1024 bits
// pass only before the verifier's historic date.
func (v *Verifier) floor(at time.Time) strength {
	return strength{historic: at.Before(v.HistoricUntil)}
}

// signatureAlgorithms are the algorithms known, by identifier. MD5 is not
// among them: nothing it signs can be believed at any time.
var signatureAlgorithms = map[string]x509.SignatureAlgorithm{
	"1.2.840.113549.1.1.5":  x509.SHA1WithRSA,
	"1.2.840.113549.1.1.11": x509.SHA256WithRSA,
	"1.2.840.113549.1.1.12": x509.SHA384WithRSA,
	"1.2.840.113549.1.1.13": x509.SHA512WithRSA,
	"1.2.840.10045.4.1":     x509.ECDSAWithSHA1,
	"1.2.840.10045.4.3.2":   x509.ECDSAWithSHA256,
	"1.2.840.10045.4.3.3":   x509.ECDSAWithSHA384,
	"1.2.840.10045.4.3.4":   x509.ECDSAWithSHA512,
	"1.3.101.112":           x509.PureEd25519,
}

// oidPSS is RSASSA-PSS (RFC 4055), whose hash is in its parameters.
const oidPSS = "1.2.840.113549.1.1.10"

// pssParameters are the DER parameters of RSASSA-PSS that are accepted: MGF1
// with the same hash and a salt as long as the hash (RFC 4055 §3.1).
var pssParameters = []struct {
	der       []byte
	algorithm x509.SignatureAlgorithm
}{
	{pss(1, 32), x509.SHA256WithRSAPSS},
	{pss(2, 48), x509.SHA384WithRSAPSS},
	{pss(3, 64), x509.SHA512WithRSAPSS},
}

// pss builds RSASSA-PSS-params for the last arc of a SHA-2 identifier
// (2.16.840.1.101.3.4.2.n) and a salt length.
func pss(hash, salt byte) []byte {
	sha := []byte{0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, 0x05, 0x00}
	mgf := append([]byte{0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08}, sha...)
	out := []byte{0x30, 0x34, 0xa0, 0x0f}
	out = append(out, sha...)
	out = append(out, 0xa1, 0x1c)
	out = append(out, mgf...)
	return append(out, 0xa2, 0x03, 0x02, 0x01, salt)
}

func algorithmOf(id pkix.AlgorithmIdentifier) x509.SignatureAlgorithm {
	if id.Algorithm.String() == oidPSS {
		for _, p := range pssParameters {
			if bytes.Equal(p.der, id.Parameters) {
				return p.algorithm
			}
		}
		return x509.UnknownSignatureAlgorithm
	}
	return signatureAlgorithms[id.Algorithm.String()]
}

// checkSigned verifies a signature over tbs made by signer. concerns is the
// certificate a refusal is about.
func (s strength) checkSigned(id pkix.AlgorithmIdentifier, tbs, signature []byte, signer *node, concerns *x509.Certificate) error {
	algorithm, err := s.checkAlgorithm(id, signer, concerns)
	if err != nil {
		return err
	}
	// CheckSignature looks at nothing but the public key.
	if err := signer.x.CheckSignature(algorithm, tbs, signature); err != nil {
		return Refuse("path.signature", concerns, "the signature was not made by the key of the one who should have made it")
	}
	return nil
}

// checkAlgorithm judges the algorithm of a signature and the key of its signer.
func (s strength) checkAlgorithm(id pkix.AlgorithmIdentifier, signer *node, concerns *x509.Certificate) (x509.SignatureAlgorithm, error) {
	algorithm := algorithmOf(id)
	switch algorithm {
	case x509.UnknownSignatureAlgorithm:
		return 0, Missing("certificate.unsupported-algorithm", concerns, "the signature algorithm %v is not supported", id.Algorithm)
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		if !s.historic {
			return 0, Refuse("path.weak-signature", concerns, "the signature uses SHA-1, which proves nothing today")
		}
	default:
	}
	return algorithm, s.checkKey(signer)
}

// checkKey demands a key of a known kind and enough strength.
func (s strength) checkKey(n *node) error {
	switch key := n.key().(type) {
	case *rsa.PublicKey:
		least := minRSABits
		if s.historic {
			least = minHistoricRSABits
		}
		if bits := key.N.BitLen(); bits < least || bits > maxRSABits || key.E < 3 || key.E%2 == 0 {
			return Refuse("path.weak-key", n.x, "an RSA key of %d bits is not accepted", bits)
		}
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P224() {
			return Refuse("path.weak-key", n.x, "the curve P-224 is not accepted")
		}
	case ed25519.PublicKey:
	default:
		return unsupportedKey(n.x)
	}
	return nil
}

// unsupportedKey is the honest verdict on a key nothing here can use, such as
// the RSA keys with negative moduli on Estonian cards of 2011 to 2015.
func unsupportedKey(cert *x509.Certificate) error {
	return Missing("certificate.unsupported-key", cert, "the certificate's public key is of a kind that cannot be checked")
}
