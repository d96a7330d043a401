package certs

import (
	"crypto/x509"
	"fmt"
)

// Refusal is a verdict against a certificate, a revocation answer, a
// time-stamp or a list: what was refused, why, and which certificate it
// concerns. Every refusal of this room and the rooms below it in the same
// folder is one.
//
// Code is stable and names the rule ("path.expired", "ocsp.nonce-mismatch").
// The error text is a sentence for people; it never holds a personal code.
type Refusal struct {
	code   string
	reason string
	advice string

	// Certificate is the one the refusal concerns; nil when it concerns none.
	Certificate *x509.Certificate
	// Indeterminate says that the proof is missing rather than bad: with more
	// evidence (a revocation answer, a time-stamp, an anchor) the verdict may
	// change. A caller that must decide now treats it as no.
	Indeterminate bool

	cause error
}

// Refuse makes a refusal with a code and a reason; cert may be nil. A final %w
// in format keeps the cause for errors.Is and errors.As.
func Refuse(code string, cert *x509.Certificate, format string, args ...any) *Refusal {
	err := fmt.Errorf(format, args...)
	r := &Refusal{code: code, reason: err.Error(), Certificate: cert}
	if u, ok := err.(interface{ Unwrap() error }); ok {
		r.cause = u.Unwrap()
	}
	return r
}

// Missing makes a refusal that is indeterminate: evidence is missing.
func Missing(code string, cert *x509.Certificate, format string, args ...any) *Refusal {
	r := Refuse(code, cert, format, args...)
	r.Indeterminate = true
	return r
}

// WithHint returns the refusal with what the user should do next.
func (r *Refusal) WithHint(advice string) *Refusal {
	c := *r
	c.advice = advice
	return &c
}

// Error is the reason, a sentence for people without a full stop.
func (r *Refusal) Error() string { return r.reason }

// Code is the stable code of the rule that refused.
func (r *Refusal) Code() string { return r.code }

// Hint is what to do next, or empty.
func (r *Refusal) Hint() string { return r.advice }

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.cause }
