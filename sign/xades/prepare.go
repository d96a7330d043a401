package xades

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"

	"eidgate/internal/rawsig"
	"eidgate/internal/xmlsec"
)

// Prepared is a signature that lacks only its value.
type Prepared struct {
	text string // the file with a blank value
	sig  *signature
	cert *x509.Certificate
}

// Prepare makes the signed properties and everything else but the value.
func Prepare(objects []Object, o Options) (*Prepared, error) {
	o = o.withDefaults()
	if err := o.check(objects); err != nil {
		return nil, err
	}
	draft, err := render(objects, &o, blank, blank)
	if err != nil {
		return nil, err
	}
	p, err := restore(draft, o.Certificate)
	if err != nil {
		return nil, fmt.Errorf("preparing the signature: %w", err)
	}
	digest, err := p.sig.xml.ReferenceDigest(len(objects), xmlsec.Rules{})
	if err != nil {
		return nil, fmt.Errorf("preparing the signature: %w", err)
	}
	text, err := render(objects, &o, base64.StdEncoding.EncodeToString(digest), blank)
	if err != nil {
		return nil, err
	}
	if p, err = restore(text, o.Certificate); err != nil {
		return nil, fmt.Errorf("preparing the signature: %w", err)
	}
	return p, p.checkState()
}

// Restore continues from what [Prepared.MarshalBinary] gave. cert is the
// signer's: a state made for another certificate is [ErrState], and so is one
// that was damaged.
func Restore(state []byte, cert *x509.Certificate) (*Prepared, error) {
	p, err := restore(string(state), cert)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	return p, p.checkState()
}

func restore(text string, cert *x509.Certificate) (*Prepared, error) {
	f, err := parse([]byte(text))
	if err != nil {
		return nil, err
	}
	s, err := f.one()
	if err != nil {
		return nil, err
	}
	return &Prepared{text: text, sig: s, cert: cert}, nil
}

// checkState sees that the state signs what it shows, for this certificate.
func (p *Prepared) checkState() error {
	if strings.Count(p.text, ">"+blank+"</ds:SignatureValue>") != 1 {
		return ErrState
	}
	if err := p.sig.bind(p.cert); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	for i := range p.sig.xml.References {
		r := &p.sig.xml.References[i]
		if r.Type != typeSignedProperties {
			continue
		}
		digest, err := p.sig.xml.ReferenceDigest(i, xmlsec.Rules{})
		if err != nil || string(digest) != string(r.Digest()) {
			return ErrState
		}
	}
	return nil
}

// MarshalBinary is the file with a blank signature value: the whole state
// between the two steps. It holds names and digests of the files, no content
// and no secret.
func (p *Prepared) MarshalBinary() ([]byte, error) { return []byte(p.text), nil }

// Digest is what the key signs.
func (p *Prepared) Digest() []byte {
	digest, err := p.sig.xml.SignedInfoDigest()
	if err != nil {
		return nil // the method was read when the text was
	}
	return digest
}

// SignerOptions is what crypto.Signer.Sign takes with the digest.
func (p *Prepared) SignerOptions() crypto.SignerOpts {
	h := p.sig.xml.Hash()
	if strings.HasSuffix(p.sig.xml.MethodURI, "-rsa-MGF1") {
		return &rsa.PSSOptions{SaltLength: h.Size(), Hash: h} // RFC 6931 §2.3.10
	}
	return h
}

// Certificate is the signer's.
func (p *Prepared) Certificate() *x509.Certificate { return p.cert }

// Objects are the files that are signed.
func (p *Prepared) Objects() ([]Object, crypto.Hash, error) { return p.sig.objects() }

// Complete puts the signature value in, checks it with the certificate and
// gives the file. ECDSA values are DER, as crypto.Signer gives them.
func (p *Prepared) Complete(value []byte) ([]byte, error) {
	value, err := rawValue(p.cert.PublicKey, value)
	if err != nil {
		return nil, err
	}
	text := strings.Replace(p.text, ">"+blank+"</ds:SignatureValue>",
		">"+base64.StdEncoding.EncodeToString(value)+"</ds:SignatureValue>", 1)
	done, err := restore(text, p.cert)
	if err != nil {
		return nil, fmt.Errorf("completing the signature: %w", err)
	}
	if _, err := done.sig.xml.Verify(p.cert.PublicKey, xmlsec.Rules{Digest: done.sig.written}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return []byte(text), nil
}

// rawValue is r and s of equal length, as XML signatures have ECDSA values
// (RFC 6931 §2.3.6), and the value itself for RSA.
func rawValue(key crypto.PublicKey, value []byte) ([]byte, error) {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return value, nil
	}
	raw, err := rawsig.FromDER(k, value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return raw, nil
}
