package certs

import (
	"slices"

	"eidgate/certs/internal/pkix"
)

// policyGraph is the valid policy graph of RFC 9618 (which replaces RFC 5280's
// tree: a tree may grow exponentially, the graph holds at most one node per
// policy and depth).
type policyGraph struct {
	levels [][]*policyNode // nil: NULL
}

type policyNode struct {
	policy   pkix.OID
	expected []pkix.OID
	parents  []*policyNode
}

func newPolicyGraph() *policyGraph {
	root := &policyNode{policy: pkix.AnyPolicy, expected: []pkix.OID{pkix.AnyPolicy}}
	return &policyGraph{levels: [][]*policyNode{{root}}}
}

func (g *policyGraph) null() bool { return g.levels == nil }

// process is RFC 5280 §6.1.3 (d) and (e) as RFC 9618 §5.2 words them.
func (g *policyGraph) process(c *node, depth int, anyAllowed bool) {
	if g.null() {
		return
	}
	if !c.HasPolicies {
		g.levels = nil
		return
	}
	above := g.levels[depth-1]
	var level []*policyNode
	for _, p := range c.Policies {
		if p == pkix.AnyPolicy {
			continue
		}
		parents := expecting(above, p)
		if len(parents) == 0 {
			parents = named(above, pkix.AnyPolicy)
		}
		if len(parents) > 0 {
			level = append(level, &policyNode{p, []pkix.OID{p}, parents})
		}
	}
	if anyAllowed && slices.Contains(c.Policies, pkix.AnyPolicy) {
		level = append(level, inherited(above, level)...)
	}
	g.levels = append(g.levels[:depth], level)
	g.prune()
}

// inherited gives a node for every policy that the level above expects and
// this level does not name.
func inherited(above, level []*policyNode) []*policyNode {
	var out []*policyNode
	for _, up := range above {
		for _, p := range up.expected {
			if len(named(level, p)) == 0 && len(named(out, p)) == 0 {
				out = append(out, &policyNode{p, []pkix.OID{p}, expecting(above, p)})
			}
		}
	}
	return out
}

// mapPolicies is §6.1.4 (b).
func (g *policyGraph) mapPolicies(c *node, depth int, allowed bool) {
	if g.null() || len(c.Mappings) == 0 {
		return
	}
	mapped := map[pkix.OID][]pkix.OID{}
	var order []pkix.OID
	for _, m := range c.Mappings {
		if _, seen := mapped[m.Issuer]; !seen {
			order = append(order, m.Issuer)
		}
		if !slices.Contains(mapped[m.Issuer], m.Subject) {
			mapped[m.Issuer] = append(mapped[m.Issuer], m.Subject)
		}
	}
	level := g.levels[depth]
	for _, from := range order {
		nodes := named(level, from)
		switch {
		case !allowed:
			level = slices.DeleteFunc(level, func(n *policyNode) bool { return n.policy == from })
		case len(nodes) > 0:
			nodes[0].expected = mapped[from]
		default:
			if wild := named(level, pkix.AnyPolicy); len(wild) > 0 {
				level = append(level, &policyNode{from, mapped[from], named(g.levels[depth-1], pkix.AnyPolicy)})
			}
		}
	}
	g.levels[depth] = level
	g.prune()
}

// prune deletes nodes that lead nowhere; without a bottom level nothing is
// left.
func (g *policyGraph) prune() {
	for d := len(g.levels) - 1; d > 0; d-- {
		used := map[*policyNode]bool{}
		for _, n := range g.levels[d] {
			for _, p := range n.parents {
				used[p] = true
			}
		}
		g.levels[d-1] = slices.DeleteFunc(g.levels[d-1], func(n *policyNode) bool { return !used[n] })
	}
	if len(g.levels[len(g.levels)-1]) == 0 {
		g.levels = nil
	}
}

// validPolicies is the authority-constrained-policy-set (RFC 9618 §5.4): the
// policies in terms of the first authority, and any policy when the path ends
// in it.
func (g *policyGraph) validPolicies(depth int) []pkix.OID {
	if g.null() {
		return nil
	}
	var out []pkix.OID
	for _, level := range g.levels[1:] {
		for _, n := range level {
			if n.policy != pkix.AnyPolicy && len(named(n.parents, pkix.AnyPolicy)) > 0 && !slices.Contains(out, n.policy) {
				out = append(out, n.policy)
			}
		}
	}
	if len(named(g.levels[depth], pkix.AnyPolicy)) > 0 {
		out = append(out, pkix.AnyPolicy)
	}
	return out
}

func expecting(level []*policyNode, p pkix.OID) []*policyNode {
	var out []*policyNode
	for _, n := range level {
		if slices.Contains(n.expected, p) {
			out = append(out, n)
		}
	}
	return out
}

func named(level []*policyNode, p pkix.OID) []*policyNode {
	for _, n := range level {
		if n.policy == p {
			return []*policyNode{n}
		}
	}
	return nil
}
