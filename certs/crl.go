package certs

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"time"

	"eidgate/certs/internal/pkix"
)

// maxLists bounds the revocation lists at hand for one verification.
const maxLists = 1024

// RevocationLists answers from certificate revocation lists at hand, by RFC
// 5280 §6.3: scope (issuing distribution points, some reasons, indirect lists,
// partitions), delta lists, separate and rolled-over list keys. It implements
// [Revocation] and is safe for concurrent use.
type RevocationLists struct {
	// HistoricUntil is [Verifier.HistoricUntil] for the lists' own signatures.
	// Set it before first use.
	HistoricUntil time.Time

	store   *Store
	lists   []*pkix.CRL
	signers []*node
	unread  error // why a list could not be read, for when nothing else is found

	mu sync.Mutex
	// verified remembers signatures, mu guards it.
	verified map[listSignature]error
}

type listSignature struct {
	list   *pkix.CRL
	signer string // public key
	floor  strength
}

var _ Revocation = (*RevocationLists)(nil)

// NewRevocationLists takes DER lists, and certificates that may have signed
// them beside those of the paths asked about. A list that cannot be read is
// left out; the refusal "crl.malformed" tells of it when no other list
// answers.
func NewRevocationLists(store *Store, lists [][]byte, signers ...*x509.Certificate) (*RevocationLists, error) {
	if store == nil {
		return nil, Missing("trust.no-anchors", nil, "no trust store is set")
	}
	if len(lists) > maxLists {
		return nil, Refuse("crl.too-many", nil, "more than %d revocation lists are offered", maxLists)
	}
	if len(signers) > maxLists {
		return nil, Refuse("crl.too-many", nil, "more than %d signers of revocation lists are offered", maxLists)
	}
	r := &RevocationLists{store: store, signers: readable(signers), verified: map[listSignature]error{}}
	for _, der := range lists {
		l, err := pkix.ParseCRL(der)
		if err != nil {
			r.unread = errors.Join(r.unread, err)
			continue
		}
		r.lists = append(r.lists, l)
	}
	return r, nil
}

// Status answers about one certificate. A refusal is indeterminate: no list
// at hand proves anything about the certificate.
func (r *RevocationLists) Status(ctx context.Context, q RevocationQuery) (*RevocationStatus, error) {
	budget := maxListSignatures
	return r.status(ctx, q, 0, &budget)
}

// Limits of one question: how far the signers of lists are themselves looked
// up, and how many signatures are verified in all.
const (
	maxListNesting    = 4
	maxListSignatures = 512
)

func (r *RevocationLists) status(ctx context.Context, q RevocationQuery, nesting int, budget *int) (*RevocationStatus, error) {
	cert, err := newNode(q.Certificate)
	if err != nil {
		return nil, err
	}
	issuer, err := newNode(q.Issuer)
	if err != nil {
		return nil, err
	}
	c := &crlCheck{
		RevocationLists: r, ctx: ctx, q: q, cert: cert, issuer: issuer, nesting: nesting, budget: budget,
		judged: map[*pkix.CRL]usability{},
	}
	c.pool = append(append([]*node{issuer}, r.signers...), readable(q.Intermediates)...)
	if anchor, err := newNode(q.Anchor); err == nil {
		c.anchor = anchor
	}
	return c.run()
}

// crlCheck is one run of §6.3.3 over one certificate.
type crlCheck struct {
	*RevocationLists
	ctx     context.Context
	q       RevocationQuery
	cert    *node
	issuer  *node
	anchor  *node   // nil when the query names none
	pool    []*node // certificates that may have signed lists, the issuer first
	nesting int
	budget  *int // signatures that may still be verified
	judged  map[*pkix.CRL]usability

	covered pkix.Reasons // reasons_mask
	used    []*usedList
	why     error // the first reason a list that seemed to fit was not used
}

// usability is whether a list may be used, and who signed it.
type usability struct {
	signer *node
	err    error
}

// usedList is a list that answered, with the certificate that signed it.
type usedList struct {
	list   *pkix.CRL
	signer *node
}

// run goes through the certificate's distribution points and then the one
// that every certificate has implicitly: its issuer's name. Unlike §6.3.3 it
// does not stop when every reason is covered: a list that says "revoked" wins
// over any that does not, so that no order of lists hides a revocation.
func (c *crlCheck) run() (*RevocationStatus, error) {
	implied := pkix.DistributionPoint{
		Reasons:  pkix.AllReasons,
		FullName: []pkix.GeneralName{{Kind: pkix.DirectoryName, Name: c.cert.Issuer}},
	}
	for _, dp := range append(slices.Clone(c.cert.DistributionPoints), implied) {
		for _, l := range c.lists {
			entry, err := c.consult(dp, l)
			if err != nil && *c.budget < 0 {
				return nil, err
			}
			if err != nil {
				if c.why == nil {
					c.why = err
				}
				continue
			}
			if entry != nil {
				return c.revoked(entry), nil
			}
		}
	}
	if c.covered == pkix.AllReasons {
		return c.answer(), nil
	}
	return nil, c.nothing()
}

func (c *crlCheck) nothing() error {
	switch {
	case c.why != nil:
		return c.why
	case c.covered != 0:
		return Missing("crl.some-reasons", c.cert.x, "the revocation lists at hand cover only some reasons for revocation")
	case c.unread != nil:
		return Missing("crl.malformed", c.cert.x, "reading a revocation list: %w", c.unread)
	default:
		return Missing("revocation.missing", c.cert.x, "no revocation list about the certificate is at hand")
	}
}

// consult uses one complete list for one distribution point. It returns nil
// and nil when the list is about something else, or when it is used and the
// certificate is not on it.
func (c *crlCheck) consult(dp pkix.DistributionPoint, l *pkix.CRL) (*pkix.Entry, error) {
	if l.DeltaBase != nil || !c.issuedFor(dp, l) || !c.inScope(dp, l) {
		return nil, nil
	}
	reasons := dp.Reasons
	if l.Scope != nil {
		reasons &= l.Scope.Reasons
	}
	if slices.ContainsFunc(c.used, func(u *usedList) bool { return u.list == l }) {
		c.covered |= reasons // already looked through for another point
		return nil, nil
	}
	if reasons == 0 {
		return nil, nil
	}
	signer, err := c.usable(l)
	if err != nil || c.outdated(l) {
		return nil, err
	}
	entry, delta, err := c.find(l, signer)
	if err != nil {
		return nil, Missing("crl.malformed", c.cert.x, "reading a revocation list: %w", err)
	}
	c.covered |= reasons
	c.used = append(c.used, &usedList{l, signer})
	if delta != nil {
		c.used = append(c.used, delta)
	}
	return entry, nil
}

// find looks in the newest delta list that continues l, then in l.
func (c *crlCheck) find(l *pkix.CRL, signer *node) (*pkix.Entry, *usedList, error) {
	delta := c.deltaOf(l, signer)
	if delta != nil {
		entry, err := delta.list.Find(c.cert.Issuer, c.cert.Serial)
		if err != nil {
			return nil, nil, err
		}
		if entry != nil && entry.Reason == pkix.RemoveFromCRL {
			return nil, delta, nil
		}
		if entry != nil {
			return entry, delta, nil
		}
	}
	entry, err := l.Find(c.cert.Issuer, c.cert.Serial)
	return entry, delta, err
}

// outdated says that a newer usable list of the same key and scope replaces l.
func (c *crlCheck) outdated(l *pkix.CRL) bool {
	return slices.ContainsFunc(c.lists, func(o *pkix.CRL) bool {
		if o.DeltaBase != nil || !o.ThisUpdate.After(l.ThisUpdate) || !o.Issuer.Same(l.Issuer) ||
			!sameScope(o.Scope, l.Scope) || !bytes.Equal(o.AuthorityKeyID, l.AuthorityKeyID) {
			return false
		}
		_, err := c.usable(o)
		return err == nil
	})
}

// deltaOf finds the newest usable delta list (§5.2.4, §6.3.3 (c)): same
// issuer, scope and key, its base not newer than l and itself newer.
func (c *crlCheck) deltaOf(l *pkix.CRL, signer *node) *usedList {
	var best *usedList
	for _, d := range c.lists {
		if d.DeltaBase == nil || d.Number == nil || l.Number == nil || !d.Issuer.Same(l.Issuer) ||
			!sameScope(d.Scope, l.Scope) || !bytes.Equal(d.AuthorityKeyID, l.AuthorityKeyID) ||
			l.Number.Cmp(d.DeltaBase) < 0 || d.Number.Cmp(l.Number) <= 0 {
			continue
		}
		if best != nil && d.Number.Cmp(best.list.Number) <= 0 {
			continue
		}
		if s, err := c.usable(d); err == nil && bytes.Equal(s.KeyID, signer.KeyID) {
			best = &usedList{d, s}
		}
	}
	return best
}

// revoked takes the earlier of the date of revocation and the date from which
// the key is said to be bad.
func (c *crlCheck) revoked(e *pkix.Entry) *RevocationStatus {
	s := c.answer()
	s.Revoked, s.RevokedAt, s.Reason = true, e.RevokedAt, e.Reason
	if !e.InvalidAt.IsZero() && e.InvalidAt.Before(e.RevokedAt) {
		s.RevokedAt = e.InvalidAt
	}
	return s
}

// answer describes the evidence: the first list, and the others beside it.
func (c *crlCheck) answer() *RevocationStatus {
	first := c.used[0]
	s := &RevocationStatus{
		Source: "crl", ProducedAt: first.list.ThisUpdate, ThisUpdate: first.list.ThisUpdate,
		NextUpdate: first.list.NextUpdate, DER: first.list.Raw, Signer: first.signer.x,
	}
	for _, u := range c.used[1:] {
		s.Also = append(s.Also, u.list.Raw)
		if u.list.NextUpdate.Before(s.NextUpdate) {
			s.NextUpdate = u.list.NextUpdate
		}
	}
	return s
}
