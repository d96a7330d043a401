package certs

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed data/policies.json
var policyTableJSON []byte

// table is the versioned policy table: the authorities known by fingerprint
// with their trust domain, and for each generation of cards the policies a
// certificate must carry and the kind of document they mean.
type table struct {
	Version     string       `json:"version"`
	Authorities []authority  `json:"authorities"`
	Generations []generation `json:"generations"`

	byPrint map[[sha256.Size]byte]*authority
	byName  map[string]*generation
}

type authority struct {
	Name    string `json:"name"`
	SHA256  string `json:"sha256"`
	Domain  Domain `json:"domain"`
	Meaning string `json:"meaning"`
}

type generation struct {
	Name           string          `json:"name"`
	Issuers        []string        `json:"issuers"` // names of authorities
	Authentication []string        `json:"authentication"`
	Signing        []string        `json:"signing"`
	Documents      []documentEntry `json:"documents"`
}

type documentEntry struct {
	Policies []string     `json:"policies"`
	Kind     DocumentKind `json:"kind"`
}

// policies gives the embedded table; a test reads it strictly, so it cannot
// fail to parse in a built program.
var policies = sync.OnceValue(func() *table {
	t, err := parseTable(policyTableJSON)
	if err != nil {
		return &table{}
	}
	return t
})

func parseTable(b []byte) (*table, error) {
	t := &table{byPrint: map[[sha256.Size]byte]*authority{}, byName: map[string]*generation{}}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(t); err != nil {
		return nil, fmt.Errorf("reading the policy table: %w", err)
	}
	for i := range t.Authorities {
		a := &t.Authorities[i]
		var print [sha256.Size]byte
		if n, err := hex.Decode(print[:], []byte(a.SHA256)); err != nil || n != len(print) {
			return nil, fmt.Errorf("reading the policy table: %s has a bad fingerprint", a.Name)
		}
		t.byPrint[print] = a
	}
	for i := range t.Generations {
		for _, name := range t.Generations[i].Issuers {
			t.byName[name] = &t.Generations[i]
		}
	}
	return t, nil
}

// authorityOf finds a certificate among the known authorities; nil when it is
// none of them.
func (t *table) authorityOf(cert *x509.Certificate) *authority {
	return t.byPrint[sha256.Sum256(cert.Raw)]
}

// generationOf finds the generation of cards an issuer belongs to, by the
// issuer's fingerprint.
func (t *table) generationOf(issuer *x509.Certificate) *generation {
	if a := t.authorityOf(issuer); a != nil {
		return t.byName[a.Name]
	}
	return nil
}

// documentOf gives the kind of document that policies mean in a generation.
func (g *generation) documentOf(policies []string) DocumentKind {
	for _, e := range g.Documents {
		for _, p := range policies {
			if slices.Contains(e.Policies, strings.TrimPrefix(p, exampleArc)) {
				return e.Kind
			}
		}
	}
	return UnknownDocument
}

// claimedDocument reads the kind of document off a certificate nobody has
// verified: by its policies alone, since policy OIDs of the generations do
// not overlap.
func claimedDocument(cert *x509.Certificate) DocumentKind {
	own := policyStrings(cert)
	for i := range policies().Generations {
		if kind := policies().Generations[i].documentOf(own); kind != UnknownDocument {
			return kind
		}
	}
	return UnknownDocument
}
