package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"eidgate/internal/db"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
)

// head is a tree that was signed: its size and its root.
type head struct {
	size uint64
	root []byte
}

// noHead is the tree before the first leaf.
func noHead() head { return head{root: rfc6962.DefaultHasher.EmptyRoot()} }

func (h head) equal(other head) bool { return h.size == other.size && bytes.Equal(h.root, other.root) }

// heads remembers the last signed head in two places: a row that is replaced
// by comparing, and a file that survives a restored database.
type heads struct {
	database db.Database
	origin   string
	keyID    string
	file     string // "" keeps none
}

// row reads the head of SQL, and makes it at the very first start.
func (h *heads) row(ctx context.Context) (head, error) {
	var last head
	var keyID string
	err := h.database.Tx(ctx, func(tx db.Querier) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO ledger_head (origin, key_id, size, root) VALUES ($1, $2, 0, $3) ON CONFLICT (origin) DO NOTHING`,
			h.origin, h.keyID, noHead().root)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx,
			`SELECT key_id, size, root FROM ledger_head WHERE origin = $1`, h.origin).Scan(&keyID, &last.size, &last.root)
	})
	if err != nil {
		return head{}, fmt.Errorf("reading the last signed head: %w", err)
	}
	if keyID != h.keyID {
		return head{}, fmt.Errorf("reading the last signed head: %w", ErrOtherKey)
	}
	return last, h.onlyOrigin(ctx)
}

// read reads the head of SQL as it is now.
func (h *heads) read(ctx context.Context) (last head, err error) {
	err = h.database.QueryRowContext(ctx,
		`SELECT size, root FROM ledger_head WHERE origin = $1 AND key_id = $2`, h.origin, h.keyID).Scan(&last.size, &last.root)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrOtherKey
	}
	if err != nil {
		return head{}, fmt.Errorf("reading the last signed head: %w", err)
	}
	return last, nil
}

// onlyOrigin refuses a database that holds another ledger's head: its leaves
// would be signed a second time under a new name.
func (h *heads) onlyOrigin(ctx context.Context) error {
	var other string
	err := h.database.QueryRowContext(ctx,
		`SELECT origin FROM ledger_head WHERE origin <> $1 AND size > 0 LIMIT 1`, h.origin).Scan(&other)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("looking for another ledger: %w", err)
	}
	return fmt.Errorf("%w: the database holds the ledger %q", ErrOtherKey, other)
}

// inFile reads the head file; none exists before the first signature.
func (h *heads) inFile() (head, error) {
	if h.file == "" {
		return noHead(), nil
	}
	text, err := os.ReadFile(h.file)
	if errors.Is(err, fs.ErrNotExist) {
		return noHead(), nil
	}
	if err != nil {
		return head{}, fmt.Errorf("%w: %w", ErrHeadFile, err)
	}
	var saved log.Checkpoint
	rest, err := saved.Unmarshal(text)
	if err != nil || len(rest) > 0 || len(saved.Hash) != sha256.Size {
		return head{}, fmt.Errorf("%w: it does not hold one checkpoint", ErrHeadFile)
	}
	if saved.Origin != h.origin {
		return head{}, fmt.Errorf("reading the head file: %w", ErrOtherKey)
	}
	return head{size: saved.Size, root: saved.Hash}, nil
}

// replaceRow records in SQL that next is signed after last. It fails with
// ErrDeposed when SQL no longer holds last.
func (h *heads) replaceRow(ctx context.Context, last, next head) error {
	done, err := h.database.ExecContext(ctx,
		`UPDATE ledger_head SET size = $1, root = $2 WHERE origin = $3 AND key_id = $4 AND size = $5 AND root = $6`,
		next.size, next.root, h.origin, h.keyID, last.size, last.root)
	if err != nil {
		return fmt.Errorf("recording the next head: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("recording the next head: %w", errors.Join(ErrDeposed, err))
	}
	return nil
}

// writeFile replaces the file so that a crash leaves the old one or the new
// one, whole.
func (h *heads) writeFile(next head) error {
	if h.file == "" {
		return nil
	}
	text := log.Checkpoint{Origin: h.origin, Size: next.size, Hash: next.root}.Marshal()
	if err := replaceFile(h.file, text); err != nil {
		return fmt.Errorf("writing the head file: %w", err)
	}
	return nil
}

func replaceFile(name string, text []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), ".head-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // there is nothing after the rename
	_, err = temporary.Write(text)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
