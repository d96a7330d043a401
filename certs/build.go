package certs

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
)

// Limits on the search for a path. Real paths have three certificates; the
// limits stop a set of certificates made to be slow.
const (
	maxPathLength = 12
	maxSignatures = 64 // signatures verified in one search
	maxPaths      = 16 // complete paths judged in one search
)

// search looks for a path from a certificate to an anchor, depth first, names
// and signatures checked at every step.
type search struct {
	ctx     context.Context
	anchors []*node
	pool    []*node
	floor   strength
	issued  *issued // what is known of the anchors' signatures
	// visit judges a complete path, the certificate first and the anchor
	// last; nil ends the search.
	visit func([]*node) error

	budget  *int // signatures that may still be verified; nil: maxSignatures
	checked map[[2]*node]error
	paths   int

	refusal error // the most telling refusal so far
	rank    int
}

// Ranks of refusals: one about a complete path tells more than one about a
// signature, which tells more than finding nothing.
const (
	rankNothing = iota
	rankSignature
	rankPath
	rankFinal // no use in looking further
)

// find runs the search. It returns nil when visit accepted a path.
func (s *search) find(leaf *node) error {
	s.checked = map[[2]*node]error{}
	if s.budget == nil {
		budget := maxSignatures
		s.budget = &budget
	}
	s.refusal = Missing("path.no-anchor", leaf.x, "no path leads from the certificate to a trusted authority").
		WithHint("If the issuer should be trusted, add its certificate to the trust folder.")
	if s.extend([]*node{leaf}) {
		return nil
	}
	return s.refusal
}

// extend tries every way to lengthen a path; true means one was accepted.
func (s *search) extend(path []*node) bool {
	last := path[len(path)-1]
	if s.isAnchor(last) {
		return s.complete(path)
	}
	if len(path) == maxPathLength {
		s.note(rankSignature, Refuse("path.too-long", path[0].x, "the path has more than %d certificates", maxPathLength))
		return false
	}
	for _, issuer := range s.issuersOf(last) {
		if s.rank == rankFinal {
			return false
		}
		if slices.ContainsFunc(path, issuer.sameEntity) {
			continue
		}
		if err := s.checkIssued(last, issuer); err != nil {
			s.note(rankSignature, err)
			continue
		}
		if s.extend(append(path[:len(path):len(path)], issuer)) {
			return true
		}
	}
	return false
}

func (s *search) complete(path []*node) bool {
	if s.paths++; s.paths > maxPaths {
		s.note(rankFinal, tooComplex(path[0].x))
		return false
	}
	err := s.visit(path)
	if err != nil {
		s.note(rankPath, err)
	}
	if ctxErr := s.ctx.Err(); err != nil && ctxErr != nil {
		s.rank = rankFinal
	}
	return err == nil
}

func (s *search) note(rank int, err error) {
	if rank > s.rank {
		s.rank, s.refusal = rank, err
	}
}

func (s *search) isAnchor(n *node) bool { return slices.ContainsFunc(s.anchors, n.same) }

// issuersOf gives the certificates whose subject is the issuer's name, the
// likely ones first: those with the key the certificate says signed it, and
// anchors before others.
func (s *search) issuersOf(child *node) []*node {
	var out []*node
	for _, list := range [][]*node{s.anchors, s.pool} {
		for _, n := range list {
			if n.Subject.Same(child.Issuer) && !slices.ContainsFunc(out, n.same) {
				out = append(out, n)
			}
		}
	}
	unlikely := func(n *node) int {
		if len(child.AuthorityKeyID) > 0 && len(n.SubjectKeyID) > 0 && !bytes.Equal(child.AuthorityKeyID, n.SubjectKeyID) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b *node) int { return unlikely(a) - unlikely(b) })
	return out
}

// verifyIssued verifies the signature of issuer on child, or remembers that it
// holds when issuer is an anchor.
func (s *search) verifyIssued(child, issuer *node) error {
	byAnchor := slices.Contains(s.anchors, issuer)
	if byAnchor && s.issued.has(child.x, issuer.x) {
		_, err := s.floor.checkAlgorithm(child.Algorithm, issuer, child.x)
		return err
	}
	err := s.floor.checkSigned(child.Algorithm, child.RawTBS, child.Signature, issuer, child.x)
	if err == nil && byAnchor {
		s.issued.add(child.x, issuer.x)
	}
	return err
}

// checkIssued verifies the signature of issuer on child, once per pair.
func (s *search) checkIssued(child, issuer *node) error {
	pair := [2]*node{child, issuer}
	if err, done := s.checked[pair]; done {
		return err
	}
	if *s.budget--; *s.budget < 0 {
		err := tooComplex(child.x)
		s.note(rankFinal, err)
		return err
	}
	err := s.verifyIssued(child, issuer)
	s.checked[pair] = err
	return err
}

func tooComplex(cert *x509.Certificate) error {
	return Refuse("path.too-complex", cert, "looking for a path took too many steps")
}
