package tsl

import (
	"crypto/x509"
	"slices"
	"time"
)

// List is a verified trusted list.
type List struct {
	Version    int    // TSLVersionIdentifier: 5 or 6
	Sequence   int    // grows with every issue
	Type       string // URI; see ListOfLists, NationalList
	Territory  string // ISO 3166-1 alpha-2, "EU" for the list of lists
	Operator   string // who issues it
	Issued     time.Time
	NextUpdate time.Time
	Pointers   []Pointer
	Providers  []Provider

	Signer  *x509.Certificate // the pinned certificate that it was signed with
	Signed  time.Time         // when, by the signer's own word
	Expired bool              // NextUpdate was past when it was verified
}

// Pointer leads to another list.
type Pointer struct {
	Location  string // URL
	Type      string
	Territory string
	Operator  string
	MIME      string
	Signers   []*x509.Certificate // that the other list may be signed with
}

// Provider is a trust service provider.
type Provider struct {
	Name     string
	Services []Service
}

// Service is one service of a provider, with its history.
type Service struct {
	// Certificates identify the service: they are the anchors. Certificates
	// that Go cannot read are left out and counted in Unreadable.
	Certificates []*x509.Certificate
	Unreadable   int
	// States are the service's present and past, the newest first.
	States []State
}

// State is what was said of a service from a moment on.
type State struct {
	Name    string
	Type    string // URI
	Kind    Kind
	Status  string // URI
	Since   time.Time
	Uses    []string // see ForSignatures; empty where nothing was said
	Trusted bool     // the status vouches for the service, and nothing critical was left unread
}

// At is the state at a time; ok is false before the first.
func (s *Service) At(t time.Time) (state State, ok bool) {
	for _, st := range s.States {
		if !st.Since.After(t) {
			return st, true
		}
	}
	return State{}, false
}

// until is when the state that holds at t ended, zero for the present one.
func (s *Service) until(t time.Time) time.Time {
	var end time.Time
	for _, st := range s.States {
		if !st.Since.After(t) {
			break
		}
		end = st.Since
	}
	return end
}

// serves tells whether the state is for a use. A state that names no use
// serves all; one that does serves only these.
func (st *State) serves(use string) bool {
	return use == "" || len(st.Uses) == 0 || slices.Contains(st.Uses, use)
}

// Filter chooses anchors.
type Filter struct {
	Kinds []Kind    // at least one of these; empty means all but Other
	Use   string    // for qualified CAs: ForSignatures, ...; empty means any
	At    time.Time // the time the status counts at: now, or when something was signed
}

// Anchor is a certificate that a list vouched for at the filter's time.
type Anchor struct {
	Certificate *x509.Certificate
	Kind        Kind
	Service     string
	Provider    string
	Territory   string
	Status      string    // URI
	Since       time.Time // the status began
	Until       time.Time // and ended; zero when it still holds
}

// Anchors are the certificates of services that were vouched for.
func (l *List) Anchors(f Filter) []Anchor {
	var list []Anchor
	for _, p := range l.Providers {
		for i := range p.Services {
			list = append(list, p.Services[i].anchors(f, p.Name, l.Territory)...)
		}
	}
	return list
}

func (s *Service) anchors(f Filter, provider, territory string) []Anchor {
	st, ok := s.At(f.At)
	if !ok || !st.Trusted || !st.serves(f.Use) {
		return nil
	}
	if len(f.Kinds) == 0 && st.Kind == Other || len(f.Kinds) > 0 && !slices.Contains(f.Kinds, st.Kind) {
		return nil
	}
	var list []Anchor
	for _, c := range s.Certificates {
		list = append(list, Anchor{
			Certificate: c, Kind: st.Kind, Service: st.Name, Provider: provider, Territory: territory,
			Status: st.Status, Since: st.Since, Until: s.until(f.At),
		})
	}
	return list
}
