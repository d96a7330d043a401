package kyc

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"sync"
	"time"

	"eidgate/internal/db"
	"eidgate/kyc/statuslist"
)

// Lists are large so that a place says nothing, and a list is left for the
// next one when a quarter is taken, so that places stay random.
const (
	listPlaces = 1 << 17
	listTaken  = listPlaces / 4
	placeTries = 64
	listTTL    = time.Minute
	listLife   = 24 * time.Hour
)

func (s *Service) listURI(list int64) string {
	return s.options.Origin + "/statuslists/" + strconv.FormatInt(list, 10)
}

// takePlace draws an unpredictable free place of the current list.
func (s *Service) takePlace(ctx context.Context, tx db.Querier) (list int64, place uint64, err error) {
	var last sql.NullInt64
	if err := tx.QueryRowContext(ctx, `SELECT MAX(list) FROM kyc_attestation`).Scan(&last); err != nil {
		return 0, 0, err
	}
	list = max(last.Int64, 1)
	var used int64
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM kyc_attestation WHERE list = $1`, list).Scan(&used); err != nil {
		return 0, 0, err
	}
	if used >= listTaken {
		list++
	}
	for range placeTries {
		drawn, err := rand.Int(s.options.Random, big.NewInt(listPlaces))
		if err != nil {
			return 0, 0, fmt.Errorf("drawing a place: %w", err)
		}
		var n int
		err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM kyc_attestation WHERE list = $1 AND place = $2`, list, drawn.Int64()).Scan(&n)
		if err != nil {
			return 0, 0, err
		}
		if n == 0 {
			return list, drawn.Uint64(), nil
		}
	}
	return 0, 0, ErrListFull
}

// listCache keeps the tokens of lists for a moment: they are the same for
// everybody.
type listCache struct {
	// mu guards what follows. generation grows when something was revoked.
	mu         sync.Mutex
	generation int
	tokens     map[int64]cachedList
}

type cachedList struct {
	token string
	until time.Time
}

// cacheFor bounds how long another node's revocation stays unseen.
const cacheFor = time.Second

func (c *listCache) get(list int64, now time.Time) (string, int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.tokens[list]
	return kept.token, c.generation, ok && now.Before(kept.until)
}

func (c *listCache) put(list int64, generation int, token string, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return // something was revoked while the list was read
	}
	if c.tokens == nil {
		c.tokens = map[int64]cachedList{}
	}
	c.tokens[list] = cachedList{token: token, until: until}
}

func (c *listCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.tokens = nil
}

// StatusList gives the status list token of a list, from 1. It answers
// ErrUnknown.
func (s *Service) StatusList(ctx context.Context, list int64) (string, error) {
	now := s.options.Now()
	token, generation, ok := s.cache.get(list, now)
	if ok {
		return token, nil
	}
	bits, err := s.readList(ctx, list)
	if err != nil {
		return "", fmt.Errorf("publishing a status list: %w", err)
	}
	token, err = s.lists.Issue(s.listURI(list), bits, now, now.Add(listLife), listTTL)
	if err != nil {
		return "", fmt.Errorf("publishing a status list: %w", err)
	}
	s.cache.put(list, generation, token, now.Add(cacheFor))
	return token, nil
}

func (s *Service) readList(ctx context.Context, list int64) (*statuslist.List, error) {
	var last sql.NullInt64
	if err := s.options.Database.QueryRowContext(ctx, `SELECT MAX(list) FROM kyc_attestation`).Scan(&last); err != nil {
		return nil, err
	}
	if list < 1 || list > max(last.Int64, 1) {
		return nil, ErrUnknown
	}
	bits, err := statuslist.New(1, listPlaces)
	if err != nil {
		return nil, err
	}
	rows, err := s.options.Database.QueryContext(ctx, `SELECT place FROM kyc_attestation WHERE list = $1 AND revoked <> 0`, list)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var place uint64
		if err := rows.Scan(&place); err != nil {
			return nil, err
		}
		if err := bits.Set(place, statuslist.Invalid); err != nil {
			return nil, err
		}
	}
	return bits, rows.Err()
}

func unknown(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrUnknown
	}
	return err
}
