package sign

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"eidgate/certs"
)

// Report is the verdict on one document. It is data: the command, the API and
// the pages show the same report. It marshals to JSON; personal codes in it are
// written out, because telling who signed is its purpose.
type Report struct {
	Document Document `json:"document"`
	// Verdict is the worst of the signatures', or NOT-SIGNED.
	Verdict
	// Signatures in the order they were made.
	Signatures []*Signature `json:"signatures"`
	// Checks about the document as a whole.
	Checks []Check `json:"checks,omitempty"`
	// CheckedAt is the verifier's clock; without proof of an earlier time the
	// verdict is about this moment.
	CheckedAt time.Time `json:"checkedAt"`
	// Domain is the trust domain of the anchors used: a verdict of the test
	// domain says nothing about the real world.
	Domain certs.Domain `json:"trustDomain"`
	// Policy is [PolicyVersion].
	Policy string `json:"policy"`
}

// Document is what was judged.
type Document struct {
	Name   string `json:"name,omitempty"` // file name, when there is one
	Type   string `json:"type"`           // "PDF", "ASiC-E"
	Size   int64  `json:"size"`           // bytes
	SHA256 string `json:"sha256,omitempty"`
}

// Kind tells a person's signature from an authority's time-stamp over the
// document.
type Kind string

// The kinds.
const (
	KindSignature Kind = "signature"
	KindTimestamp Kind = "document-timestamp"
)

// Signature is the verdict on one signature.
type Signature struct {
	// ID is the name of the field or file it stands in.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Format is the profile: "PAdES", "CAdES", "adbe.pkcs7.detached".
	Format string `json:"format"`
	// Level is what the evidence in the document reaches, whatever is written
	// on it; none for formats without baseline levels.
	Level Level `json:"level"`
	Verdict
	// Code of the check that decided against the signature; empty when valid.
	Code string `json:"code,omitempty"`
	// Sentence says why in a few words.
	Sentence string `json:"sentence"`

	Signer *Signer `json:"signer,omitempty"`
	// Seal is the certificate of a signer that is no person: an organisation's.
	Seal        *Certificate `json:"seal,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"`
	// Claimed is what the signer says and nothing proves.
	Claimed Claims `json:"claimed"`
	// Proven is the earliest time at which the signature provably existed; zero
	// when nothing proves it.
	Proven time.Time `json:"proven,omitzero"`
	// Anchor is the trust anchor the path led to; nil when it led to none.
	Anchor     *Certificate `json:"anchor,omitempty"`
	Timestamps []Timestamp  `json:"timestamps,omitempty"`
	Evidence   []Evidence   `json:"revocation,omitempty"`
	Coverage   Coverage     `json:"coverage"`
	Checks     []Check      `json:"checks"`
	// Material is what all this was read from.
	Material Material `json:"-"`
}

// Signer is the person a verified certificate names.
type Signer struct {
	certs.Person
	// Document is the kind of card by the verified issuer.
	Document certs.DocumentKind
}

// MarshalJSON writes the person out, the personal code too.
func (s Signer) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Surname    string             `json:"surname"`
		GivenName  string             `json:"givenName"`
		Identifier string             `json:"identifier"`
		Country    string             `json:"country"`
		Document   certs.DocumentKind `json:"document"`
		Policies   []string           `json:"policies,omitempty"`
	}{s.Surname, s.GivenName, s.Identifier.Reveal(), s.Country, s.Document, s.Policies})
}

// Claims are what a signer says about the signature.
type Claims struct {
	Time     time.Time `json:"time,omitzero"`
	Name     string    `json:"name,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Location string    `json:"location,omitempty"`
	Roles    []string  `json:"roles,omitempty"`
	// Commitments are the kinds of commitment the signature is said to make, as
	// URIs: a proof of receipt is no approval (EN 319 132-1 §5.2.3).
	Commitments []string `json:"commitments,omitempty"`
}

// Certificate is a certificate named in a report. Subject is empty for persons:
// [Signer] names them.
type Certificate struct {
	Subject   string    `json:"subject,omitempty"`
	Issuer    string    `json:"issuer,omitempty"`
	Serial    string    `json:"serial"`
	SHA256    string    `json:"sha256"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
}

// PersonalCertificate describes a person's certificate without naming its
// subject.
func PersonalCertificate(cert *x509.Certificate) *Certificate {
	return &Certificate{
		Issuer: cert.Issuer.CommonName, Serial: hex.EncodeToString(cert.SerialNumber.Bytes()), SHA256: fingerprint(cert),
		NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(),
	}
}

// AuthorityCertificate describes a certificate of an authority or a service.
func AuthorityCertificate(cert *x509.Certificate) *Certificate {
	c := PersonalCertificate(cert)
	c.Subject = cert.Subject.CommonName
	return c
}

func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

// Timestamp is a time-stamp over a signature or a document.
type Timestamp struct {
	Kind string `json:"kind"` // "signature-time-stamp", "document-time-stamp"
	Verdict
	Code      string       `json:"code,omitempty"`
	Sentence  string       `json:"sentence"`
	Time      time.Time    `json:"time,omitzero"`
	Authority *Certificate `json:"authority,omitempty"`
	Anchor    *Certificate `json:"anchor,omitempty"`

	// Token is the RFC 3161 token, and Path the authority's certificate first and
	// the anchor last, when the token holds.
	Token []byte              `json:"-"`
	Path  []*x509.Certificate `json:"-"`
}

// Evidence is a revocation answer the verdict rests on.
type Evidence struct {
	About      string    `json:"about"`  // "signer", "authority", "time-stamp authority"
	Source     string    `json:"source"` // "ocsp", "crl", "nocheck"
	InDocument bool      `json:"inDocument"`
	ProducedAt time.Time `json:"producedAt,omitzero"`
	// RevokedAt is set when the answer says so.
	RevokedAt time.Time `json:"revokedAt,omitzero"`

	// DER is the answer itself, about Certificate; nil for "nocheck".
	DER         []byte            `json:"-"`
	Certificate *x509.Certificate `json:"-"`
}

// Coverage is which part of the document the signature is about.
type Coverage struct {
	// Whole says that every byte but the signature value itself is signed.
	Whole bool `json:"whole"`
	// Bytes is how many bytes are signed.
	Bytes int64 `json:"bytes"`
	// Revision and Revisions say that the signature is about the first Revision
	// states of the document out of Revisions.
	Revision  int `json:"revision"`
	Revisions int `json:"revisions"`
	// Files are the signed files of a container, and NotCovered those in it that
	// this signature says nothing about.
	Files      []string `json:"files,omitempty"`
	NotCovered []string `json:"notCovered,omitempty"`
	// Later lists what was added after the signature.
	Later []Change `json:"later,omitempty"`
}

// Change is one later change that a written rule allows or none does.
type Change struct {
	Revision int    `json:"revision"`
	Rule     string `json:"rule,omitempty"`  // the rule that allows it
	Code     string `json:"code,omitempty"`  // the refusal, when none does
	Field    string `json:"field,omitempty"` // the form field it is about
	Sentence string `json:"sentence"`
}

// MarshalJSON writes the report so that no text from the document can steer a
// terminal it is printed on: JSON escapes C0 alone.
func (r *Report) MarshalJSON() ([]byte, error) {
	type bare Report
	data, err := json.Marshal((*bare)(r))
	if err != nil || !bytes.ContainsFunc(data, steers) {
		return data, err
	}
	var out []byte
	for _, c := range string(data) { // outside strings there is ASCII alone
		if !steers(c) {
			out = utf8.AppendRune(out, c)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, c) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out, nil
}

// Valid tells whether there is a signature and every one is TOTAL-PASSED.
func (r *Report) Valid() bool {
	return r.Indication == TotalPassed && len(r.Signatures) > 0
}

// Conclude sets the report's verdict from its signatures' and checks'.
func (r *Report) Conclude() {
	r.Verdict = Verdict{Indication: TotalPassed}
	if len(r.Signatures) == 0 {
		r.Indication = NotSigned
	}
	for _, s := range r.Signatures {
		if s.worse(r.Verdict) {
			r.Verdict = s.Verdict
		}
	}
}
