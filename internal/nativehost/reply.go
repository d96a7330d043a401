package nativehost

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"

	"eidgate/card"
)

// Version is the first message of the host.
type Version struct {
	Version string `json:"version"` // semantic version; the major one must be the extension's, 2
}

// Done is the reply to quit.
type Done struct{}

// Certificate is the reply to get-signing-certificate.
type Certificate struct {
	Certificate string      `json:"certificate"` // base64 of DER
	Algorithms  []Algorithm `json:"supportedSignatureAlgorithms"`
}

// Signature is the reply to sign.
type Signature struct {
	Signature string    `json:"signature"` // base64; r||s for ECDSA
	Algorithm Algorithm `json:"signatureAlgorithm"`
}

// Algorithm names a signature algorithm as Web eID does.
type Algorithm struct {
	Crypto  string `json:"cryptoAlgorithm"` // ECC or RSA
	Hash    string `json:"hashFunction"`    // SHA-384 ...
	Padding string `json:"paddingScheme"`   // NONE, PKCS1.5 or PSS
}

// The error codes of web-eid.js that a host gives.
const (
	CodeCancelled       = "ERR_WEBEID_USER_CANCELLED"
	CodeTimeout         = "ERR_WEBEID_USER_TIMEOUT"
	CodeInvalidArgument = "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
	CodeFatal           = "ERR_WEBEID_NATIVE_FATAL"
)

// Failure is the reply to a command that was not carried out. Its message goes
// to the website: it must tell nothing about the user, the card or the machine.
type Failure struct {
	Error FailureError `json:"error"`
}

// FailureError is the inner part of a [Failure].
type FailureError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Fail makes a [Failure].
func Fail(code, message string) Failure { return Failure{FailureError{code, message}} }

type hashName struct {
	name string
	hash crypto.Hash
}

// hashNames are the names Web eID has for hash functions.
func hashNames() []hashName {
	return []hashName{
		{"SHA-224", crypto.SHA224}, {"SHA-256", crypto.SHA256}, {"SHA-384", crypto.SHA384}, {"SHA-512", crypto.SHA512},
		{"SHA3-224", crypto.SHA3_224}, {"SHA3-256", crypto.SHA3_256}, {"SHA3-384", crypto.SHA3_384}, {"SHA3-512", crypto.SHA3_512},
	}
}

func hashNamed(name string) (crypto.Hash, bool) {
	for _, n := range hashNames() {
		if n.name == name {
			return n.hash, true
		}
	}
	return 0, false
}

// AlgorithmOf names a card's algorithm; ok is false when Web eID has no name
// for it.
func AlgorithmOf(a card.Algorithm) (named Algorithm, ok bool) {
	switch a.Key {
	case x509.ECDSA:
		named.Crypto = "ECC"
	case x509.RSA:
		named.Crypto = "RSA"
	default:
		return Algorithm{}, false
	}
	switch a.Padding {
	case card.NoPadding:
		named.Padding = "NONE"
	case card.PKCS1v15:
		named.Padding = "PKCS1.5"
	case card.PSS:
		named.Padding = "PSS"
	default:
		return Algorithm{}, false
	}
	for _, n := range hashNames() {
		if n.hash == a.Hash {
			named.Hash = n.name
			return named, true
		}
	}
	return Algorithm{}, false
}

// NewCertificate makes the reply to get-signing-certificate.
func NewCertificate(c *x509.Certificate, algorithms []card.Algorithm) Certificate {
	reply := Certificate{Certificate: base64.StdEncoding.EncodeToString(c.Raw)}
	for _, a := range algorithms {
		if named, ok := AlgorithmOf(a); ok {
			reply.Algorithms = append(reply.Algorithms, named)
		}
	}
	return reply
}
