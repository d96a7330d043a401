package signing

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
)

// prepared is what sign/pades and sign/asic have in common: a signature that
// lacks its value.
type prepared interface {
	Digest() []byte
	SignerOptions() crypto.SignerOpts
	MarshalBinary() ([]byte, error)
	Message(value []byte) ([]byte, error)
}

// job is one signature being prepared or completed.
type job struct {
	service  *Service
	row      *row
	cert     *x509.Certificate
	chain    []*x509.Certificate
	name     string
	at       time.Time
	choice   choice
	prepared prepared
}

// onlyHash is the hash the digests were made with, in mode Digests.
func (r *row) onlyHash() crypto.Hash {
	if r.Mode == Digests {
		return crypto.SHA256
	}
	return 0
}

// prepare reads the documents and makes everything but the value.
func (j *job) prepare(ctx context.Context) (prepared, error) {
	if j.row.Format == PAdES {
		return known(pades.Prepare(ctx, j.source(ctx, 0), j.row.Files[0].Size, pades.Options{
			Certificate: j.cert, Chain: j.chain, Hash: j.choice.hash, PSS: j.choice.pss, Time: j.at,
			Name: j.name, TimestampSpace: pades.DefaultTimestampSpace,
		}))
	}
	o := asic.Options{Certificate: j.cert, Chain: j.chain, Hash: j.choice.hash, PSS: j.choice.pss, Time: j.at}
	if j.row.Mode == Upload {
		return known(asic.Prepare(ctx, j.files(ctx), o))
	}
	var digests []asic.FileDigest
	for _, f := range j.row.Files {
		digests = append(digests, asic.FileDigest{Name: f.Name, MediaType: f.MediaType, Size: f.Size, Digest: f.SHA256})
	}
	return known(asic.PrepareDetached(digests, o))
}

// known keeps a nil pointer from becoming an interface that is not nil.
func known[P prepared](p P, err error) (prepared, error) {
	if err != nil {
		return nil, fmt.Errorf("preparing the signature: %w", err)
	}
	return p, nil
}

// restore goes on with what prepare stored.
func (s *Service) restore(r *row) (*job, error) {
	cert, err := r.signer()
	if err != nil {
		return nil, err
	}
	j := &job{service: s, row: r, cert: cert, at: r.preparedAt}
	if j.choice.hash, err = hashNamed(r.hash); err != nil {
		return nil, err
	}
	if r.Format == PAdES {
		j.prepared, err = known(pades.Restore(r.prepared, cert))
	} else {
		j.prepared, err = known(asic.Restore(r.prepared, cert))
	}
	if err != nil {
		return nil, err
	}
	return j, nil
}

// source reads an uploaded file.
func (j *job) source(ctx context.Context, number int) io.ReaderAt {
	f := &j.row.Files[number]
	return j.service.reader(ctx, f.blob, f.Size)
}

func (j *job) files(ctx context.Context) []asic.File {
	files := make([]asic.File, len(j.row.Files))
	for i, f := range j.row.Files {
		files[i] = asic.File{Name: f.Name, MediaType: f.MediaType, Content: j.source(ctx, i), Size: f.Size}
	}
	return files
}

// finished is a signed document that was made and validated, and not yet stored.
type finished struct {
	result    []byte      // end of a PDF, or signature file of a container
	container *blobWriter // a whole container, not sealed yet
	size      int64
	proven    time.Time
}

// finish lifts the signature to level LT, makes the document and validates it.
func (j *job) finish(ctx context.Context, value []byte) (*finished, error) {
	message, err := j.prepared.Message(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	switch p := j.prepared.(type) {
	case *pades.Prepared:
		return j.finishPDF(ctx, p, message)
	case *asic.Prepared:
		return j.finishContainer(ctx, p, message)
	}
	return nil, ErrLost
}

// accept finds our signature in a report on the result: it must be the newest,
// by this certificate, valid and at level LT. What others signed before is
// theirs.
func (j *job) accept(report *sign.Report) (time.Time, error) {
	want := sign.PersonalCertificate(j.cert).SHA256
	for i := len(report.Signatures) - 1; i >= 0; i-- {
		got := report.Signatures[i]
		if got.Kind != sign.KindSignature {
			continue
		}
		switch {
		case got.Certificate == nil || got.Certificate.SHA256 != want:
			return time.Time{}, fmt.Errorf("%w: the newest signature is another one", ErrSelfCheck)
		case got.Indication != sign.TotalPassed:
			return time.Time{}, fmt.Errorf("%w: %s", ErrSelfCheck, got.Code)
		case got.Level < sign.LevelLT:
			return time.Time{}, fmt.Errorf("%w: it is at level %v", ErrSelfCheck, got.Level)
		}
		return got.Proven, nil
	}
	return time.Time{}, fmt.Errorf("%w: it has no signature", ErrSelfCheck)
}

// blob is the container's, or empty.
func (f *finished) blob() string {
	if f.container == nil {
		return ""
	}
	return f.container.id
}
