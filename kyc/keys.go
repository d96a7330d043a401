package kyc

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"eidgate/internal/db"
)

const maxName = 100

// Keys makes, lists and revokes API keys; it needs no service that runs. What
// it changes counts at once on every node: keys are looked up for each request.
type Keys struct {
	Database db.Database
	// Live is false in a sandbox; its keys say so.
	Live   bool
	Now    func() time.Time
	Random io.Reader
}

// Key is what is known of an API key. The key itself is not kept.
type Key struct {
	ID      string
	Client  Client
	Created time.Time
	// Used is when it was last sent, to a minute; zero when never.
	Used time.Time
	// Revoked is when it ended; zero while it is good.
	Revoked time.Time
}

func (s *Service) keys() Keys {
	return Keys{Database: s.options.Database, Live: s.options.Live, Now: s.options.Now, Random: s.options.Random}
}

// NewKey makes a client with its first API key, see [Keys.New].
func (s *Service) NewKey(ctx context.Context, name string, returns []string) (Client, string, error) {
	key, secret, err := s.keys().New(ctx, name, returns)
	return key.Client, secret, err
}

// New makes a client with its first API key. The secret is shown once: only its
// hash is kept. returns are https origins without a path, in a sandbox also
// http ones of this machine. It answers ErrClientName and ErrReturnURL.
func (k Keys) New(ctx context.Context, name string, returns []string) (Key, string, error) {
	client := Client{Name: name, Returns: returns}
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return Key{}, "", ErrClientName
	}
	for _, origin := range returns {
		// An address with a path would be kept and never match.
		if is, err := originOf(origin, k.Live); err != nil || is != origin || strings.ContainsAny(origin, " ") {
			return Key{}, "", ErrReturnURL
		}
	}
	var err error
	if client.ID, err = identifier(k.Random, "cl_", 12); err != nil {
		return Key{}, "", err
	}
	return k.issue(ctx, func(tx db.Querier, now time.Time) (Client, error) {
		_, err := tx.ExecContext(ctx, `INSERT INTO kyc_client (id, name, created, return_url) VALUES ($1, $2, $3, $4)`,
			client.ID, client.Name, now.UnixMicro(), strings.Join(returns, " "))
		return client, err
	})
}

// Add makes another API key of a client, which sees what its other keys see:
// with two a client changes keys without a pause. It answers ErrUnknownClient.
func (k Keys) Add(ctx context.Context, client string) (Key, string, error) {
	return k.issue(ctx, func(tx db.Querier, _ time.Time) (Client, error) {
		found := Client{ID: client}
		var returns string
		err := tx.QueryRowContext(ctx, `SELECT name, return_url FROM kyc_client WHERE id = $1`, client).Scan(&found.Name, &returns)
		if errors.Is(err, sql.ErrNoRows) {
			return Client{}, ErrUnknownClient
		}
		found.Returns = strings.Fields(returns)
		return found, err
	})
}

// issue makes a key of the client that of gives in the same transaction.
func (k Keys) issue(ctx context.Context, of func(tx db.Querier, now time.Time) (Client, error)) (Key, string, error) {
	id, err := identifier(k.Random, "ak_", 12)
	if err != nil {
		return Key{}, "", err
	}
	secret, err := identifier(k.Random, k.prefix(), 32)
	if err != nil {
		return Key{}, "", err
	}
	key := Key{ID: id, Created: k.Now().UTC().Truncate(time.Microsecond)}
	err = k.Database.Tx(ctx, func(tx db.Querier) error {
		var err error
		if key.Client, err = of(tx, key.Created); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO kyc_key (id, client, hash, created, revoked, used) VALUES ($1, $2, $3, $4, 0, 0)`,
			key.ID, key.Client.ID, keyHash(secret), key.Created.UnixMicro())
		return err
	})
	if err != nil {
		return Key{}, "", fmt.Errorf("making an API key: %w", err)
	}
	return key, secret, nil
}

// List gives every key, the revoked ones too, a client's together and the
// oldest first.
func (k Keys) List(ctx context.Context) ([]Key, error) {
	keys, err := k.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the API keys: %w", err)
	}
	return keys, nil
}

func (k Keys) list(ctx context.Context) ([]Key, error) {
	rows, err := k.Database.QueryContext(ctx, `
		SELECT kyc_key.id, kyc_client.id, kyc_client.name, kyc_client.return_url, kyc_key.created, kyc_key.used, kyc_key.revoked
		FROM kyc_key JOIN kyc_client ON kyc_client.id = kyc_key.client
		ORDER BY kyc_client.created, kyc_client.id, kyc_key.created, kyc_key.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []Key
	for rows.Next() {
		var key Key
		var returns string
		var created, used, revoked int64
		if err := rows.Scan(&key.ID, &key.Client.ID, &key.Client.Name, &returns, &created, &used, &revoked); err != nil {
			return nil, err
		}
		key.Client.Returns = strings.Fields(returns)
		key.Created, key.Used, key.Revoked = instant(created), instant(used), instant(revoked)
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// instant reads a time of the database, in which 0 is none.
func instant(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}

// Revoke ends a key for ever; its client, and the client's other keys, stay.
// Revoking again changes nothing. It answers ErrUnknownKey.
func (k Keys) Revoke(ctx context.Context, id string) (Key, error) {
	now := k.Now().UTC().Truncate(time.Microsecond)
	err := k.Database.Tx(ctx, func(tx db.Querier) error {
		_, err := tx.ExecContext(ctx, `UPDATE kyc_key SET revoked = $1 WHERE id = $2 AND revoked = 0`, now.UnixMicro(), id)
		return err
	})
	if err != nil {
		return Key{}, fmt.Errorf("revoking an API key: %w", err)
	}
	keys, err := k.List(ctx)
	if err != nil {
		return Key{}, err
	}
	for _, key := range keys {
		if key.ID == id {
			return key, nil
		}
	}
	return Key{}, fmt.Errorf("revoking an API key: %w", ErrUnknownKey)
}

func keyHash(secret string) []byte {
	hash := sha256.Sum256([]byte(secret))
	return hash[:]
}

func (k Keys) prefix() string {
	if k.Live {
		return "sk_live_"
	}
	return "sk_test_"
}
