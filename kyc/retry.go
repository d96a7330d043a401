package kyc

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"eidgate/internal/db"
)

// repeated claims an idempotency key for a new object, or gives the identifier
// of what the key made before. It answers ErrRetry when that was something
// else. A key is remembered for a day. Without one nothing is ever repeated.
func repeated(ctx context.Context, tx db.Querier, client Client, kind, key string, asked any, id string, now time.Time) (string, error) {
	if key == "" {
		return "", nil
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return "", err
	}
	name, wanted := sha256.Sum256([]byte(strings.Join([]string{client.ID, kind, key}, "\x00"))), sha256.Sum256(text)
	result, err := tx.ExecContext(ctx, `INSERT INTO kyc_retry (key, asked, object, created) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING`,
		name[:], wanted[:], id, now.UnixMicro())
	if err != nil {
		return "", err
	}
	if made, err := result.RowsAffected(); err != nil || made == 1 {
		return "", err
	}
	var before []byte
	var object string
	if err := tx.QueryRowContext(ctx, `SELECT asked, object FROM kyc_retry WHERE key = $1`, name[:]).Scan(&before, &object); err != nil {
		return "", err
	}
	if !bytes.Equal(before, wanted[:]) {
		return "", ErrRetry
	}
	return object, nil
}

// linkOf is the secret of a session's page. With an idempotency key it is
// derived, so that a repeated request can be answered although it is not kept.
func (s *Service) linkOf(id, retry string) (string, error) {
	if retry == "" {
		return s.identifier("", linkSize)
	}
	mac := hmac.New(sha256.New, s.options.Pepper[:])
	mac.Write([]byte("link\x00" + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:linkSize]), nil
}

const linkSize = 24
