package certs

import (
	"slices"
	"strings"
	"testing"

	"eidgate/certs/internal/pkix"
)

// The table is data that a program trusts: every row is checked here.
func TestPolicyTable(t *testing.T) {
	table, err := parseTable(policyTableJSON)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, g := range table.Generations {
		if len(g.Sources) == 0 || len(g.Country) != 2 {
			t.Errorf("%s has no source or no country", g.Name)
		}
		for _, name := range g.Issuers {
			if !slices.ContainsFunc(table.Authorities, func(a Authority) bool { return a.Name == name }) {
				t.Errorf("%s: issuer %q is not pinned", g.Name, name)
			}
		}
		for _, e := range g.Documents {
			for _, p := range e.Policies {
				if other, dup := seen[p]; dup {
					t.Errorf("policy %s is in %s and %s", p, other, g.Name)
				}
				seen[p] = g.Name
				checkTablePolicy(t, p)
			}
		}
		for _, p := range append(slices.Clone(g.Authentication), g.Signing...) {
			checkTablePolicy(t, p)
		}
	}
	if len(table.byPrint) != len(table.Authorities) {
		t.Error("two authorities have one fingerprint")
	}
}

func checkTablePolicy(t *testing.T, p string) {
	t.Helper()
	if _, err := pkix.ParseOID(strings.TrimSuffix(p, ".*")); err != nil {
		t.Errorf("%q is not an object identifier", p)
	}
	if p == anyPolicy || strings.HasPrefix(p, exampleArc) {
		t.Errorf("%s is in the table", p)
	}
}
