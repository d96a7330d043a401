package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"eidgate/gateway/store"
	"eidgate/kyc"
)

// NewKey makes a company with its first API key in the database of c, whether
// the service runs or not. The key is shown once.
func NewKey(ctx context.Context, c Config, name string, returns []string) (client kyc.Client, key string, err error) {
	err = WithKeys(ctx, c, func(keys kyc.Keys) error {
		made, secret, err := keys.New(ctx, name, returns)
		client, key = made.Client, secret
		return err
	})
	return client, key, err
}

// WithKeys gives the API keys in the database of c, whether the service runs or
// not: what is changed counts at once on every node.
func WithKeys(ctx context.Context, c Config, do func(keys kyc.Keys) error) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	database, err := store.Open(ctx, c.database(), store.Options{MaxConns: c.DatabaseConns, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	if err := database.Migrate(ctx, migrations()); err != nil {
		return fmt.Errorf("preparing the database: %w", err)
	}
	return do(kyc.Keys{Database: database, Live: c.Mode == Production, Now: time.Now, Random: rand.Reader})
}
