package kyc

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/internal/jws"
	"eidgate/kyc/sdjwt"
	"eidgate/kyc/statuslist"
)

// Migrations make the service's tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Access is what the service did with a person's data, for the Recorder.
type Access struct {
	At     time.Time
	Action Action
	// Client is the company that asked.
	Client Client
	// Person whose data it is; ByPerson says that she did it herself.
	Person     certs.Identifier
	PersonName string
	ByPerson   bool
	// Authentication is how who did it was known: card, persona or api-key.
	Authentication string
	Session        string
	// Message is the session's or the attestation's identifier.
	Message string
	// Fields are names of claims, not values.
	Fields  []string
	Purpose string
	// Code says why it was denied; empty when it was done.
	Code string
}

// Action names what was done.
type Action string

// The actions.
const (
	Granted  Action = "verification.granted"
	Declined Action = "verification.declined"
	Read     Action = "verification.read"
	Attested Action = "attestation.issued"
	Revoked  Action = "attestation.revoked"
)

// Recorder records an access in the transaction that makes it true. Its error
// undoes it, and nothing is released.
type Recorder func(ctx context.Context, tx db.Querier, a Access) error

// Options of a service. All but Keep, Live, Now, Random and Log are required.
type Options struct {
	Database db.Database
	Record   Recorder
	// Verifier verifies cards, revocation included.
	Verifier *certs.Verifier
	// Intermediates help to build the paths of cards; none is believed.
	Intermediates []*x509.Certificate
	// Origin is the service's address: issuer of attestations, https.
	Origin string
	// Key signs attestations and status lists; Chain is its certificate and
	// those above it, without the anchor.
	Key   crypto.Signer
	Chain []*x509.Certificate
	// Pepper keys the pairwise identifiers of persons.
	Pepper [32]byte
	// PersonKeys encrypt what sessions verified, each of PersonKeySize bytes: the
	// first what is new, the others what was encrypted when they were first.
	PersonKeys [][]byte
	// Keep is how long a result can be read after the decision; zero is
	// DefaultKeep. See Sweep.
	Keep time.Duration
	// Live is false in a sandbox: keys and results are marked, personas may
	// decide.
	Live   bool
	Now    func() time.Time
	Random io.Reader
	// Log hears of what went wrong beside a request; nil is silent.
	Log *slog.Logger
}

// Service verifies persons for companies.
type Service struct {
	options  Options
	coverage coverageTable
	issuer   *sdjwt.Issuer
	lists    *statuslist.Issuer
	public   jws.Key
	vault    *vault
	cache    listCache
}

const keyID = "attestation-1"

// New prepares a service. It refuses incomplete options and a key that does
// not fit its certificate or origin.
func New(options Options) (*Service, error) {
	if options.Database == nil || options.Record == nil || options.Verifier == nil || options.Key == nil {
		return nil, errors.New("preparing the KYC service: an option is missing")
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Random == nil {
		options.Random = rand.Reader
	}
	if options.Keep <= 0 {
		options.Keep = DefaultKeep
	}
	s := &Service{options: options}
	var err error
	if s.vault, err = newVault(options.PersonKeys, options.Random); err != nil {
		return nil, fmt.Errorf("preparing the KYC service: %w", err)
	}
	if s.coverage, err = loadCoverage(); err != nil {
		return nil, fmt.Errorf("preparing the KYC service: %w", err)
	}
	if s.public, err = jws.KeyOf(options.Key.Public()); err != nil {
		return nil, fmt.Errorf("preparing the KYC service: %w", err)
	}
	s.public.ID, s.public.Alg, s.public.Use = keyID, "ES256", "sig"
	if s.issuer, err = sdjwt.NewIssuer(options.Origin, keyID, options.Key, options.Chain, options.Random); err != nil {
		return nil, fmt.Errorf("preparing the KYC service: %w", err)
	}
	if s.lists, err = statuslist.NewIssuer(keyID, options.Key, options.Chain, options.Random); err != nil {
		return nil, fmt.Errorf("preparing the KYC service: %w", err)
	}
	return s, nil
}

// identifier draws a random one with a prefix that tells its kind.
func identifier(random io.Reader, prefix string, size int) (string, error) {
	drawn := make([]byte, size)
	if _, err := io.ReadFull(random, drawn); err != nil {
		return "", fmt.Errorf("drawing an identifier: %w", err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(drawn), nil
}

func (s *Service) identifier(prefix string, size int) (string, error) {
	return identifier(s.options.Random, prefix, size)
}

// VCT is the type of this service's attestations.
func (s *Service) VCT() string { return s.options.Origin + "/vct/eid-kyc/v1" }

// Metadata is the JWT VC Issuer Metadata served at
// /.well-known/jwt-vc-issuer (SD-JWT VC §4).
func (s *Service) Metadata() map[string]any {
	return map[string]any{"issuer": s.options.Origin, "jwks": map[string]any{"keys": []jws.Key{s.public}}}
}
