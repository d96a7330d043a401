package kyc

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"eidgate/internal/db"
)

// Client is a company that calls the API.
type Client struct {
	ID   string
	Name string
	// Returns are the origins to which persons may be sent back.
	Returns []string
}

// Client finds who has an API key. It answers ErrKey, or ErrKeyRevoked to who
// has a key that was good once.
func (s *Service) Client(ctx context.Context, key string) (Client, error) {
	if !strings.HasPrefix(key, s.keys().prefix()) || len(key) > 100 {
		return Client{}, ErrKey
	}
	var client Client
	var id, returns string
	var used, revoked int64
	err := s.options.Database.QueryRowContext(ctx, `
		SELECT kyc_key.id, kyc_key.used, kyc_key.revoked, kyc_client.id, kyc_client.name, kyc_client.return_url FROM kyc_key
		JOIN kyc_client ON kyc_client.id = kyc_key.client WHERE kyc_key.hash = $1`,
		keyHash(key)).Scan(&id, &used, &revoked, &client.ID, &client.Name, &returns)
	if errors.Is(err, sql.ErrNoRows) {
		return Client{}, ErrKey
	}
	if err != nil {
		return Client{}, fmt.Errorf("looking for an API key: %w", err)
	}
	if revoked != 0 {
		return Client{}, ErrKeyRevoked
	}
	client.Returns = strings.Fields(returns)
	if err := s.markUsed(ctx, id, used); err != nil { // a full disk does not make a good key bad
		s.options.Log.WarnContext(ctx, "the use of an API key was not noted", "key", id, "error", err)
	}
	return client, nil
}

// usedEvery is how exactly it is known when a key was last used: each note is a
// write.
const usedEvery = time.Minute

func (s *Service) markUsed(ctx context.Context, id string, last int64) error {
	now := s.options.Now()
	if now.Sub(time.UnixMicro(last)) < usedEvery {
		return nil
	}
	return s.options.Database.Tx(ctx, func(tx db.Querier) error {
		_, err := tx.ExecContext(ctx, `UPDATE kyc_key SET used = $1 WHERE id = $2 AND used < $1`, now.UnixMicro(), id)
		return err
	})
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
