package certs

import (
	"bytes"
	"slices"

	"eidgate/certs/internal/pkix"
)

// issuedFor is RFC 5280 §6.3.3 (b)(1): the list's issuer is the one the
// distribution point names, and the list is then indirect; without a name it
// is the certificate's issuer.
func (c *crlCheck) issuedFor(dp pkix.DistributionPoint, l *pkix.CRL) bool {
	if len(dp.CRLIssuer) == 0 {
		return l.Issuer.Same(c.cert.Issuer)
	}
	named := slices.ContainsFunc(dp.CRLIssuer, func(g pkix.GeneralName) bool {
		return g.Kind == pkix.DirectoryName && l.Issuer.Same(g.Name)
	})
	return named && l.Scope != nil && l.Scope.Indirect
}

// inScope is §6.3.3 (b)(2): the list is about this distribution point and this
// kind of certificate.
func (c *crlCheck) inScope(dp pkix.DistributionPoint, l *pkix.CRL) bool {
	scope := l.Scope
	if scope == nil {
		return true
	}
	switch {
	case scope.OnlyAttribute,
		scope.OnlyUser && c.isAuthority(),
		scope.OnlyCA && !c.isAuthority():
		return false
	}
	ours := pointNames(scope.Point, l.Issuer)
	if len(ours) == 0 {
		return true
	}
	theirs := pointNames(dp, c.relativeTo(dp))
	if len(theirs) == 0 {
		theirs = dp.CRLIssuer
	}
	return slices.ContainsFunc(ours, func(a pkix.GeneralName) bool {
		return slices.ContainsFunc(theirs, func(b pkix.GeneralName) bool { return sameGeneralName(a, b) })
	})
}

func (c *crlCheck) isAuthority() bool { return c.cert.HasBasicConstraints && c.cert.IsCA }

// relativeTo is the name a distribution point's relative name continues
// (§4.2.1.13): its CRL issuer's, else the certificate issuer's.
func (c *crlCheck) relativeTo(dp pkix.DistributionPoint) *pkix.Name {
	for _, g := range dp.CRLIssuer {
		if g.Kind == pkix.DirectoryName {
			return g.Name
		}
	}
	return c.cert.Issuer
}

func pointNames(dp pkix.DistributionPoint, base *pkix.Name) []pkix.GeneralName {
	if dp.Relative != "" {
		return []pkix.GeneralName{{Kind: pkix.DirectoryName, Name: base.Append(dp.Relative)}}
	}
	return dp.FullName
}

func sameGeneralName(a, b pkix.GeneralName) bool {
	if a.Kind != b.Kind {
		return false
	}
	if a.Kind == pkix.DirectoryName {
		return a.Name.Same(b.Name)
	}
	return bytes.Equal(a.Bytes, b.Bytes)
}

// sameScope is §5.2.4's "same scope" of a delta and its base.
func sameScope(a, b *pkix.IssuingDistributionPoint) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.OnlyUser == b.OnlyUser && a.OnlyCA == b.OnlyCA && a.OnlyAttribute == b.OnlyAttribute &&
		a.Indirect == b.Indirect && a.OnlySomeReasons == b.OnlySomeReasons && a.Reasons == b.Reasons &&
		a.Point.Relative == b.Point.Relative &&
		slices.EqualFunc(a.Point.FullName, b.Point.FullName, sameGeneralName)
}
