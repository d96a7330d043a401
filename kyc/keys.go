package kyc

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"eidgate/internal/db"
)

// Client is a company that calls the API.
type Client struct {
	ID   string
	Name string
	// Returns are the origins to which persons may be sent back.
	Returns []string
}

const maxName = 100

// Keys makes API keys; it needs no service that runs.
type Keys struct {
	Database db.Database
	// Live is false in a sandbox; its keys say so.
	Live   bool
	Now    func() time.Time
	Random io.Reader
}

func (s *Service) keys() Keys {
	return Keys{Database: s.options.Database, Live: s.options.Live, Now: s.options.Now, Random: s.options.Random}
}

// NewKey makes a client with its first API key, see [Keys.New].
func (s *Service) NewKey(ctx context.Context, name string, returns []string) (Client, string, error) {
	return s.keys().New(ctx, name, returns)
}

// New makes a client with its first API key. The key is shown once: only its
// hash is kept. returns are https origins without a path, in a sandbox also
// http ones of this machine.
func (k Keys) New(ctx context.Context, name string, returns []string) (Client, string, error) {
	client := Client{Name: name, Returns: returns}
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return Client{}, "", ErrClientName
	}
	for _, origin := range returns {
		// An address with a path would be kept and never match.
		if is, err := originOf(origin, k.Live); err != nil || is != origin || strings.ContainsAny(origin, " ") {
			return Client{}, "", ErrReturnURL
		}
	}
	var err error
	if client.ID, err = identifier(k.Random, "cl_", 12); err != nil {
		return Client{}, "", err
	}
	id, err := identifier(k.Random, "ak_", 12)
	if err != nil {
		return Client{}, "", err
	}
	key, err := identifier(k.Random, k.prefix(), 32)
	if err != nil {
		return Client{}, "", err
	}
	now := k.Now().UnixMicro()
	hash := sha256.Sum256([]byte(key))
	err = k.Database.Tx(ctx, func(tx db.Querier) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO kyc_client (id, name, created, return_url) VALUES ($1, $2, $3, $4)`,
			client.ID, client.Name, now, strings.Join(returns, " "))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO kyc_key (id, client, hash, created, revoked) VALUES ($1, $2, $3, $4, 0)`,
			id, client.ID, hash[:], now)
		return err
	})
	if err != nil {
		return Client{}, "", fmt.Errorf("making an API key: %w", err)
	}
	return client, key, nil
}

func (k Keys) prefix() string {
	if k.Live {
		return "sk_live_"
	}
	return "sk_test_"
}

// Client finds who has an API key. It answers ErrKey.
func (s *Service) Client(ctx context.Context, key string) (Client, error) {
	if !strings.HasPrefix(key, s.keys().prefix()) || len(key) > 100 {
		return Client{}, ErrKey
	}
	hash := sha256.Sum256([]byte(key))
	var client Client
	var returns string
	err := s.options.Database.QueryRowContext(ctx, `
		SELECT kyc_client.id, kyc_client.name, kyc_client.return_url FROM kyc_key
		JOIN kyc_client ON kyc_client.id = kyc_key.client WHERE kyc_key.hash = $1 AND kyc_key.revoked = 0`,
		hash[:]).Scan(&client.ID, &client.Name, &returns)
	if errors.Is(err, sql.ErrNoRows) {
		return Client{}, ErrKey
	}
	if err != nil {
		return Client{}, fmt.Errorf("looking for an API key: %w", err)
	}
	client.Returns = strings.Fields(returns)
	return client, nil
}

// originOf gives the origin of an address that persons may be sent to.
func originOf(address string, live bool) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return "", ErrReturnURL
	}
	here := slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
	if u.Scheme != "https" && (live || u.Scheme != "http" || !here) {
		return "", ErrReturnURL
	}
	return u.Scheme + "://" + u.Host, nil
}

func (s *Service) mayReturn(client Client, address string) error {
	if address == "" {
		return nil
	}
	origin, err := originOf(address, s.options.Live)
	if err != nil || len(address) > 2000 || !slices.Contains(client.Returns, origin) {
		return ErrReturnURL
	}
	return nil
}
