package signing

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"eidgate/internal/db"
	"eidgate/sign/asic"
)

// NewSignature is what is asked to be signed.
type NewSignature struct {
	Format Format
	Mode   Mode // Upload when empty
	Files  []NewFile
}

// NewFile announces a file.
type NewFile struct {
	Name      string // without a folder
	MediaType string // a guess by the name when empty
	Size      int64  // bytes
	SHA256    []byte // required in mode Digests
}

// Create begins a signature. retryKey, when not empty, makes it safe to repeat:
// the same key of the same owner gives the signature made the first time, or
// [ErrKeyReused] when something else was asked with it. The refusals are
// [ErrFormat], [ErrFiles], [ErrDigest], [ErrTooLarge], [ErrTooMany] and
// [ErrNoSpace].
func (s *Service) Create(ctx context.Context, caller *Caller, n NewSignature, retryKey string) (*Signature, error) {
	if n.Mode == "" {
		n.Mode = Upload
	}
	if err := s.checkNew(&n); err != nil {
		return nil, err
	}
	if len(caller.Owners) == 0 {
		return nil, fmt.Errorf("%w: nobody owns the signature", ErrConfigured)
	}
	id, err := s.newID("sig_")
	if err != nil {
		return nil, err
	}
	c := creation{NewSignature: n, id: id, owner: ownerDigest(caller.Owners[0]), key: retryDigest(caller.Owners[0], retryKey)}
	if c.asked, err = n.digest(); err != nil {
		return nil, err
	}
	// Outside of the transaction: the limits are not exact, and everybody's
	// creation would otherwise conflict with everybody's.
	refused := s.admit(ctx, &c)
	var r *row
	err = s.Database.Tx(ctx, func(tx db.Querier) (err error) {
		if r, err = s.repeated(ctx, tx, &c); r != nil || err != nil {
			return err
		}
		if refused != nil {
			return refused
		}
		r, err = s.create(ctx, tx, caller, &c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &r.Signature, nil
}

type creation struct {
	NewSignature
	id                string
	owner, key, asked []byte
}

func (s *Service) create(ctx context.Context, tx db.Querier, caller *Caller, c *creation) (*row, error) {
	state := AwaitingFiles
	if c.Mode == Digests {
		state = Ready
	}
	now := s.Now()
	_, err := tx.ExecContext(ctx, `INSERT INTO signing_requests (id, owner, retry_key, asked, format, mode, state, created, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c.id, c.owner, c.key, c.asked, string(c.Format), string(c.Mode), string(state), now.UnixMicro(), now.Add(s.Limits.Life).UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("storing the signature: %w", err)
	}
	for i, f := range c.Files {
		sum := f.SHA256
		if c.Mode == Upload {
			sum = nil // known when the file is here
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO signing_files (request, number, name, media_type, size, declared, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			c.id, i, f.Name, f.mediaType(), f.Size, f.SHA256, sum)
		if err != nil {
			return nil, fmt.Errorf("storing the signature's files: %w", err)
		}
	}
	r, err := read(ctx, tx, c.id)
	if err != nil {
		return nil, err
	}
	return r, s.record(ctx, tx, r.access(caller, Created, nil))
}

// repeated finds what the same key made before.
func (s *Service) repeated(ctx context.Context, tx db.Querier, c *creation) (*row, error) {
	if c.key == nil {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	r, err := scanRow(tx.QueryRowContext(ctx, `SELECT `+rowColumns+` FROM signing_requests WHERE retry_key = $1`, c.key))
	if isNoRows(err) {
		return nil, nil //nolint:nilnil // as above
	}
	if err != nil {
		return nil, fmt.Errorf("looking the idempotency key up: %w", err)
	}
	if string(r.asked) != string(c.asked) {
		return nil, ErrKeyReused
	}
	if err := s.alive(r); err != nil {
		return nil, err
	}
	return read(ctx, tx, r.ID)
}

// admit keeps one owner, and all together, within the limits.
func (s *Service) admit(ctx context.Context, c *creation) error {
	var open int
	now := s.Now().UnixMicro()
	err := s.Database.QueryRowContext(ctx, `SELECT COUNT(*) FROM signing_requests WHERE owner = $1 AND expires > $2 AND state NOT IN ('expired', 'deleted')`, c.owner, now).Scan(&open)
	if err != nil {
		return fmt.Errorf("counting open signatures: %w", err)
	}
	if open >= s.Limits.Open {
		return ErrTooMany
	}
	if c.Mode == Digests {
		return nil
	}
	var stored int64
	err = s.Database.QueryRowContext(ctx, `SELECT COALESCE(SUM(f.size), 0) FROM signing_files f JOIN signing_requests r ON r.id = f.request WHERE r.mode = 'upload'`).Scan(&stored)
	if err != nil {
		return fmt.Errorf("counting stored bytes: %w", err)
	}
	if stored+c.size() > s.Limits.Stored {
		return ErrNoSpace
	}
	return nil
}

// checkNew refuses what could never be signed, before anything is uploaded.
func (s *Service) checkNew(n *NewSignature) error {
	switch {
	case n.Format != PAdES && n.Format != ASiCE, n.Mode != Upload && n.Mode != Digests:
		return fmt.Errorf("%w: there is no such format or mode", ErrFormat)
	case n.Format == PAdES && n.Mode == Digests:
		return ErrFormat
	case len(n.Files) == 0, n.Format == PAdES && len(n.Files) != 1:
		return fmt.Errorf("%w: there must be one PDF, or some files", ErrFiles)
	case len(n.Files) > s.Limits.Files:
		return fmt.Errorf("%w: more than %d files", ErrTooLarge, s.Limits.Files)
	}
	if err := checkNames(n.Files); err != nil {
		return err
	}
	for i := range n.Files {
		if err := s.checkFile(n.Mode, &n.Files[i]); err != nil {
			return err
		}
	}
	if n.Mode == Upload && n.size() > s.Limits.Request {
		return fmt.Errorf("%w: more than %d bytes together", ErrTooLarge, s.Limits.Request)
	}
	return nil
}

// maxSize keeps the sum of all files' sizes within 64 bits.
const maxSize = 1 << 40

func (s *Service) checkFile(mode Mode, f *NewFile) error {
	switch {
	case f.Size <= 0:
		return fmt.Errorf("%w: a file is empty", ErrFiles)
	case f.Size > maxSize, mode == Upload && f.Size > s.Limits.File:
		return fmt.Errorf("%w: more than %d bytes in one file", ErrTooLarge, s.Limits.File)
	case f.SHA256 == nil && mode == Digests, f.SHA256 != nil && len(f.SHA256) != sha256.Size:
		return ErrDigest
	}
	return nil
}

// checkNames refuses names that cannot stand beside each other in a container or
// on somebody's disk, or that show as something else than they are.
func checkNames(files []NewFile) error {
	names := make([]string, len(files))
	for i, f := range files {
		if strings.ContainsAny(f.Name, "/\uFFFD") {
			return fmt.Errorf("%w: a name is not one of a file", ErrFiles)
		}
		names[i] = f.Name
	}
	if err := asic.CheckNames(asic.ASiCE, names...); err != nil {
		return fmt.Errorf("%w: %w", ErrFiles, err)
	}
	return nil
}

func (n *NewSignature) size() (sum int64) {
	for i := range n.Files {
		sum += n.Files[i].Size
	}
	return sum
}

func (n *NewSignature) digest() ([]byte, error) {
	text, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("reading what is asked: %w", err)
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}

func (f *NewFile) mediaType() string {
	if f.MediaType != "" {
		return f.MediaType
	}
	return asic.MediaType(f.Name)
}

// retryDigest ties an idempotency key to its owner; nil without a key.
func retryDigest(owner, key string) []byte {
	if key == "" {
		return nil
	}
	sum := sha256.Sum256(append(ownerDigest(owner), key...))
	return sum[:]
}
