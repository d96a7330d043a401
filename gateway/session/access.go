package session

import (
	"context"
	"crypto/x509"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
)

// Kind of an access.
type Kind string

// What is recorded.
const (
	LoggedIn  Kind = "login"
	Denied    Kind = "login-denied"
	LoggedOut Kind = "logout"
)

// Access is one event of somebody's login.
type Access struct {
	Kind   Kind
	At     time.Time
	Method Method
	// Session is Login.ID; empty when denied.
	Session string
	// Person is who logged in or out. Of a denied login it is who the token
	// claims to be, nothing of it verified, and zero when it claims nobody.
	Person certs.Person
	// Certificate is the one used; nil for personas and unreadable tokens.
	Certificate *x509.Certificate
	// Code says why a login was denied.
	Code string
}

// Recorder records an access in the transaction that makes it true. Its error
// undoes the login or logout.
type Recorder func(ctx context.Context, tx db.Querier, a Access) error

func (m *Manager) record(ctx context.Context, tx db.Querier, a Access) error {
	if m.config.Recorder == nil {
		return nil
	}
	return m.config.Recorder(ctx, tx, a)
}
