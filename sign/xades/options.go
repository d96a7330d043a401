package xades

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// Object is a file to be signed.
type Object struct {
	// Name is its path in the container.
	Name string
	// MediaType is what the signer says it is.
	MediaType string
	// Digest of its content with the hash of the options.
	Digest []byte
}

// Place is where a signature was made, as the signer says.
type Place struct {
	City, Street, Province, PostalCode, Country string
}

// Options of a new signature.
type Options struct {
	// Certificate of the signer; it must be set.
	Certificate *x509.Certificate
	// Chain are issuers to send along, without the root.
	Chain []*x509.Certificate
	// Hash of files, properties and signature: SHA-256 when zero, or SHA-384,
	// SHA-512.
	Hash crypto.Hash
	// PSS makes an RSA key sign with RSASSA-PSS.
	PSS bool
	// Time is the claimed signing time; it must be set (EN 319 132-1 §6.3).
	Time time.Time
	// Roles are claimed roles in any script, Place a claimed place.
	Roles []string
	Place Place
	// Canonicalization is [C14N11] when empty, or [Exclusive].
	Canonicalization Method
	// Index tells apart the signatures of one container; Ids begin with it.
	Index int
}

// Limits on what the signer may say.
const (
	maxText    = 4 << 10
	maxRoles   = 16
	maxObjects = 900 // xmlsec reads 1,000 references
)

func (o *Options) check(objects []Object) error {
	switch {
	case o.Certificate == nil:
		return errors.New("preparing a signature: no certificate")
	case o.Time.IsZero():
		return errors.New("preparing a signature: no signing time")
	case digestURI(o.Hash) == "":
		return fmt.Errorf("preparing a signature: hash %v is not one of SHA-256, SHA-384, SHA-512", o.Hash)
	case o.Canonicalization != C14N11 && o.Canonicalization != Exclusive:
		return fmt.Errorf("preparing a signature: canonicalisation %q", o.Canonicalization)
	case len(objects) == 0 || len(objects) > maxObjects:
		return fmt.Errorf("preparing a signature over %d files: %w", len(objects), ErrLimit)
	case len(o.Roles) > maxRoles:
		return fmt.Errorf("preparing a signature with %d roles: %w", len(o.Roles), ErrLimit)
	}
	texts := append([]string{o.Place.City, o.Place.Street, o.Place.Province, o.Place.PostalCode, o.Place.Country}, o.Roles...)
	for i := range objects {
		if len(objects[i].Digest) != o.Hash.Size() {
			return fmt.Errorf("preparing a signature: the digest of %q is no %v", objects[i].Name, o.Hash)
		}
		texts = append(texts, objects[i].MediaType)
	}
	for _, text := range texts {
		if err := checkText(text); err != nil {
			return err
		}
	}
	return nil
}

func checkText(text string) error {
	if len(text) > maxText {
		return fmt.Errorf("a text of more than %d bytes: %w", maxText, ErrLimit)
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == utf8.RuneError || r == 0xfffe || r == 0xffff {
			return ErrText
		}
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Hash == 0 {
		o.Hash = crypto.SHA256
	}
	if o.Canonicalization == "" {
		o.Canonicalization = C14N11
	}
	return o
}
