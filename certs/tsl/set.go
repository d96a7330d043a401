package tsl

import (
	"crypto/x509"
	"time"

	"eidgate/certs"
)

// Set is what a cache holds: the first list and those it points to.
type Set struct {
	Entries []Entry
}

// Entry is one list of a set.
type Entry struct {
	Territory string
	URL       string
	// List is the verified list, nil when there is none that may be used.
	List *List
	// Fetched is when the list was fetched.
	Fetched time.Time
	// Err is why the list is not used, or, with a List, why there is no newer
	// one.
	Err error
}

// Anchors are the certificates that any list of the set vouched for.
func (s *Set) Anchors(f Filter) []Anchor {
	var list []Anchor
	for _, e := range s.Entries {
		if e.List != nil {
			list = append(list, e.List.Anchors(f)...)
		}
	}
	return list
}

// Store makes a trust store of the anchors that fit the filter. It refuses
// with "trust.no-anchors" when there are none, and with "trust.mixed-domains"
// anchors of the other domain: a test list makes only a test store.
func (s *Set) Store(domain certs.Domain, f Filter) (*certs.Store, error) {
	var anchors []*x509.Certificate
	for _, a := range s.Anchors(f) {
		anchors = append(anchors, a.Certificate)
	}
	return certs.NewStore(domain, anchors...)
}
