package ocsp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Template is what a responder says in one response.
type Template struct {
	ProducedAt   time.Time // written to the second, in UTC
	Answers      []Answer
	Nonce        []byte // echoed when not nil
	Extensions   []pkix.Extension
	Certificates []*x509.Certificate // sent along, the responder's first
	ByName       bool                // identify the responder by name instead of by key hash
}

// Sign makes a successful response signed by responder's key.
func Sign(rand io.Reader, t Template, responder *x509.Certificate, key crypto.Signer) ([]byte, error) {
	data, err := t.marshal(responder)
	if err != nil {
		return nil, fmt.Errorf("encoding the OCSP answer: %w", err)
	}
	alg, err := algorithmFor(key.Public())
	if err != nil {
		return nil, err
	}
	signature, err := key.Sign(rand, sum(alg.hash, data), alg.hash)
	if err != nil {
		return nil, fmt.Errorf("signing the OCSP answer: %w", err)
	}
	var basic cryptobyte.Builder
	basic.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(data)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(alg.oid)
			if alg.null {
				b.AddASN1NULL()
			}
		})
		b.AddASN1BitString(signature)
		addCertificates(b, t.Certificates)
	})
	return wrap(basic.BytesOrPanic()), nil
}

// ErrorResponse encodes a response that has nothing but its status.
func ErrorResponse(status ResponseStatus) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(status)) })
	return b.BytesOrPanic()
}

func wrap(basic []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(int64(Successful))
		b.AddASN1(tagContext0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidBasicResponse)
				b.AddASN1OctetString(basic)
			})
		})
	})
	return b.BytesOrPanic()
}

func addCertificates(b *cryptobyte.Builder, list []*x509.Certificate) {
	if len(list) == 0 {
		return
	}
	b.AddASN1(tagContext0, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, c := range list {
				b.AddBytes(c.Raw)
			}
		})
	})
}

// marshal encodes ResponseData.
func (t Template) marshal(responder *x509.Certificate) ([]byte, error) {
	key, err := keyBits(responder)
	if err != nil {
		return nil, err
	}
	exts := append([]pkix.Extension(nil), t.Extensions...)
	if t.Nonce != nil {
		exts = append(exts, nonceExtension(t.Nonce))
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if t.ByName {
			b.AddASN1(tagContext1, func(b *cryptobyte.Builder) { b.AddBytes(responder.RawSubject) })
		} else {
			b.AddASN1(tagContext2, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum(crypto.SHA1, key)) })
		}
		b.AddASN1GeneralizedTime(t.ProducedAt.UTC())
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for i := range t.Answers {
				b.AddASN1(cbasn1.SEQUENCE, t.Answers[i].add)
			}
		})
		addExtensions(b, tagContext1, exts)
	})
	return b.Bytes()
}

// add encodes the inside of a SingleResponse.
func (a *Answer) add(b *cryptobyte.Builder) {
	a.ID.add(b)
	switch a.Status {
	case Good:
		b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(*cryptobyte.Builder) {})
	case Unknown:
		b.AddASN1(cbasn1.Tag(2).ContextSpecific(), func(*cryptobyte.Builder) {})
	case Revoked:
		b.AddASN1(tagContext1, func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(a.RevokedAt.UTC())
			if a.Reason != 0 {
				b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(a.Reason)) })
			}
		})
	default:
		b.SetError(errors.New("an answer has no status"))
	}
	b.AddASN1GeneralizedTime(a.ThisUpdate.UTC())
	if !a.NextUpdate.IsZero() {
		b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(a.NextUpdate.UTC()) })
	}
	addExtensions(b, tagContext1, a.Extensions)
}

// ArchiveCutoff makes the single extension that says since when the responder
// keeps the status of expired certificates (RFC 6960 §4.4.4).
func ArchiveCutoff(t time.Time) pkix.Extension {
	var b cryptobyte.Builder
	b.AddASN1GeneralizedTime(t.UTC())
	return pkix.Extension{Id: oidArchiveCutoff, Value: b.BytesOrPanic()}
}

// algorithmFor chooses the signature algorithm for a responder's key: the hash
// of the curve's strength, SHA-256 for RSA.
func algorithmFor(public crypto.PublicKey) (signatureAlgorithm, error) {
	want := x509.UnknownSignatureAlgorithm
	switch k := public.(type) {
	case *rsa.PublicKey:
		want = x509.SHA256WithRSA
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			want = x509.ECDSAWithSHA256
		case elliptic.P384():
			want = x509.ECDSAWithSHA384
		case elliptic.P521():
			want = x509.ECDSAWithSHA512
		}
	}
	for _, a := range signatureAlgorithms {
		if a.x509 == want {
			return a, nil
		}
	}
	return signatureAlgorithm{}, fmt.Errorf("signing the OCSP answer: no algorithm for a key of type %T", public)
}
