package session

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"eidgate/card/webeid"
	"eidgate/internal/db"
)

// issue makes a nonce for a browser, in place of one it had.
func (m *Manager) issue(ctx context.Context, browser secret) (string, error) {
	nonce, err := webeid.NewNonce(m.config.Random)
	if err != nil {
		return "", fmt.Errorf("making a nonce: %w", err)
	}
	_, err = m.config.Database.ExecContext(ctx, `INSERT INTO login_nonce (session_hash, nonce, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (session_hash) DO UPDATE SET nonce = excluded.nonce, expires_at = excluded.expires_at`,
		browser.hash(), nonce, m.config.Now().Add(m.config.Nonce).UnixMicro())
	if err != nil {
		return "", fmt.Errorf("storing a nonce: %w", err)
	}
	return nonce, nil
}

// take removes the browser's nonce and gives it, or ErrNoNonce. Whatever becomes
// of the login, it is gone.
func (m *Manager) take(ctx context.Context, browser secret) (nonce string, err error) {
	var expires int64
	err = m.config.Database.Tx(ctx, func(tx db.Querier) error {
		return tx.QueryRowContext(ctx, "DELETE FROM login_nonce WHERE session_hash = $1 RETURNING nonce, expires_at", browser.hash()).
			Scan(&nonce, &expires)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", ErrNoNonce
	case err != nil:
		return "", fmt.Errorf("taking a nonce: %w", err)
	case m.config.Now().After(time.UnixMicro(expires)):
		return "", ErrNoNonce
	}
	return nonce, nil
}
