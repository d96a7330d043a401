package signing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/cades"
	"eidgate/sign/pades"
)

// Why there is nothing to validate.
var (
	ErrUnknownKind     = fault.New("validation.unknown-kind", "the file is not a PDF, an ASiC container or a detached signature", "Choose a signed PDF, an .asice or .asics container, or a .p7s file with what was signed.")
	ErrContentMissing  = fault.New("validation.content-missing", "a detached signature is judged together with what was signed", "Give the signed file as well.")
	ErrContentSurplus  = fault.New("validation.content-surplus", "the document contains what was signed, there is no second file", "Give the signed document alone.")
	ErrDocumentMissing = fault.New("validation.document-missing", "there is no document to judge", "Choose a file.")
	ErrDocumentSize    = fault.New("validation.too-large", "the file is larger than this service validates", "Use the eid program: it has no such limit.")
)

// maxDetached is the largest detached signature, in bytes.
const maxDetached = 4 << 20

// Validator judges documents that others signed and keeps nothing of them.
type Validator struct {
	// Trust to judge by; with a Revocation it may ask responders.
	Trust sign.Trust
	// Size is the largest file, in bytes: 256 MiB when zero.
	Size int64
	// Folder is where a file lies while it is judged, without a name; the
	// system's when empty.
	Folder string
	// work bounds how many are judged at once.
	work chan struct{}
}

// NewValidator makes a validator that judges at most workers documents at once;
// the others wait.
func NewValidator(trust sign.Trust, size int64, folder string, workers int) *Validator {
	or(&size, 256<<20)
	return &Validator{Trust: trust, Size: size, Folder: folder, work: make(chan struct{}, max(workers, 1))}
}

// Spool is a file while it is judged. It has no name on disk from the start, so
// that nothing of it stays whatever happens.
type Spool struct {
	file *os.File
	Name string // as the sender calls it
	Size int64  // bytes
}

// Receive takes a file; [ErrDocumentSize] when it is too large.
func (v *Validator) Receive(name string, body io.Reader) (*Spool, error) {
	f, err := os.CreateTemp(v.Folder, "validation-*")
	if err != nil {
		return nil, fmt.Errorf("making room for the file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("making room for the file: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(body, v.Size+1))
	switch {
	case err != nil:
		err = fmt.Errorf("receiving the file: %w", err)
	case n > v.Size:
		err = ErrDocumentSize
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Spool{file: f, Name: name, Size: n}, nil
}

// Close forgets the file.
func (s *Spool) Close() error {
	if s == nil {
		return nil
	}
	return s.file.Close()
}

// Validate judges a document, or a detached signature over content, which is nil
// for every other kind. The error says that there is nothing to judge.
func (v *Validator) Validate(ctx context.Context, document, content *Spool) (*sign.Report, error) {
	if document == nil || document.Size == 0 {
		return nil, ErrDocumentMissing
	}
	select {
	case v.work <- struct{}{}:
		defer func() { <-v.work }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	report, err := v.judge(ctx, document, content)
	if err != nil {
		return nil, err
	}
	report.Document.Name = document.Name
	if report.Signatures == nil {
		report.Signatures = []*sign.Signature{} // JSON has an empty list, not null
	}
	return report, nil
}

func (v *Validator) judge(ctx context.Context, document, content *Spool) (*sign.Report, error) {
	head := make([]byte, min(document.Size, pdfHead))
	if _, err := document.file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK")):
		if content != nil {
			return nil, ErrContentSurplus
		}
		return asic.Validate(ctx, document.file, document.Size, v.Trust)
	case bytes.Contains(head, []byte("%PDF-")):
		if content != nil {
			return nil, ErrContentSurplus
		}
		return pades.Validate(ctx, document.file, document.Size, v.Trust)
	case bytes.HasPrefix(head, []byte{0x30}) && document.Size <= maxDetached:
		return v.detached(ctx, document, content)
	}
	return nil, ErrUnknownKind
}

func (v *Validator) detached(ctx context.Context, signature, content *Spool) (*sign.Report, error) {
	if content == nil {
		return nil, ErrContentMissing
	}
	message := make([]byte, signature.Size)
	if _, err := signature.file.ReadAt(message, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the signature: %w", err)
	}
	return cades.Validate(ctx, message, io.NewSectionReader(content.file, 0, content.Size), v.Trust)
}
