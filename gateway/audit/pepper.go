package audit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// ErrOtherPepper is what CheckPepper answers.
var ErrOtherPepper = fault.New("audit.other-pepper", "the pepper is not the one of this database",
	"Put back the file audit.pepper of the secrets folder: under another one nobody finds the events of before.")

// CheckPepper refuses a pepper that is not the one this database was begun
// with: nobody would find what was recorded about her before.
func (e *Events) CheckPepper(ctx context.Context) error {
	mac := hmac.New(sha256.New, e.options.Pepper[:])
	mac.Write([]byte("eidgate audit pepper"))
	mine := mac.Sum(nil)
	var kept []byte
	err := e.options.Database.Tx(ctx, func(tx db.Querier) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO audit_pepper (name, fingerprint) VALUES ('pepper', $1) ON CONFLICT (name) DO NOTHING`, mine)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT fingerprint FROM audit_pepper WHERE name = 'pepper'`).Scan(&kept)
	})
	if err != nil {
		return fmt.Errorf("checking the pepper: %w", err)
	}
	if !bytes.Equal(kept, mine) {
		return fmt.Errorf("checking the pepper: %w", ErrOtherPepper)
	}
	return nil
}
