package session

import (
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
)

// touchEvery is how often a session's use is written down.
const touchEvery = time.Minute

// begin makes a session of somebody who has just proven who he is. A session
// the browser had before ends.
func (m *Manager) begin(ctx context.Context, login Login, persona string, old *secret) (secret, error) {
	s, err := newSecret(m.config.Random)
	if err != nil {
		return s, fmt.Errorf("making a session: %w", err)
	}
	var id [16]byte
	if _, err := io.ReadFull(m.config.Random, id[:]); err != nil {
		return s, fmt.Errorf("making a session: %w", err)
	}
	login.ID = "ses_" + hex.EncodeToString(id[:])
	var der []byte
	if login.Certificate != nil {
		der = login.Certificate.Raw
	}
	err = m.config.Database.Tx(ctx, func(tx db.Querier) error {
		if old != nil {
			if _, err := tx.ExecContext(ctx, "DELETE FROM session WHERE token_hash = $1", old.hash()); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO session (token_hash, id, method, certificate, persona, created_at, used_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`, s.hash(), login.ID, string(login.Method), der, persona,
			login.At.UnixMicro(), login.At.Add(m.config.Absolute).UnixMicro())
		if err != nil {
			return err
		}
		return m.record(ctx, tx, Access{
			Kind: LoggedIn, At: login.At, Method: login.Method, Session: login.ID, Person: login.Person, Certificate: login.Certificate,
		})
	})
	if err != nil {
		return s, fmt.Errorf("beginning a session: %w", err)
	}
	return s, nil
}

// find gives the session of a cookie, or nil when it has none that lives.
func (m *Manager) find(ctx context.Context, s secret) (*Login, error) {
	var login Login
	var der []byte
	var persona string
	var created, used, expires int64
	err := m.config.Database.QueryRowContext(ctx,
		"SELECT id, method, certificate, persona, created_at, used_at, expires_at FROM session WHERE token_hash = $1", s.hash()).
		Scan(&login.ID, &login.Method, &der, &persona, &created, &used, &expires)
	now := m.config.Now()
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil //nolint:nilnil // no session is no error
	case err != nil:
		return nil, fmt.Errorf("looking a session up: %w", err)
	case now.After(time.UnixMicro(expires)), now.After(time.UnixMicro(used).Add(m.config.Idle)):
		return nil, nil //nolint:nilnil // the same
	}
	login.At, login.Expires = time.UnixMicro(created).UTC(), time.UnixMicro(expires).UTC()
	if err := m.identify(&login, der, persona); err != nil {
		return nil, err
	}
	if now.Sub(time.UnixMicro(used)) > touchEvery {
		if _, err := m.config.Database.ExecContext(ctx, "UPDATE session SET used_at = $1 WHERE token_hash = $2", now.UnixMicro(), s.hash()); err != nil {
			return nil, fmt.Errorf("keeping a session alive: %w", err)
		}
	}
	return &login, nil
}

// identify reads who a session is of. A persona in the table of a gateway
// without personas is nobody: the database came from a sandbox.
func (m *Manager) identify(login *Login, der []byte, persona string) (err error) {
	if login.Method == Persona {
		login.Person, err = m.persona(persona)
		return err
	}
	if login.Certificate, err = x509.ParseCertificate(der); err != nil {
		return fmt.Errorf("reading a session's certificate: %w", err)
	}
	login.Person, err = certs.PersonOf(login.Certificate)
	return err
}

// end ends the session of a cookie, if it has one.
func (m *Manager) end(ctx context.Context, s secret) error {
	login, err := m.find(ctx, s)
	if err != nil {
		return err
	}
	err = m.config.Database.Tx(ctx, func(tx db.Querier) error {
		done, err := tx.ExecContext(ctx, "DELETE FROM session WHERE token_hash = $1", s.hash())
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if err != nil || n == 0 || login == nil {
			return err
		}
		return m.record(ctx, tx, Access{
			Kind: LoggedOut, At: m.config.Now(), Method: login.Method, Session: login.ID, Person: login.Person, Certificate: login.Certificate,
		})
	})
	if err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// endAll ends every session that was begun with the card of this one, whichever
// browser has it. A session without a card ends alone: an invented person is
// many people.
func (m *Manager) endAll(ctx context.Context, s secret) error {
	login, err := m.find(ctx, s)
	if err != nil {
		return err
	}
	if login == nil || login.Certificate == nil {
		return m.end(ctx, s)
	}
	err = m.config.Database.Tx(ctx, func(tx db.Querier) error {
		ids, err := deleteAll(ctx, tx, login.Certificate.Raw)
		if err != nil {
			return err
		}
		for _, id := range ids {
			err := m.record(ctx, tx, Access{
				Kind: LoggedOut, At: m.config.Now(), Method: login.Method, Session: id, Person: login.Person, Certificate: login.Certificate,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ending all sessions of a card: %w", err)
	}
	return nil
}

// deleteAll deletes the sessions of a certificate and gives their names.
func deleteAll(ctx context.Context, tx db.Querier, certificate []byte) (ids []string, err error) {
	rows, err := tx.QueryContext(ctx, "DELETE FROM session WHERE method = $1 AND certificate = $2 RETURNING id", string(Card), certificate)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Purge removes what is over. Nodes may do so at the same time.
func (m *Manager) Purge(ctx context.Context) error {
	now := m.config.Now()
	return m.config.Database.Tx(ctx, func(tx db.Querier) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM session WHERE expires_at < $1 OR used_at < $2", now.UnixMicro(), now.Add(-m.config.Idle).UnixMicro())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM login_nonce WHERE expires_at < $1", now.UnixMicro())
		return err
	})
}
