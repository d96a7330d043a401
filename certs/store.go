package certs

import (
	"crypto/x509"
	"slices"
	"strings"
)

// Store holds the trust anchors of one domain. An anchor is believed because
// it is here: it may be a root, an intermediate, or (from a trusted list) the
// very certificate of a service. A Store is immutable and safe for concurrent
// use; it remembers which signatures of its anchors it has seen verified.
type Store struct {
	domain   Domain
	anchors  []*x509.Certificate
	nodes    []*node     // parallel to anchors
	purposes [][]Purpose // parallel to anchors; nil is every purpose
	issued   *issued
}

// Anchor is a certificate that is believed, for some purposes or for all.
type Anchor struct {
	Certificate *x509.Certificate
	// Purposes are those of paths that may end here; nil allows every one. A
	// time-stamp authority of a trusted list issues no signers.
	Purposes []Purpose
}

// NewStore makes a store whose anchors are believed for every purpose. It
// refuses no anchors ("trust.no-anchors"), a certificate known to belong to the
// other domain ("trust.mixed-domains") and a domain that is none
// ("trust.bad-domain").
func NewStore(domain Domain, anchors ...*x509.Certificate) (*Store, error) {
	list := make([]Anchor, len(anchors))
	for i, a := range anchors {
		list[i].Certificate = a
	}
	return NewStoreOf(domain, list)
}

// NewStoreOf makes a store of anchors with their purposes, as NewStore does. An
// anchor given twice is believed for the purposes of both.
func NewStoreOf(domain Domain, anchors []Anchor) (*Store, error) {
	if policies().Version == "" {
		return nil, Refuse("trust.no-table", nil, "the policy table is unreadable")
	}
	if domain != Production && domain != Test {
		return nil, Refuse("trust.bad-domain", nil, "a trust store belongs to production or test")
	}
	s := &Store{domain: domain, issued: &issued{}}
	for _, a := range anchors {
		if err := s.add(a); err != nil {
			return nil, err
		}
	}
	if len(s.anchors) == 0 {
		return nil, Refuse("trust.no-anchors", nil, "the trust store has no anchors").
			WithHint("Put the certificates of the authorities to trust into the trust folder.")
	}
	return s, nil
}

func (s *Store) add(a Anchor) error {
	if a.Certificate == nil {
		return Refuse("trust.unreadable", nil, "a trust anchor is missing")
	}
	if err := checkDomain(s.domain, a.Certificate, false); err != nil {
		return err
	}
	if i := slices.IndexFunc(s.anchors, a.Certificate.Equal); i >= 0 {
		if s.purposes[i] == nil || a.Purposes == nil {
			s.purposes[i] = nil
		} else {
			s.purposes[i] = slices.Concat(s.purposes[i], a.Purposes)
		}
		return nil
	}
	n, err := newNode(a.Certificate)
	if err != nil {
		return Refuse("trust.unreadable", a.Certificate, "a trust anchor is unusable: %w", err)
	}
	s.anchors, s.nodes = append(s.anchors, a.Certificate), append(s.nodes, n)
	s.purposes = append(s.purposes, slices.Clone(a.Purposes))
	return nil
}

// nodesFor are the anchors that a path for the purpose may end at.
func (s *Store) nodesFor(p Purpose) []*node {
	var nodes []*node
	for i, n := range s.nodes {
		if s.purposes[i] == nil || slices.Contains(s.purposes[i], p) {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// Domain tells which trust domain the store belongs to.
func (s *Store) Domain() Domain { return s.domain }

// Anchors gives the anchors, in the order they were added.
func (s *Store) Anchors() []*x509.Certificate { return slices.Clone(s.anchors) }

// checkDomain refuses a certificate that belongs to the other domain. The
// policy table knows authorities by fingerprint. Beside it, the Estonian
// providers start the name of every test authority and service with "TEST of",
// "Test" or "DEMO": a production store refuses such names, but asks it of
// nobody's card, whose holder may be called so.
func checkDomain(domain Domain, cert *x509.Certificate, holder bool) error {
	const advice = "Keep production and test certificates in separate trust folders."
	if a := policies().authorityOf(cert); a != nil && a.Domain != domain {
		return Refuse("trust.mixed-domains", cert, "%s is a %s authority and cannot be trusted in a %s store", a.Name, a.Domain, domain).
			WithHint(advice)
	}
	if domain == Production && !holder && testName(cert.Subject.CommonName) {
		return Refuse("trust.mixed-domains", cert, "a certificate named as a test authority's cannot be trusted in a production store").
			WithHint(advice)
	}
	return nil
}

func testName(cn string) bool {
	word, _, _ := strings.Cut(strings.ToUpper(cn), " ")
	return word == "TEST" || word == "DEMO"
}
