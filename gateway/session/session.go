package session

import (
	"crypto/x509"
	"embed"
	"io"
	"log/slog"
	"time"

	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// Migrations are this room's tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// What callers can act on, beside the codes of card/webeid and certs.
var (
	ErrLoginRequired  = fault.New("session.login-required", "nobody is logged in", "Log in and try again.")
	ErrNoNonce        = fault.New("session.no-nonce", "there is no login waiting in this browser, or it took too long", "Start the login again.")
	ErrNoPersonas     = fault.New("session.no-personas", "only sandboxes know invented persons", "Log in with a card.")
	ErrUnknownPersona = fault.New("session.unknown-persona", "the sandbox has no such person", "Choose one of the login page.")
	ErrRequest        = fault.New("request.malformed", "the request is not what a login sends", "")
	errConfiguration  = fault.New("session.configuration", "the session manager lacks what it needs", "")
)

// Method is how somebody logged in.
type Method string

// The methods there are.
const (
	Card    Method = "card"    // a Web eID token of a card, verified
	Persona Method = "persona" // an invented person of a sandbox
)

// Login is a session of somebody.
type Login struct {
	ID          string // names the session in records; opens nothing
	Person      certs.Person
	Certificate *x509.Certificate // the card's authentication certificate; nil for personas
	Method      Method
	At          time.Time // of the login
	Expires     time.Time // at the latest
}

// Config of a Manager. Recorder alone may be missing.
type Config struct {
	Database  db.Database
	Validator *webeid.Validator
	Now       func() time.Time
	Random    io.Reader
	Log       *slog.Logger
	Recorder  Recorder
	// Personas lets anybody be one of the invented persons. Set it in sandboxes
	// alone.
	Personas bool

	Idle, Absolute, Nonce time.Duration
}

// Manager makes, finds and ends sessions. It is safe for concurrent use and
// keeps nothing in memory: several managers on one database are one.
type Manager struct {
	config   Config
	personas []PersonaInfo
}

// New makes a Manager.
func New(c Config) (*Manager, error) {
	if c.Database == nil || c.Validator == nil || c.Now == nil || c.Random == nil || c.Log == nil ||
		c.Idle <= 0 || c.Absolute <= 0 || c.Nonce <= 0 {
		return nil, errConfiguration
	}
	if err := webeid.CheckOrigin(c.Validator.Origin); err != nil {
		return nil, err
	}
	m := &Manager{config: c}
	if c.Personas {
		m.personas = personas()
	}
	return m, nil
}
