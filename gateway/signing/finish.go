package signing

import (
	"context"
	"fmt"
	"io"

	"eidgate/sign/asic"
	"eidgate/sign/pades"
)

// finishPDF makes what comes after the document: signing only appends, so the
// upload stays the beginning of the result.
func (j *job) finishPDF(ctx context.Context, p *pades.Prepared, message []byte) (*finished, error) {
	s, size := j.service, j.row.Files[0].Size
	message, err := pades.AddTimestamp(ctx, message, s.Timestamper, j.choice.hash)
	if err != nil {
		return nil, fmt.Errorf("time-stamping: %w", err)
	}
	evidence, err := pades.Online{Verifier: s.Verifier}.Gather(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("gathering revocation answers: %w", err)
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	source := j.source(ctx, 0)
	end := tail{skip: size}
	if err := p.Complete(ctx, source, &end, message); err != nil {
		return nil, fmt.Errorf("completing the document: %w", err)
	}
	document := &joined{first: source, size: size, rest: end.kept}
	update, err := pades.LongTermUpdate(document, p.Size(), evidence)
	if err != nil {
		return nil, fmt.Errorf("adding revocation answers: %w", err)
	}
	document.rest = append(document.rest, update...)
	out := &finished{result: document.rest, size: size + int64(len(document.rest))}
	report, err := pades.Validate(ctx, document, out.size, s.trust())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSelfCheck, err)
	}
	out.proven, err = j.accept(report)
	return out, err
}

// tail keeps what is written after the first skip bytes.
type tail struct {
	skip int64
	kept []byte
}

func (t *tail) Write(b []byte) (int, error) {
	n := len(b)
	if cut := min(t.skip, int64(len(b))); cut > 0 {
		b, t.skip = b[cut:], t.skip-cut
	}
	t.kept = append(t.kept, b...)
	return n, nil
}

var _ io.Writer = (*tail)(nil)

// finishContainer makes the signature file and, when the files are here, the
// container.
func (j *job) finishContainer(ctx context.Context, p *asic.Prepared, message []byte) (*finished, error) {
	s := j.service
	lifted, err := p.Lift(ctx, message, asic.Options{Timestamper: s.Timestamper, Evidence: asic.Online{Verifier: s.Verifier}}, nil)
	if err != nil {
		return nil, fmt.Errorf("lifting the signature: %w", err)
	}
	if j.row.Mode == Upload {
		return j.writeContainer(ctx, p, lifted.Message)
	}
	report, err := p.Judge(ctx, lifted.Message, s.trust())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSelfCheck, err)
	}
	out := &finished{result: lifted.Message}
	out.proven, err = j.accept(report)
	return out, err
}

func (j *job) writeContainer(ctx context.Context, p *asic.Prepared, message []byte) (*finished, error) {
	s := j.service
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	// Nobody else's: another node may be writing the same container, and the
	// first to finish wins.
	purpose, err := s.newID("result_")
	if err != nil {
		return nil, err
	}
	w, err := s.newBlob(ctx, j.row.ID, purpose)
	if err != nil {
		return nil, err
	}
	out, err := j.fillContainer(ctx, p, w, message)
	if err != nil {
		w.drop(ctx)
		w.release()
		return nil, err
	}
	return out, nil
}

func (j *job) fillContainer(ctx context.Context, p *asic.Prepared, w *blobWriter, message []byte) (*finished, error) {
	if err := p.Write(ctx, w, j.files(ctx), message); err != nil {
		return nil, fmt.Errorf("writing the container: %w", err)
	}
	report, err := asic.Validate(ctx, w.reader(j.service), w.size(), j.service.trust())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSelfCheck, err)
	}
	out := &finished{result: message, container: w, size: w.size()}
	out.proven, err = j.accept(report)
	return out, err
}
