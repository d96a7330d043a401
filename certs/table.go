package certs

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed data/policies.json
var policyTableJSON []byte

// table is the versioned policy table: the authorities known by fingerprint
// with their trust domain, and for each generation of cards the policies a
// certificate must carry and what they mean. What it does not name is
// unknown.
type table struct {
	Version     string       `json:"version"`
	Authorities []Authority  `json:"authorities"`
	Generations []generation `json:"generations"`

	byPrint map[[sha256.Size]byte]*Authority
	byName  map[string]*generation
}

// generation is one kind of card. It is bound to its issuers by fingerprint
// (Issuers, names of authorities) or, for states whose authorities are not
// pinned here, by country and the start of the issuer's name (IssuerNames)
// under an anchor the operator chose to trust.
type generation struct {
	Name        string   `json:"name"`
	Country     string   `json:"country"`
	Issuers     []string `json:"issuers,omitempty"`
	IssuerNames []string `json:"issuer_names,omitempty"`
	// From and Until bound the first day of validity of its certificates.
	From  day `json:"from,omitzero"`
	Until day `json:"until,omitzero"`
	// Authentication and Signing are policies of which a certificate for that
	// purpose carries at least one; empty requires none.
	Authentication []string `json:"authentication,omitempty"`
	Signing        []string `json:"signing,omitempty"`
	// LoginWithoutExtendedUsage: its login certificates have no extended key
	// usage at all.
	LoginWithoutExtendedUsage bool            `json:"login_without_extended_usage,omitempty"`
	Documents                 []documentEntry `json:"documents"`
	Sources                   []string        `json:"sources"`
}

// documentEntry says what policies mean. A policy ending in ".*" stands for
// everything below it.
type documentEntry struct {
	Policies  []string     `json:"policies"`
	Kind      DocumentKind `json:"kind"`
	Assurance Assurance    `json:"assurance"`
}

// day is a date in the table, "2006-01-02" in UTC.
type day struct{ at time.Time }

func (d *day) UnmarshalText(b []byte) (err error) {
	d.at, err = time.Parse(time.DateOnly, string(b))
	return err
}

// policies gives the embedded table. A table that does not parse gives an
// empty one, with which [NewStore] refuses to make any store.
var policies = sync.OnceValue(func() *table {
	t, err := parseTable(policyTableJSON)
	if err != nil {
		return &table{}
	}
	return t
})

func parseTable(b []byte) (*table, error) {
	t := &table{byPrint: map[[sha256.Size]byte]*Authority{}, byName: map[string]*generation{}}
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
func (t *table) authorityOf(cert *x509.Certificate) *Authority {
	return t.byPrint[sha256.Sum256(cert.Raw)]
}

// generationOf finds the generation of cards of a verified issuer, by its
// fingerprint, else by its country and name. A name alone never makes an
// issuer one of the pinned ones.
func (t *table) generationOf(issuer *x509.Certificate) *generation {
	if a := t.authorityOf(issuer); a != nil {
		return t.byName[a.Name]
	}
	return t.generationNamed(issuer.Subject)
}

// generationNamed finds a generation by its issuer's country and name.
func (t *table) generationNamed(issuer pkix.Name) *generation {
	for i := range t.Generations {
		g := &t.Generations[i]
		if !slices.Equal(issuer.Country, []string{g.Country}) {
			continue
		}
		for _, prefix := range g.IssuerNames {
			if strings.HasPrefix(issuer.CommonName, prefix) {
				return g
			}
		}
	}
	return nil
}

// entryOf gives what a certificate's policies mean in a generation; nil when
// nothing.
func (g *generation) entryOf(own []string) *documentEntry {
	for i := range g.Documents {
		for _, p := range own {
			if slices.ContainsFunc(g.Documents[i].Policies, func(pattern string) bool { return matchPolicy(pattern, p) }) {
				return &g.Documents[i]
			}
		}
	}
	return nil
}

func matchPolicy(pattern, policy string) bool {
	if arc, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(policy, arc)
	}
	return pattern == policy
}

// issued says that a certificate's first day of validity lies in the
// generation's time.
func (g *generation) issued(cert *x509.Certificate) bool {
	return !cert.NotBefore.Before(g.From.at) && (g.Until.at.IsZero() || !cert.NotBefore.After(g.Until.at))
}

// PolicyTable is the versioned policy table as JSON, for services that cite it.
func PolicyTable() (version string, text []byte) {
	return policies().Version, bytes.Clone(policyTableJSON)
}
