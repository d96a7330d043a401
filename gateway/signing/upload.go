package signing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"eidgate/internal/db"
	"eidgate/sign/pades"
)

// dropTimeout bounds cleaning up after a failed upload.
const dropTimeout = 10 * time.Second

// Upload takes the content of a file, which must have the declared size; length
// is what the sender announces of it now, or -1. Until the signature is prepared
// a file can be uploaded again. Of an upload that fails nothing stays, and what
// was there before does.
//
// The refusals are [ErrNoUpload], [ErrNoFile], [ErrPrepared], [ErrLength],
// [ErrTruncated], [ErrDigest], [ErrSuperseded], pades.ErrNotPDF, and the
// reader's own.
func (s *Service) Upload(ctx context.Context, caller *Caller, id string, number int, length int64, body io.Reader) (*Signature, error) {
	r, err := s.owned(ctx, caller, Created, id)
	if err != nil {
		return nil, err
	}
	file, err := r.uploadable(number, length)
	if err != nil {
		return nil, err
	}
	w, err := s.newBlob(ctx, id, strconv.Itoa(number))
	if err != nil {
		return nil, err
	}
	defer w.release()
	sum, err := receive(w, body, r.Format, file)
	if err == nil {
		err = s.received(ctx, r, file, w, sum)
	}
	if err != nil {
		w.drop(ctx)
		return nil, err
	}
	return s.Get(ctx, caller, id)
}

func (r *row) uploadable(number int, length int64) (*File, error) {
	switch {
	case r.Mode != Upload:
		return nil, ErrNoUpload
	case number < 0 || number >= len(r.Files):
		return nil, ErrNoFile
	case r.State != AwaitingFiles && r.State != Ready:
		return nil, ErrPrepared
	case length >= 0 && length != r.Files[number].Size:
		return nil, ErrLength
	}
	return &r.Files[number], nil
}

// receive stores the body while computing its digest.
func receive(w *blobWriter, body io.Reader, format Format, file *File) ([]byte, error) {
	hash := sha256.New()
	in := io.TeeReader(io.LimitReader(body, file.Size), hash)
	if format == PAdES {
		head := make([]byte, min(file.Size, pdfHead))
		if _, err := io.ReadFull(in, head); err != nil {
			return nil, truncated(err)
		}
		if !bytes.Contains(head, []byte("%PDF-")) {
			return nil, fmt.Errorf("%w: the file does not begin like one", pades.ErrNotPDF)
		}
		in = io.MultiReader(bytes.NewReader(head), in)
	}
	if _, err := io.Copy(w, onlyReader{in}); err != nil {
		return nil, truncated(err)
	}
	if w.size() != file.Size {
		return nil, ErrTruncated
	}
	if n, _ := io.ReadFull(body, make([]byte, 1)); n != 0 {
		return nil, fmt.Errorf("%w: there is more of it", ErrLength)
	}
	return hash.Sum(nil), nil
}

// pdfHead is where readers look for the header of a PDF (ISO 32000-1 annex H.3
// note 13).
const pdfHead = 1024

// onlyReader hides WriteTo, which would hand the whole buffer over at once.
type onlyReader struct{ io.Reader }

// truncated names the end of a body that came too early; other errors stay what
// they are.
func truncated(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	return fmt.Errorf("receiving the file: %w", err)
}

// received makes the blob the file's content.
func (s *Service) received(ctx context.Context, r *row, file *File, w *blobWriter, sum []byte) error {
	if file.declared != nil && subtle.ConstantTimeCompare(file.declared, sum) != 1 {
		return ErrDigest
	}
	return s.Database.Tx(ctx, func(tx db.Querier) error {
		now, err := s.stillOpen(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if err := dropBlobs(ctx, tx, `request = $1 AND purpose = $2 AND whole`, r.ID, strconv.Itoa(file.Number)); err != nil {
			return fmt.Errorf("dropping the earlier upload: %w", err)
		}
		if err := w.seal(tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE signing_files SET blob = $3, sha256 = $4 WHERE request = $1 AND number = $2`, r.ID, file.Number, w.id, sum); err != nil {
			return fmt.Errorf("storing a file: %w", err)
		}
		return s.readyWhenWhole(ctx, tx, now)
	})
}

// stillOpen reads the signature when its files may change.
func (s *Service) stillOpen(ctx context.Context, tx db.Querier, id string) (*row, error) {
	now, err := read(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := s.alive(now); err != nil {
		return nil, err
	}
	if now.State != AwaitingFiles && now.State != Ready {
		return nil, ErrPrepared
	}
	return now, nil
}

// readyWhenWhole moves on when no file is missing, and gives more time, within a
// day: a slow upload must not use up the signer's.
func (s *Service) readyWhenWhole(ctx context.Context, tx db.Querier, r *row) error {
	expires := s.Now().Add(s.Limits.Life)
	if last := r.Created.Add(longest); expires.After(last) {
		expires = last
	}
	_, err := tx.ExecContext(ctx, `UPDATE signing_requests SET expires = $2, state = CASE
		WHEN EXISTS (SELECT 1 FROM signing_files WHERE request = $1 AND blob IS NULL) THEN 'awaiting_files' ELSE 'ready' END
		WHERE id = $1`, r.ID, expires.UnixMicro())
	if err != nil {
		return fmt.Errorf("storing the signature's state: %w", err)
	}
	return nil
}

// longest is how long uploading again and again can keep a signature.
const longest = 24 * time.Hour

func isNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// one turns "no row was changed" into an error.
func one(result sql.Result, none error) error {
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("counting changed rows: %w", err)
	}
	if n == 0 {
		return none
	}
	return nil
}
