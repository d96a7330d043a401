package certs

import (
	"slices"
	"time"

	"eidgate/certs/internal/pkix"
)

// usable checks that a list may be used at all: its critical extensions, its
// dates, its signature and its signer. It returns the signer.
func (c *crlCheck) usable(l *pkix.CRL) (*node, error) {
	u, done := c.judged[l]
	if !done {
		u.signer, u.err = c.judge(l)
		c.judged[l] = u
	}
	return u.signer, u.err
}

func (c *crlCheck) judge(l *pkix.CRL) (*node, error) {
	if len(l.UnknownCritical) > 0 {
		return nil, Missing("crl.critical-extension", c.cert.x, "the revocation list has critical extension %v, which is not understood", l.UnknownCritical[0])
	}
	if err := c.checkDates(l); err != nil {
		return nil, err
	}
	return c.signerOf(l)
}

// checkDates demands that the list speaks about the time asked about: made not
// in the future, its next update not before that time, and made while the
// certificate was valid, since lists drop certificates that have expired
// (X.509 §9.5.2.8 tells those that do not).
func (c *crlCheck) checkDates(l *pkix.CRL) error {
	switch {
	case l.NextUpdate.IsZero():
		return Missing("crl.no-next-update", c.cert.x, "the revocation list does not say when it ends")
	case l.ThisUpdate.After(c.q.Now.Add(maxClockSkew)) || l.NextUpdate.Before(l.ThisUpdate):
		return Missing("crl.not-yet-valid", c.cert.x, "the revocation list is from the future (%s)", l.ThisUpdate.UTC().Format(time.DateTime))
	case l.NextUpdate.Before(c.q.At):
		return Missing("crl.expired", c.cert.x, "the revocation list ended on %s", l.NextUpdate.UTC().Format(time.DateTime))
	case l.ThisUpdate.After(c.cert.NotAfter) && (l.ExpiredSince.IsZero() || l.ExpiredSince.After(c.cert.NotAfter)):
		return Missing("crl.after-expiry", c.cert.x, "the revocation list was made after the certificate expired and need not name it")
	}
	return nil
}

// signerOf finds the certificate that signed the list, by its issuer's name:
// the path's own issuer, or another with a path to the same anchor (a separate
// key for lists, an older or newer key, an indirect list's issuer).
func (c *crlCheck) signerOf(l *pkix.CRL) (*node, error) {
	err := Missing("crl.signer", c.cert.x, "no certificate of the revocation list's issuer is at hand")
	var refusal error = err
	for _, candidate := range c.candidates(l) {
		if err := c.checkListSignature(l, candidate); err != nil {
			refusal = err
			continue
		}
		if err := c.mayList(l, candidate); err != nil {
			return nil, err
		}
		return candidate, nil
	}
	return nil, refusal
}

func (c *crlCheck) candidates(l *pkix.CRL) []*node {
	var out []*node
	for _, n := range append(c.pool[:len(c.pool):len(c.pool)], c.anchor) {
		if n != nil && n.Subject.Same(l.Issuer) && !slices.ContainsFunc(out, n.same) {
			out = append(out, n)
		}
	}
	return out
}

func (c *crlCheck) floor() strength { return strength{historic: c.q.At.Before(c.HistoricUntil)} }

func (c *crlCheck) checkListSignature(l *pkix.CRL, signer *node) error {
	floor := c.floor()
	key := listSignature{l, string(signer.RawKey), floor}
	c.mu.Lock()
	err, done := c.verified[key]
	c.mu.Unlock()
	if done {
		return err
	}
	if *c.budget--; *c.budget < 0 {
		return Refuse("crl.too-complex", c.cert.x, "the revocation lists at hand take too many steps to check")
	}
	if err = floor.checkSigned(l.Algorithm, l.RawTBS, l.Signature, signer, c.cert.x); err != nil {
		err = Missing("crl.signature", c.cert.x, "the revocation list's signature does not hold: %w", err)
	}
	c.mu.Lock()
	c.verified[key] = err
	c.mu.Unlock()
	return err
}

// mayList is §6.3.3 (f): the signer may sign lists and its own path leads to
// the same anchor. The path's issuer and the anchor have been checked already.
func (c *crlCheck) mayList(l *pkix.CRL, signer *node) error {
	if signer.HasKeyUsage && signer.KeyUsage&pkix.CRLSign == 0 {
		return Missing("crl.key-usage", signer.x, "the revocation list was signed by a key that may not sign lists")
	}
	if signer.same(c.issuer) || c.anchor != nil && signer.same(c.anchor) {
		return nil
	}
	if c.nesting > 0 && signer.same(c.cert) && namesItself(signer) {
		return nil
	}
	if c.nesting >= maxListNesting {
		return Missing("crl.too-nested", signer.x, "the signers of revocation lists depend on each other too deeply")
	}
	return c.verifySigner(l, signer)
}

// namesItself says that an authority has put a list signer in charge of its
// own revocation: the certificate's distribution point names the certificate's
// own subject as CRL issuer. The signer's word about itself then counts, as
// its issuer wanted (PKITS 4.14.30); nothing else could speak of it.
func namesItself(signer *node) bool {
	return slices.ContainsFunc(signer.DistributionPoints, func(dp pkix.DistributionPoint) bool {
		return slices.ContainsFunc(dp.CRLIssuer, func(g pkix.GeneralName) bool {
			return g.Kind == pkix.DirectoryName && g.Name.Same(signer.Subject)
		})
	})
}

func (c *crlCheck) verifySigner(l *pkix.CRL, signer *node) error {
	anchors := c.store.nodes
	if c.anchor != nil {
		anchors = []*node{c.anchor}
	}
	at := c.q.At
	if l.ThisUpdate.After(at) {
		at = l.ThisUpdate
	}
	s := &search{ctx: c.ctx, anchors: anchors, pool: c.pool, floor: c.floor(), budget: c.budget}
	s.visit = func(path []*node) error {
		if _, err := validate(path, &initial{at: at}); err != nil {
			return err
		}
		return c.checkSignerStatus(path)
	}
	if err := s.find(signer); err != nil {
		return Missing("crl.signer", signer.x, "the revocation list's signer is not trusted: %w", err)
	}
	return nil
}

// checkSignerStatus asks about the signer's path, from the anchor down, with
// the same lists.
func (c *crlCheck) checkSignerStatus(path []*node) error {
	for i := len(path) - 2; i >= 0; i-- {
		q := c.q
		q.Certificate, q.Issuer, q.Anchor = path[i].x, path[i+1].x, path[len(path)-1].x
		status, err := c.status(c.ctx, q, c.nesting+1, c.budget)
		if err != nil {
			return err
		}
		if err := judgeStatus(status, q); err != nil {
			return err
		}
	}
	return nil
}
