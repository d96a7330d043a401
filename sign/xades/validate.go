package xades

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"eidgate/internal/fault"
	"eidgate/internal/xmlsec"
	"eidgate/sign"
	"eidgate/sign/internal/judge"
)

// Files are the files of a container, for judging signatures over them.
type Files interface {
	// Digest of a file's content. A file that is not there is an error with a
	// code.
	Digest(name string, hash crypto.Hash) ([]byte, error)
	// Open reads a file again, for archive time-stamps.
	Open(name string) (io.ReadCloser, error)
}

// File is a file of signatures that was read and not yet judged.
type File struct {
	Signatures []*Candidate
	// Elements is how many XML elements it has.
	Elements int
}

// Candidate is a signature on its way to a verdict.
type Candidate struct {
	// Out is the verdict; its Indication is empty until there is one.
	Out *sign.Signature
	sig *signature
}

// Read reads a file of signatures for judging. The error is about the file as a
// whole; what is wrong with one signature is in its verdict.
func Read(text []byte, id string) (*File, error) { return ReadWithin(text, id, MaxElements) }

// ReadWithin is [Read] for a file with no more XML elements than this: a
// container has many files. The error of more has the code "xml.limit".
func ReadWithin(text []byte, id string, elements int) (*File, error) {
	f, err := parseWithin(text, elements)
	if err != nil {
		return nil, err
	}
	out := &File{Elements: f.doc.Elements}
	for _, s := range f.signatures {
		c := &Candidate{sig: s, Out: &sign.Signature{ID: id, Kind: sign.KindSignature, Format: "XAdES"}}
		if len(f.signatures) > 1 {
			c.Out.ID += "#" + s.id
		}
		out.Signatures = append(out.Signatures, c)
		if s.err != nil {
			c.Refuse("structure", s.err)
			continue
		}
		c.claims()
	}
	return out, nil
}

// Needs are the digests that judging will ask for, by file name.
func (c *Candidate) Needs() map[string][]crypto.Hash {
	out := map[string][]crypto.Hash{}
	if c.sig.xml == nil {
		return out
	}
	for i := range c.sig.xml.References {
		r := &c.sig.xml.References[i]
		if name, err := DecodeURI(r.URI); err == nil && r.Type != typeSignedProperties {
			out[name] = append(out[name], r.Hash())
		}
	}
	return out
}

// Covered are the media types of the signed files by name, as the signature
// describes them; the type is empty where it does not. They mean nothing unless
// the verdict is good, and are nil for a signature that cannot be read.
func (c *Candidate) Covered() map[string]string {
	if c.sig.xml == nil {
		return nil
	}
	out := map[string]string{}
	for name := range c.Needs() {
		out[name] = ""
	}
	if c.sig.signed != nil {
		if formats, err := c.sig.formats(); err == nil {
			for name, mime := range formats {
				out[name] = mime
			}
		}
	}
	return out
}

// Good tells whether nothing was found against the signature so far.
func (c *Candidate) Good() bool {
	return c.Out.Indication == "" || c.Out.Indication == sign.TotalPassed
}

// Refuse ends the way to a verdict, unless an earlier refusal did. It takes a
// good verdict back.
func (c *Candidate) Refuse(check string, err error) {
	c.Out.Checks = append(c.Out.Checks, sign.FailedCheck(check, err))
	if c.Good() || c.Out.Indication == sign.Indeterminate && sign.VerdictOf(err).Indication == sign.TotalFailed {
		c.Out.Verdict, c.Out.Code, c.Out.Sentence = sign.VerdictOf(err), fault.CodeOf(err), err.Error()
		c.Out.Level = sign.NoLevel
	}
}

func (c *Candidate) pass(check, sentence string) {
	c.Out.Checks = append(c.Out.Checks, sign.Pass(check, sentence))
}

// claims reads what the signer says and nothing proves.
func (c *Candidate) claims() {
	c.Out.Claimed.Time, _ = c.sig.time()
	c.Out.Claimed.Location = c.sig.place()
	c.Out.Claimed.Roles = c.sig.roles()
	c.Out.Claimed.Commitments = c.sig.commitments()
}

// Judge gives the verdict: form, binding, digests and value first, then time,
// path and revocation.
func (c *Candidate) Judge(ctx context.Context, files Files, trust sign.Trust) {
	if !c.Good() {
		return
	}
	evidence := c.sig.evidence()
	cert, baseline := c.examine(files, evidence.Certificates)
	if cert == nil {
		return
	}
	stamps, err := c.sig.tokens(nsXAdES, propTimestamp)
	if err != nil {
		c.Refuse("signature-time-stamp", err)
		return
	}
	archives, err := c.sig.tokens(ns141, propArchive)
	if err != nil {
		c.Refuse("archive-time-stamp", err)
		return
	}
	j := judge.New(trust, evidence)
	kept, refusal := c.archived(ctx, j, archives, files)
	subject := judge.Subject{Certificate: cert, Later: kept.proofs, Baseline: baseline}
	for _, t := range stamps {
		subject.Stamps = append(subject.Stamps, judge.Stamp{
			Kind: "signature-time-stamp", DER: t.der,
			Digest: func(h crypto.Hash) ([]byte, error) { return c.sig.valueImprint(t.method, h) },
		})
	}
	j.Signature(ctx, c.Out, subject)
	if refusal == nil {
		refusal = ordered(stamps, archives)
	}
	if refusal != nil {
		c.Refuse("archive-time-stamp", refusal)
	}
	if c.Out.Level == sign.LevelLT && kept.last > 0 && judge.Preserved(ctx, trust, c.Out, subject, c.sig.evidenceBefore(kept.last)) {
		c.Out.Level = sign.LevelLTA
	}
}

// examine checks everything but trust; it returns the signer's certificate, nil
// after a refusal, and whether the rules of level B are kept.
func (c *Candidate) examine(files Files, more []*x509.Certificate) (*x509.Certificate, bool) {
	if err := c.sig.checkReferences(); err != nil {
		c.Refuse("references", err)
		return nil, false
	}
	c.pass("references", "the signature refers to files and to its own properties, each once")
	c.material()
	cert, bound, err := c.sig.signer(more)
	if err != nil {
		c.Refuse("signing-certificate", err)
		return nil, false
	}
	c.Out.Material.Path = []*x509.Certificate{cert}
	c.pass("signing-certificate", "the signed properties bind the signing certificate")
	formats, err := c.sig.formats()
	if err != nil {
		c.Refuse("data-format", err)
		return nil, false
	}
	covered, err := c.sig.xml.Verify(cert.PublicKey, xmlsec.Rules{Digest: func(uri string, hash crypto.Hash) ([]byte, error) {
		name, err := DecodeURI(uri)
		if err != nil {
			return nil, err
		}
		return files.Digest(name, hash)
	}})
	if err != nil {
		c.Refuse("signature", c.explain(err, files))
		return nil, false
	}
	if err := c.sig.propertiesAmong(covered); err != nil {
		c.Refuse("signature", err)
		return nil, false
	}
	c.pass("signature", "the signed files and properties are unchanged and the value is the certificate's")
	return cert, c.baseline(bound, formats, cert)
}

// propertiesAmong sees that the properties this verdict reads are the very
// element that was signed.
func (s *signature) propertiesAmong(covered []xmlsec.Signed) error {
	n := 0
	for i := range covered {
		if covered[i].Element != nil {
			n++
			if covered[i].Element != s.signed {
				return ErrUnreferenced
			}
		}
	}
	if n != 1 {
		return ErrUnreferenced
	}
	return nil
}

// explain names the file whose digest is wrong.
func (c *Candidate) explain(err error, files Files) error {
	if !errors.Is(err, xmlsec.ErrDigest) {
		return err
	}
	for i := range c.sig.xml.References {
		r := &c.sig.xml.References[i]
		name, uriErr := DecodeURI(r.URI)
		if uriErr != nil || r.Type == typeSignedProperties {
			continue
		}
		if digest, err := files.Digest(name, r.Hash()); err == nil && string(digest) != string(r.Digest()) {
			return fmt.Errorf("%w: %q", xmlsec.ErrDigest, name)
		}
	}
	return fmt.Errorf("%w: the signed properties", xmlsec.ErrDigest)
}

// baseline notes each rule of level B that is not kept (EN 319 132-1 §6.3).
// None of them endangers the verdict.
func (c *Candidate) baseline(bound *binding, formats map[string]string, cert *x509.Certificate) bool {
	kept := true
	note := func(broken bool, sentence string) {
		if broken {
			kept = false
			c.Out.Checks = append(c.Out.Checks, sign.Note("baseline", sentence))
		}
	}
	_, timed := c.sig.time()
	note(!timed, "signing-time is missing or no time (EN 319 132-1 §6.3)")
	if bound.old { // policy row "xades-level": digidoc4j 6.1 still writes it
		c.Out.Checks = append(c.Out.Checks, sign.Note("baseline", "the signing certificate is bound by the older property SigningCertificate (ETSI TS 103 171)"))
	}
	inKeyInfo := false
	for _, own := range c.sig.certificates() {
		inKeyInfo = inKeyInfo || own.Equal(cert)
	}
	note(!inKeyInfo, "the signing certificate is not in KeyInfo (EN 319 132-1 §6.3)")
	for name := range c.Needs() {
		note(formats[name] == "", fmt.Sprintf("the media type of %q is not described (EN 319 132-1 §6.3)", name))
	}
	c.unjudged()
	return kept
}

// unjudged tells of what the signature carries and the verdict says nothing
// about: policy row "not-judged".
func (c *Candidate) unjudged() {
	note := func(sentence string) { c.Out.Checks = append(c.Out.Checks, sign.Note("not-judged", sentence)) }
	for _, p := range c.sig.unsignedProperties() {
		switch {
		case p.Is(nsXAdES, "CounterSignature"):
			note("the signature has a counter-signature, which is not judged")
		case p.Is(nsXAdES, propTimestamp), p.Is(ns141, propArchive):
		case strings.Contains(p.Local, "TimeStamp") && !p.Is(ns141, propValidation):
			note(fmt.Sprintf("the signature carries %q, which is not judged", p.Local))
		}
	}
	if props := c.sig.signedSignature(); props != nil && len(props.All(nsXAdES, "SignaturePolicyIdentifier")) > 0 {
		note("the signature names a signature policy, which is not judged")
	}
	if props := c.sig.signed.One(nsXAdES, "SignedDataObjectProperties"); props != nil {
		for _, p := range props.Elements() {
			if strings.Contains(p.Local, "TimeStamp") {
				note(fmt.Sprintf("the signature carries %q, which is not judged", p.Local))
			}
		}
	}
}
