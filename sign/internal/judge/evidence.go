package judge

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/internal/fault"
)

// Evidence is what a document carries to be judged by.
type Evidence struct {
	Certificates []*x509.Certificate
	OCSP         [][]byte // DER OCSPResponse
	CRLs         [][]byte // DER CertificateList
}

// Merge adds other evidence, each certificate once.
func (e *Evidence) Merge(other Evidence) {
	known := map[[32]byte]bool{}
	for _, c := range e.Certificates {
		known[sha256.Sum256(c.Raw)] = true
	}
	for _, c := range other.Certificates {
		if sum := sha256.Sum256(c.Raw); !known[sum] {
			known[sum] = true
			e.Certificates = append(e.Certificates, c)
		}
	}
	e.OCSP = append(e.OCSP, other.OCSP...)
	e.CRLs = append(e.CRLs, other.CRLs...)
}

// holds tells whether the certificate is among the evidence.
func (e *Evidence) holds(cert *x509.Certificate) bool {
	for _, c := range e.Certificates {
		if c.Equal(cert) {
			return true
		}
	}
	return false
}

// answer is a verified status and where it came from.
type answer struct {
	status     *certs.RevocationStatus
	inDocument bool
}

type question struct {
	certificate [32]byte
	at          time.Time
}

// sources answers from the document first and online second, and remembers
// what it answered: the verdict rests on it.
type sources struct {
	atHand  inOrder
	online  certs.Revocation
	answers map[question]answer
}

// newSources reads the evidence: OCSP responses first, then revocation lists. A
// responder that must itself be checked is looked up among both, once.
func newSources(store *certs.Store, e *Evidence, online certs.Revocation) *sources {
	s := &sources{online: online, answers: map[question]answer{}}
	var lists []certs.Revocation
	if len(e.CRLs) > 0 {
		if l, err := certs.NewRevocationLists(store, e.CRLs, e.Certificates...); err == nil {
			lists = append(lists, l)
		}
	}
	if len(e.OCSP) > 0 {
		responders := append(inOrder{&ocsp.Responses{DER: e.OCSP, Store: store}}, lists...)
		s.atHand = append(s.atHand, &ocsp.Responses{DER: e.OCSP, Responder: responders, Store: store})
	}
	s.atHand = append(s.atHand, lists...)
	return s
}

// inOrder asks every source: "revoked" from any of them wins, else the first
// answer counts.
type inOrder []certs.Revocation

// Status implements certs.Revocation.
func (all inOrder) Status(ctx context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	var first *certs.RevocationStatus
	var refusal error
	for _, source := range all {
		status, err := source.Status(ctx, q)
		switch {
		case err != nil:
			refusal = clearer(refusal, err)
		case status.Revoked:
			return status, nil
		case first == nil:
			first = status
		}
	}
	if first != nil {
		return first, nil
	}
	return nil, refusal
}

var _ certs.Revocation = (*sources)(nil)

// Status implements certs.Revocation.
func (s *sources) Status(ctx context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	key := question{sha256.Sum256(q.Certificate.Raw), q.At}
	if known, ok := s.answers[key]; ok {
		return known.status, nil
	}
	status, refusal := s.atHand.Status(ctx, q)
	if status != nil {
		s.answers[key] = answer{status, true}
		return status, nil
	}
	if s.online != nil {
		status, err := s.online.Status(ctx, q)
		if err == nil {
			s.answers[key] = answer{status, false}
			return status, nil
		}
		refusal = clearer(refusal, err)
	}
	if refusal == nil {
		refusal = certs.Missing("revocation.missing", q.Certificate,
			"the document carries no revocation answer about this certificate and none was asked for").
			WithHint("Check the document while connected, or ask the signer for one at level LT.")
	}
	return nil, refusal
}

// clearer keeps the refusal that tells more: a bad answer over a missing one.
func clearer(old, err error) error {
	var r *certs.Refusal
	if old == nil || fault.CodeOf(old) == "ocsp.no-answer" || (errors.As(err, &r) && !r.Indeterminate) {
		return err
	}
	return old
}

// about returns what was answered about a certificate at a time.
func (s *sources) about(cert *x509.Certificate, at time.Time) (answer, bool) {
	a, ok := s.answers[question{sha256.Sum256(cert.Raw), at}]
	return a, ok
}
