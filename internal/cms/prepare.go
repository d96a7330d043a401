package cms

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// Template is what a new message is to say.
type Template struct {
	// Hash is the digest algorithm of content and signature: SHA-256, SHA-384
	// or SHA-512.
	Hash crypto.Hash
	// Digest of the detached content, made with Hash. Ignored when Content is
	// set.
	Digest []byte
	// Content is put into the message; nil makes a detached signature.
	Content []byte
	// ContentType of the content; nil means id-data.
	ContentType asn1.ObjectIdentifier
	// Certificate of the signer, and others to send along: issuers, usually
	// without the root.
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	// OmitCertificates leaves all certificates out of the message, as a
	// time-stamp without certReq must (RFC 3161 §2.4.1).
	OmitCertificates bool
	// PSS makes an RSA key sign with RSASSA-PSS, the salt as long as the hash.
	PSS bool
	// SigningTime is the claimed time; zero leaves it out, as PAdES must.
	SigningTime time.Time
	// Attributes to sign besides content-type, message-digest, signing-time
	// and signing-certificate-v2, which are made here.
	Attributes []Attribute
}

// Prepared is a message that lacks only its signature value. It can be stored:
// see MarshalBinary.
type Prepared struct {
	data   *SignedData
	cert   *x509.Certificate
	scheme scheme
	tbs    []byte
}

// Prepare makes the signed attributes of a message.
func Prepare(t Template) (*Prepared, error) {
	s, err := schemeFor(t.Certificate.PublicKey, t.Hash, t.PSS)
	if err != nil {
		return nil, err
	}
	attributes, err := t.attributes()
	if err != nil {
		return nil, err
	}
	message, err := t.encode(s, attributes)
	if err != nil {
		return nil, fmt.Errorf("encoding the CMS message: %w", err)
	}
	data, err := Parse(message)
	if err != nil {
		return nil, err
	}
	return newPrepared(data, t.Certificate)
}

func newPrepared(data *SignedData, cert *x509.Certificate) (*Prepared, error) {
	p := &Prepared{data: data, cert: cert}
	signer, err := data.One()
	if err != nil {
		return nil, err
	}
	hash, err := signer.DigestAlgorithm.Hash()
	if err != nil {
		return nil, err
	}
	if p.scheme, err = schemeOf(signer.SignatureAlgorithm, hash); err != nil {
		return nil, err
	}
	if p.tbs, err = signer.signedBytes(); err != nil {
		return nil, err
	}
	r := &Result{Signer: signer}
	if err := r.checkAttributes(Rules{}); err != nil {
		return nil, err
	}
	return p, signer.checkBinding(cert, BindV2)
}

// attributes are all signed attributes of the template.
func (t Template) attributes() (Attributes, error) {
	contentType := t.ContentType
	if contentType == nil {
		contentType = OIDData
	}
	digest := t.Digest
	if t.Content != nil {
		h := t.Hash.New()
		h.Write(t.Content)
		digest = h.Sum(nil)
	}
	if len(digest) != t.Hash.Size() {
		return nil, refuse(ErrWrongDigest, "%d bytes are no %v", len(digest), t.Hash)
	}
	binding, err := signingCertificateV2(t.Certificate, t.Hash)
	if err != nil {
		return nil, err
	}
	as := Attributes{
		{OIDContentType, [][]byte{build(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(contentType) })}},
		{OIDMessageDigest, [][]byte{build(func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) })}},
		binding,
	}
	if !t.SigningTime.IsZero() {
		at := t.SigningTime.UTC().Truncate(time.Second)
		as = append(as, Attribute{OIDSigningTime, [][]byte{build(func(b *cryptobyte.Builder) {
			if at.Year() >= 2050 { // RFC 5652 §11.3
				b.AddASN1GeneralizedTime(at)
			} else {
				b.AddASN1UTCTime(at)
			}
		})}})
	}
	return append(as, t.Attributes...), nil
}

// build encodes values that cannot fail.
func build(add func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	add(&b)
	return b.BytesOrPanic()
}

// ToBeSigned is the DER SET OF signed attributes: what is hashed and signed.
func (p *Prepared) ToBeSigned() []byte { return p.tbs }

// Digest of ToBeSigned: what a key is given.
func (p *Prepared) Digest() []byte {
	h := p.scheme.hash.New()
	h.Write(p.tbs)
	return h.Sum(nil)
}

// Options is what to give crypto.Signer.Sign with the digest: the hash, or
// *rsa.PSSOptions.
func (p *Prepared) Options() crypto.SignerOpts { return p.scheme.options() }

// Certificate is the signer's.
func (p *Prepared) Certificate() *x509.Certificate { return p.cert }

// MaxSize is the most bytes the completed message will have before unsigned
// attributes are added.
func (p *Prepared) MaxSize() int {
	const headers = 16 // lengths that grow by a byte with the value
	return len(p.data.encode()) + maxSignature(p.cert.PublicKey) + headers
}

// Complete puts the signature value in, checks it with the certificate and
// returns the DER message. ECDSA values are DER (RFC 3279 §2.2.3); for the raw
// r and s of a browser see [ECDSAFromRaw].
func (p *Prepared) Complete(signature []byte) ([]byte, error) {
	if err := p.scheme.verify(p.cert.PublicKey, p.Digest(), signature); err != nil {
		return nil, err
	}
	signed, err := p.data.withSignature(signature)
	if err != nil {
		return nil, err
	}
	return signed.encode(), nil
}

// Sign asks the key once and completes the message.
func (p *Prepared) Sign(random io.Reader, key crypto.Signer) ([]byte, error) {
	signature, err := key.Sign(random, p.Digest(), p.Options())
	if err != nil {
		return nil, err
	}
	return p.Complete(signature)
}
