package session

import (
	"context"
	"errors"

	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// withCard checks a Web eID token against the browser's nonce and begins a
// session. old is the session the browser had, which ends.
func (m *Manager) withCard(ctx context.Context, browser *secret, token []byte, old *secret) (secret, error) {
	identity, err := m.validate(ctx, browser, token)
	if err != nil {
		return secret{}, errors.Join(err, m.deny(ctx, token, err))
	}
	return m.begin(ctx, Login{
		Person: identity.Person, Certificate: identity.Certificate, Method: Card, At: m.config.Now(),
	}, "", old)
}

func (m *Manager) validate(ctx context.Context, browser *secret, token []byte) (*webeid.Identity, error) {
	if browser == nil {
		return nil, ErrNoNonce
	}
	nonce, err := m.take(ctx, *browser)
	if err != nil {
		return nil, err
	}
	return m.config.Validator.Validate(ctx, token, nonce)
}

// deny records a refused login. What only means that the database or the
// request is gone is not a verdict about anybody, and cannot be recorded.
func (m *Manager) deny(ctx context.Context, token []byte, cause error) error {
	code := fault.CodeOf(cause)
	if code == "" || code == "store.unavailable" || ctx.Err() != nil {
		return nil
	}
	access := Access{Kind: Denied, At: m.config.Now(), Method: Card, Code: code}
	if claimed, err := webeid.Parse(token); err == nil {
		access.Certificate, access.Person = claimant(claimed)
	}
	m.config.Log.InfoContext(ctx, "login denied", "code", code)
	return m.config.Database.Tx(ctx, func(tx db.Querier) error { return m.record(ctx, tx, access) })
}

// asPersona begins a session of an invented person.
func (m *Manager) asPersona(ctx context.Context, name string, old *secret) (secret, error) {
	person, err := m.persona(name)
	if err != nil {
		return secret{}, errors.Join(err, m.denyPersona(ctx, err))
	}
	return m.begin(ctx, Login{Person: person, Method: Persona, At: m.config.Now()}, name, old)
}

func (m *Manager) denyPersona(ctx context.Context, cause error) error {
	access := Access{Kind: Denied, At: m.config.Now(), Method: Persona, Person: certs.Person{}, Code: fault.CodeOf(cause)}
	return m.config.Database.Tx(ctx, func(tx db.Querier) error { return m.record(ctx, tx, access) })
}
