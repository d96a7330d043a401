package certs

import (
	"crypto/x509"
	"slices"
)

// Authority is an authority of Estonian cards that ships with the program,
// pinned by the SHA-256 fingerprint of its certificate. Being pinned gives it
// a name, a trust domain and a meaning; it is trusted only where it is put
// into a [Store].
type Authority struct {
	Name    string `json:"name"`
	SHA256  string `json:"sha256"` // lower-case hexadecimal
	Domain  Domain `json:"domain"`
	Meaning string `json:"meaning"` // a phrase for people
}

// KnownAuthorities are the pinned authorities.
func KnownAuthorities() []Authority { return slices.Clone(policies().Authorities) }

// AuthorityOf finds a certificate among the pinned authorities.
func AuthorityOf(cert *x509.Certificate) (Authority, bool) {
	if a := policies().authorityOf(cert); a != nil {
		return *a, true
	}
	return Authority{}, false
}
