package audit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// ErrOtherPepper is what CheckPepper answers.
var ErrOtherPepper = fault.New("audit.other-pepper", "the pepper is not the one of this database",
	"Put back the file audit.pepper of the secrets folder: under another one nobody finds the events of before.")

// CheckPepper refuses a pepper that is not the one this database was begun
// with: nobody would find what was recorded about her before. A database that
// has events and no longer knows its pepper is refused too.
func (e *Events) CheckPepper(ctx context.Context) error {
	mac := hmac.New(sha256.New, e.options.Pepper[:])
	mac.Write([]byte("eidgate audit pepper"))
	mine := mac.Sum(nil)
	var kept []byte
	err := e.options.Database.Tx(ctx, func(tx db.Querier) (err error) {
		kept, err = fingerprint(ctx, tx, mine)
		return err
	})
	if err == nil && !bytes.Equal(kept, mine) {
		err = ErrOtherPepper
	}
	if err != nil {
		return fmt.Errorf("checking the pepper: %w", err)
	}
	return nil
}

// fingerprint is the database's; one without events takes mine.
func fingerprint(ctx context.Context, tx db.Querier, mine []byte) (kept []byte, err error) {
	const read = `SELECT fingerprint FROM audit_pepper WHERE name = 'pepper'`
	err = tx.QueryRowContext(ctx, read).Scan(&kept)
	if !errors.Is(err, sql.ErrNoRows) {
		return kept, err
	}
	var events bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit_event)`).Scan(&events); err != nil || events {
		return nil, err
	}
	// Another node may be as fast.
	if _, err := tx.ExecContext(ctx,
		`INSERT INTO audit_pepper (name, fingerprint) VALUES ('pepper', $1) ON CONFLICT (name) DO NOTHING`, mine); err != nil {
		return nil, err
	}
	err = tx.QueryRowContext(ctx, read).Scan(&kept)
	return kept, err
}
