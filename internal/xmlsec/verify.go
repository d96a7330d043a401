package xmlsec

import (
	"crypto"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Rules say what a signature may do beyond the strictest.
type Rules struct {
	// AllowSHA1 accepts SHA-1 as digest and in the signature.
	AllowSHA1 bool
	// Outside opens what a reference's URI names outside the document: a file
	// of a container. Nil refuses such references. The content is digested as
	// it is.
	Outside func(uri string) (io.ReadCloser, error)
	// Digest, instead of Outside, gives the digest of what a reference's URI
	// names outside the document: for files that many signatures cover and
	// that are read once.
	Digest func(uri string, hash crypto.Hash) ([]byte, error)
}

// Signed is one thing that a verified signature covers.
type Signed struct {
	Reference Reference
	// Element is what was signed, with everything in it but the signature
	// itself when the reference is enveloped. It is the root for a reference
	// to the whole document, and nil for something outside.
	Element *Element
	// Whole says that comments and instructions around the root were signed
	// too, as far as the canonical form has them.
	Whole bool
	// Enveloped says that the signature was left out.
	Enveloped bool
}

// Verify checks the signature with a key that the caller has reason to trust:
// first the signature over ds:SignedInfo, then the digest of every reference.
// It returns what is covered, in the order of References. Nothing else of the
// document is proven, neither KeyInfo nor an Object without a reference.
func (s *Signature) Verify(public crypto.PublicKey, rules Rules) ([]Signed, error) {
	if err := s.verifyValue(public, rules); err != nil {
		return nil, fmt.Errorf("verifying the XML signature: %w", err)
	}
	var covered []Signed
	if s.doc.duplicate && s.refersToIDs() {
		return nil, fmt.Errorf("verifying what the XML signature covers: %w", ErrDuplicateID)
	}
	for i := range s.References {
		signed, err := s.verifyReference(&s.References[i], rules)
		if err != nil {
			return nil, fmt.Errorf("verifying what the XML signature covers: %w", err)
		}
		covered = append(covered, signed)
	}
	return covered, nil
}

func (s *Signature) verifyValue(public crypto.PublicKey, rules Rules) error {
	if s.method.hash == crypto.SHA1 && !rules.AllowSHA1 {
		return ErrWeakAlgorithm
	}
	digest, err := s.SignedInfoDigest()
	if err != nil {
		return err
	}
	return s.method.verify(public, digest, s.Value)
}

func (s *Signature) refersToIDs() bool {
	return slices.ContainsFunc(s.References, func(r Reference) bool { return strings.HasPrefix(r.URI, "#") })
}

// SignedInfoDigest is what the key signs: the digest of the canonical
// ds:SignedInfo by the signature's own methods.
func (s *Signature) SignedInfoDigest() ([]byte, error) {
	h := s.method.hash.New()
	err := s.doc.WriteCanonical(h, Canonical{Method: s.canonical, Apex: s.signedInfo, Prefixes: s.prefixes})
	return h.Sum(nil), err
}

// ReferenceDigest is the digest of what the reference with this index names,
// whatever its DigestValue says: for making a signature.
func (s *Signature) ReferenceDigest(i int, rules Rules) ([]byte, error) {
	digest, _, err := s.digestOf(&s.References[i], rules)
	return digest, err
}

// Hash is the hash of the signature method.
func (s *Signature) Hash() crypto.Hash { return s.method.hash }

func (s *Signature) verifyReference(r *Reference, rules Rules) (Signed, error) {
	if r.hash == crypto.SHA1 && !rules.AllowSHA1 {
		return Signed{}, ErrWeakAlgorithm
	}
	digest, signed, err := s.digestOf(r, rules)
	if err != nil {
		return Signed{}, err
	}
	if subtle.ConstantTimeCompare(digest, r.digest) != 1 {
		return Signed{}, ErrDigest
	}
	return signed, nil
}

// digestOf is the digest of what the reference names.
func (s *Signature) digestOf(r *Reference, rules Rules) ([]byte, Signed, error) {
	if r.outside() && rules.Digest != nil {
		if !r.plain {
			return nil, Signed{}, ErrTransform
		}
		digest, err := rules.Digest(r.URI, r.hash)
		if err != nil {
			return nil, Signed{}, fmt.Errorf("reading what was signed: %w", err)
		}
		return digest, Signed{Reference: *r}, nil
	}
	h := r.hash.New()
	signed, err := s.digest(h, r, rules)
	return h.Sum(nil), signed, err
}

// outside tells whether the reference is to something outside the document.
func (r *Reference) outside() bool { return r.URI != "" && !strings.HasPrefix(r.URI, "#") }

// Hash is the hash of the reference's DigestMethod.
func (r *Reference) Hash() crypto.Hash { return r.hash }

// Digest is what the reference's DigestValue says.
func (r *Reference) Digest() []byte { return r.digest }

// digest writes what the reference names to h. A reference into the document
// never includes comments, whatever its canonicalisation says (XML-DSig
// §4.4.3.3).
func (s *Signature) digest(h io.Writer, r *Reference, rules Rules) (Signed, error) {
	signed := Signed{Reference: *r, Enveloped: r.enveloped}
	c := Canonical{Method: r.method, Prefixes: r.prefixes, NoComments: true}
	id, inside := strings.CutPrefix(r.URI, "#")
	switch {
	case r.URI == "":
		signed.Element, signed.Whole = s.doc.Root, true
	case !inside:
		return signed, s.outside(h, r, rules)
	default:
		if signed.Element = s.doc.ByID(id); signed.Element == nil || !isNCName(id) {
			return signed, ErrReference
		}
		c.Apex = signed.Element
	}
	if r.enveloped {
		if signed.Element == s.Element || !signed.Element.Has(s.Element) {
			return signed, ErrReference
		}
		c.Without = s.Element
	} else if signed.Element.Has(s.Element) {
		return signed, ErrReference // a signature over itself
	}
	return signed, s.doc.WriteCanonical(h, c)
}

func (s *Signature) outside(h io.Writer, r *Reference, rules Rules) error {
	if rules.Outside == nil {
		return ErrReference
	}
	if !r.plain {
		return ErrTransform
	}
	content, err := rules.Outside(r.URI)
	if err != nil {
		return fmt.Errorf("opening what was signed: %w", err)
	}
	_, err = io.Copy(h, content)
	if err = errors.Join(err, content.Close()); err != nil {
		return fmt.Errorf("reading what was signed: %w", err)
	}
	return nil
}

// WriteReference writes what the reference with this index is over, when it is
// inside the document: time-stamps of XAdES are over it again.
func (s *Signature) WriteReference(w io.Writer, i int) error {
	_, err := s.digest(w, &s.References[i], Rules{})
	return err
}
