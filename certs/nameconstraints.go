package certs

import (
	"slices"

	"eidgate/certs/internal/pkix"
)

// maxNameChecks bounds names times subtrees over one path.
const maxNameChecks = 1 << 18

// nameConstraints are the permitted and excluded subtrees gathered along a
// path (RFC 5280 §4.2.1.10). Each authority's permitted subtrees must hold:
// keeping them apart is their intersection.
type nameConstraints struct {
	permitted [][]pkix.GeneralName
	excluded  []pkix.GeneralName
	checks    int
}

func (nc *nameConstraints) add(c *node) error {
	for _, list := range [][]pkix.GeneralName{c.Permitted, c.Excluded} {
		for _, base := range list {
			if base.Kind == pkix.IPAddress && len(base.Bytes) != 8 && len(base.Bytes) != 32 {
				return Refuse("certificate.malformed", c.x, "the certificate's name constraints are malformed")
			}
		}
	}
	if len(c.Permitted) > 0 {
		nc.permitted = append(nc.permitted, c.Permitted)
	}
	nc.excluded = append(nc.excluded, c.Excluded...)
	return nil
}

// check holds a certificate's names against the constraints.
func (nc *nameConstraints) check(c *node) error {
	if len(nc.permitted) == 0 && len(nc.excluded) == 0 {
		return nil
	}
	for _, name := range namesOf(c) {
		for _, base := range nc.excluded {
			if err := nc.count(c); err != nil {
				return err
			}
			if base.Kind == name.Kind && excludes(name, base) {
				return constraintRefusal(c, "excluded")
			}
		}
		for _, set := range nc.permitted {
			if err := nc.checkPermitted(c, name, set); err != nil {
				return err
			}
		}
	}
	return nil
}

func (nc *nameConstraints) checkPermitted(c *node, name pkix.GeneralName, set []pkix.GeneralName) error {
	constrained := false
	for _, base := range set {
		if err := nc.count(c); err != nil {
			return err
		}
		if base.Kind != name.Kind {
			continue
		}
		if constrained = true; permits(name, base) {
			return nil
		}
	}
	if constrained {
		return constraintRefusal(c, "not permitted")
	}
	return nil
}

func (nc *nameConstraints) count(c *node) error {
	if nc.checks++; nc.checks > maxNameChecks {
		return tooComplex(c.x)
	}
	return nil
}

func constraintRefusal(c *node, how string) error {
	return Refuse("path.name-constraints", c.x, "the certificate's name is %s by an authority on its path", how)
}

// namesOf gives every name constraints apply to: the subject, mailboxes in it
// and the alternative names.
func namesOf(c *node) []pkix.GeneralName {
	out := slices.Clone(c.SubjectAltNames)
	if !c.Subject.Empty() {
		out = append(out, pkix.GeneralName{Kind: pkix.DirectoryName, Name: c.Subject})
	}
	for _, mail := range c.Subject.Emails {
		out = append(out, pkix.GeneralName{Kind: pkix.Mailbox, Bytes: []byte(mail)})
	}
	return out
}
