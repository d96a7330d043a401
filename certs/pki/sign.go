package pki

import (
	"crypto"
	"crypto/sha1" // #nosec G505 -- key identifiers (RFC 5280 §4.2.1.2), not signatures
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// authority is who signs a certificate, under which profile.
type authority struct {
	name    string // in the journal
	profile string
	parent  *x509.Certificate
	key     crypto.Signer
}

func (p *PKI) signer(name, profile string) *authority {
	a := p.authority(name)
	return &authority{name: name, profile: profile, parent: a.cert, key: a.key}
}

// sign signs a certificate with a serial number of its own. The number and
// what will be signed are on disk before the key is used, the certificate
// before it is returned.
func (p *PKI) sign(a *authority, template *x509.Certificate, public crypto.PublicKey) (cert *x509.Certificate, err error) {
	id, err := keyID(public)
	if err != nil {
		return nil, err
	}
	template.SubjectKeyId = id
	err = p.store.update(func(st *state, write func(event) error) error {
		serial, err := p.freshSerial(st)
		if err != nil {
			return err
		}
		template.SerialNumber = serial
		text := serialText(serial)
		key := &recordingKey{key: a.key, record: func(digest []byte) error {
			return write(event{
				Kind: eventSign, Time: p.now().UTC(), Serial: text, Issuer: a.name, Profile: a.profile, Digest: hex.EncodeToString(digest),
			})
		}}
		der, err := x509.CreateCertificate(p.options.Random, template, a.parent, public, key)
		if err != nil {
			return fmt.Errorf("signing a certificate: %w", err)
		}
		if cert, err = x509.ParseCertificate(der); err != nil {
			return fmt.Errorf("reading the signed certificate: %w", err)
		}
		return write(event{Kind: eventIssued, Time: p.now().UTC(), Serial: text, DER: der})
	})
	return cert, err
}

// recordingKey records what it is about to sign, and does not sign what it
// could not record. It signs once.
type recordingKey struct {
	key    crypto.Signer
	record func(digest []byte) error
	used   bool
}

// Public is the key's public half.
func (k *recordingKey) Public() crypto.PublicKey { return k.key.Public() }

// Sign records the digest, then signs it.
func (k *recordingKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if k.used {
		return nil, errors.New("a recorded key is used twice")
	}
	k.used = true
	if err := k.record(digest); err != nil {
		return nil, err
	}
	return k.key.Sign(random, digest, opts)
}

// freshSerial gives a random number of 126 bits that was never given before:
// positive, at least 64 bits of randomness, at most 20 octets (RFC 5280
// §4.1.2.2).
func (p *PKI) freshSerial(st *state) (*big.Int, error) {
	for {
		b := make([]byte, 16)
		if _, err := io.ReadFull(p.options.Random, b); err != nil {
			return nil, fmt.Errorf("making a serial number: %w", err)
		}
		b[0] = b[0]&0x3f | 0x40
		n := new(big.Int).SetBytes(b)
		if st.bySerial[serialText(n)] == nil {
			return n, nil
		}
	}
}

// keyID is method 1 of RFC 5280 §4.2.1.2.
func keyID(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("naming a key: %w", err)
	}
	var spki struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &spki); err != nil {
		return nil, fmt.Errorf("naming a key: %w", err)
	}
	sum := sha1.Sum(spki.Key.Bytes) // #nosec G401 -- an identifier
	return sum[:], nil
}
