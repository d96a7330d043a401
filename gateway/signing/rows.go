package signing

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/sign"
)

// row is a signature as it is stored.
type row struct {
	Signature
	owner       []byte
	asked       []byte
	certificate []byte
	prepared    []byte
	preparedAt  time.Time
	digest      []byte
	hash        string
	value       []byte
	result      []byte
	resultBlob  string
	resultSize  int64
	proven      time.Time
}

const rowColumns = `id, owner, asked, format, mode, state, created, expires,
	certificate, prepared, prepared_at, digest, hash, value, result, result_blob, result_size, proven`

func scanRow(from *sql.Row) (*row, error) {
	var (
		r                            row
		created, expires             int64
		preparedAt, size, proven     sql.NullInt64
		format, mode, state          string
		hash, blob                   sql.NullString
		id                           string
		owner, asked, cert, prepared []byte
		digest, value, result        []byte
	)
	err := from.Scan(&id, &owner, &asked, &format, &mode, &state, &created, &expires,
		&cert, &prepared, &preparedAt, &digest, &hash, &value, &result, &blob, &size, &proven)
	if err != nil {
		return nil, err
	}
	r.Signature = Signature{ID: id, Format: Format(format), Mode: Mode(mode), State: State(state), Created: moment(created), Expires: moment(expires)}
	r.owner, r.asked, r.certificate, r.prepared = owner, asked, cert, prepared
	r.digest, r.value, r.result = digest, value, result
	r.hash, r.resultBlob, r.resultSize = hash.String, blob.String, size.Int64
	if preparedAt.Valid {
		r.preparedAt = moment(preparedAt.Int64)
	}
	if proven.Valid {
		r.proven = moment(proven.Int64)
	}
	return &r, nil
}

// read reads a signature with its files, whoever owns it and whatever its state.
func read(ctx context.Context, q db.Querier, id string) (*row, error) {
	r, err := scanRow(q.QueryRowContext(ctx, `SELECT `+rowColumns+` FROM signing_requests WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("reading the signature: %w", err)
	}
	if r.Files, err = readFiles(ctx, q, r); err != nil {
		return nil, fmt.Errorf("reading the signature's files: %w", err)
	}
	return r, r.describe()
}

func readFiles(ctx context.Context, q db.Querier, r *row) ([]File, error) {
	rows, err := q.QueryContext(ctx, `SELECT number, name, media_type, size, declared, sha256, blob FROM signing_files WHERE request = $1 ORDER BY number`, r.ID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var files []File
	for rows.Next() {
		var f File
		var blob sql.NullString
		if err := rows.Scan(&f.Number, &f.Name, &f.MediaType, &f.Size, &f.declared, &f.SHA256, &blob); err != nil {
			return nil, err
		}
		f.blob = blob.String
		f.Received = r.Mode == Digests || blob.Valid || r.State == Completed
		files = append(files, f)
	}
	return files, rows.Err()
}

// describe fills in what the signature shows of its steps.
func (r *row) describe() error {
	if r.certificate == nil {
		return nil
	}
	cert, err := r.signer()
	if err != nil {
		return err
	}
	person, err := certs.PersonOf(cert)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	r.ToSign = &ToSign{Digest: r.digest, Hash: r.hash, Certificate: r.certificate, Signer: person, Time: r.preparedAt}
	if r.State == Completed {
		r.Result = &Result{Name: r.resultName(), MediaType: r.Format.mediaType(), Size: r.resultSize, Level: sign.LevelLT, Proven: r.proven}
	}
	return nil
}

// signer is the fixed certificate.
func (r *row) signer() (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(r.certificate)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	return cert, nil
}

// resultName is the first file's name with what was made of it.
func (r *row) resultName() string {
	if len(r.Files) == 0 {
		return "signed"
	}
	base := r.Files[0].Name
	if dot := strings.LastIndexByte(base, '.'); dot > 0 {
		base = base[:dot]
	}
	if r.Format == PAdES {
		return base + "-signed.pdf"
	}
	return base + ".asice"
}

// owned reads a signature for a caller. Another's is not found, and the attempt
// recorded; one that is over is expired.
func (s *Service) owned(ctx context.Context, caller *Caller, action Action, id string) (*row, error) {
	r, err := read(ctx, s.Database, id)
	if err != nil {
		return nil, err
	}
	if !r.isOwnedBy(caller) {
		return nil, s.deny(ctx, caller, action, r, ErrNotFound)
	}
	return r, s.alive(r)
}

// alive tells whether the signature is not over.
func (s *Service) alive(r *row) error {
	switch {
	case r.State == deleted:
		return ErrNotFound
	case r.State == expired, !s.Now().Before(r.Expires):
		return ErrExpired
	}
	return nil
}

func (r *row) isOwnedBy(caller *Caller) bool {
	for _, o := range caller.Owners {
		if subtle.ConstantTimeCompare(ownerDigest(o), r.owner) == 1 {
			return true
		}
	}
	return false
}

func ownerDigest(owner string) []byte {
	sum := sha256.Sum256([]byte("eidgate signing owner\x00" + owner))
	return sum[:]
}

// record writes an access in the caller's transaction.
func (s *Service) record(ctx context.Context, tx db.Querier, a *Access) error {
	a.At = s.Now()
	if err := s.Record(ctx, tx, *a); err != nil {
		return fmt.Errorf("recording the access: %w", err)
	}
	return nil
}

// deny records a denial and returns why. When it cannot be recorded that is the
// error.
func (s *Service) deny(ctx context.Context, caller *Caller, action Action, r *row, why error) error {
	err := s.Database.Tx(ctx, func(tx db.Querier) error {
		return s.record(ctx, tx, r.access(caller, action, why))
	})
	if err != nil {
		return err
	}
	return why
}

// newID makes a name that cannot be guessed: 160 random bits.
func (s *Service) newID(prefix string) (string, error) {
	var b [20]byte
	if _, err := io.ReadFull(s.Random, b[:]); err != nil {
		return "", fmt.Errorf("making an identifier: %w", err)
	}
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(b[:])), nil
}

func moment(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
