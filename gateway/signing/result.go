package signing

import (
	"context"
	"fmt"
	"io"

	"eidgate/internal/db"
	"eidgate/sign/asic"
)

// Document is a signed document being handed out.
type Document struct {
	Name      string // a file name
	MediaType string
	Size      int64 // bytes
	io.ReaderAt
}

// Container is what makes a signed container of the signer's own files.
type Container struct {
	Name      string // a file name
	MediaType string
	// Parts in the order of the archive; the files go after the first, which is
	// "mimetype" and must be stored without compression.
	Parts []asic.Part
}

// Get tells how far a signature is.
func (s *Service) Get(ctx context.Context, caller *Caller, id string) (*Signature, error) {
	r, err := s.owned(ctx, caller, "read", id)
	if err != nil {
		return nil, err
	}
	return &r.Signature, nil
}

// Open gives the signed document of a completed signature in mode [Upload]. The
// download is on record before the first byte. The reader works until ctx ends.
func (s *Service) Open(ctx context.Context, caller *Caller, id string) (*Document, error) {
	r, err := s.handOut(ctx, caller, id, Upload, ErrNoDocument)
	if err != nil {
		return nil, err
	}
	d := &Document{Name: r.Result.Name, MediaType: r.Result.MediaType, Size: r.resultSize}
	if r.Format == PAdES {
		f := &r.Files[0]
		d.ReaderAt = &joined{first: s.reader(ctx, f.blob, f.Size), size: f.Size, rest: r.result}
	} else {
		d.ReaderAt = s.reader(ctx, r.resultBlob, r.resultSize)
	}
	return d, nil
}

// Parts gives what makes the container of a completed signature in mode
// [Digests]. It is on record before it is given.
func (s *Service) Parts(ctx context.Context, caller *Caller, id string) (*Container, error) {
	r, err := s.handOut(ctx, caller, id, Digests, ErrNoParts)
	if err != nil {
		return nil, err
	}
	j, err := s.restore(r)
	if err != nil {
		return nil, err
	}
	p, ok := j.prepared.(*asic.Prepared)
	if !ok {
		return nil, ErrLost
	}
	parts, err := p.Parts(r.result)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	first := asic.Part{Name: "mimetype", Content: []byte(p.Mimetype())}
	return &Container{Name: r.Result.Name, MediaType: r.Result.MediaType, Parts: append([]asic.Part{first}, parts...)}, nil
}

// handOut records that a result is handed out. other is the refusal in the other
// mode.
func (s *Service) handOut(ctx context.Context, caller *Caller, id string, mode Mode, other error) (*row, error) {
	r, err := s.owned(ctx, caller, Downloaded, id)
	if err != nil {
		return nil, err
	}
	if r.Mode != mode {
		return nil, other
	}
	if r.State != Completed {
		return nil, ErrNotCompleted
	}
	err = s.Database.Tx(ctx, func(tx db.Querier) error {
		if r, err = read(ctx, tx, id); err != nil {
			return err
		}
		if err := s.alive(r); err != nil {
			return err
		}
		return s.record(ctx, tx, r.access(caller, Downloaded, nil))
	})
	return r, err
}
