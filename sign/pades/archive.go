package pades

import (
	"context"
	"errors"
	"fmt"
	"io"

	"eidgate/internal/cms"
	"eidgate/sign"
	"eidgate/sign/internal/pdf"
)

// archiveUpdate gives the incremental update with a document time-stamp over
// the whole file: EN 319 142-1 §5.4.3. known saves reading the beginning again.
func archiveUpdate(ctx context.Context, in io.ReaderAt, size int64, known *prefix, o *Options) ([]byte, error) {
	f, err := pdf.Open(in, size)
	if err != nil {
		return nil, err
	}
	field, err := timestampTarget(f.Latest())
	if err != nil {
		return nil, err
	}
	p, err := place(f, plan{head: []byte(timestampHead), reserved: o.TimestampSpace, target: field})
	if err != nil {
		return nil, err
	}
	h, start := known.resume(o.Hash, size)
	if err := stream(ctx, io.NewSectionReader(in, start, size-start), size-start, h, nil, nil); err != nil {
		return nil, err
	}
	before, after := p.parts()
	h.Write(before)
	h.Write(after)
	token, err := o.Timestamper.Stamp(ctx, o.Hash, h.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("getting the document time-stamp: %w", err)
	}
	if len(token.DER) > p.reserved {
		return nil, fmt.Errorf("%w: a time-stamp of %d bytes, %d are kept", ErrReservation, len(token.DER), p.reserved)
	}
	copy(p.update[p.contents+1-p.size:], p.fill(token.DER))
	return p.update, nil
}

// Extend raises the signatures of the signed document in out, size bytes long,
// as far as the services of o allow; the key is not needed, and of o only Hash,
// TimestampSpace, Timestamper, Evidence and Archive are used. Signatures
// without a time-stamp get a document time-stamp first. With Archive a
// document time-stamp protects all evidence, that of earlier archive
// time-stamps too; doing so again every few years is how it is renewed.
//
// It only appends. On an error what was appended must be cut off again. The
// document is not validated: a broken signature stays broken. A document
// without a signature is [ErrNotSigned].
func Extend(ctx context.Context, out Output, size int64, o Options) (*Result, error) {
	if o.Timestamper == nil {
		return nil, errors.New("extending a signature: no time-stamp service")
	}
	if o.Archive && o.Evidence == nil {
		return nil, errors.New("extending a signature: level LTA needs evidence")
	}
	o = o.withDefaults()
	messages, stamped, err := messagesOf(out, size)
	if err != nil {
		return nil, err
	}
	r := &Result{Size: size, Level: sign.LevelT}
	if !stamped {
		update, err := archiveUpdate(ctx, out, r.Size, nil, &o)
		if err != nil {
			return nil, err
		}
		if err := r.append(out, update, sign.LevelT); err != nil {
			return nil, err
		}
		if messages, _, err = messagesOf(out, r.Size); err != nil {
			return nil, err
		}
	}
	return r, raise(ctx, out, r, messages, &o)
}

// messagesOf gives every CMS message of a document, and whether each signature
// has a time-stamp of its own or one over the whole document after it.
func messagesOf(in io.ReaderAt, size int64) (messages [][]byte, stamped bool, err error) {
	f, err := pdf.Open(in, size)
	if err != nil {
		return nil, false, err
	}
	signatures, err := f.Latest().Signatures()
	if err != nil {
		return nil, false, err
	}
	lastStamp, lastBare := -1, -1
	for i := range signatures {
		s := &signatures[i]
		data, rest, err := cms.ParsePrefix(s.Contents)
		if err != nil {
			return nil, false, fmt.Errorf("reading a signature: %w", err)
		}
		messages = append(messages, s.Contents[:len(s.Contents)-len(rest)])
		signer, err := data.One()
		switch {
		case err != nil:
			return nil, false, fmt.Errorf("reading a signature: %w", err)
		case data.ContentType.Equal(cms.OIDTSTInfo):
			lastStamp = max(lastStamp, s.Revision)
		case !signer.Unsigned.Has(cms.OIDSignatureTimestamp):
			lastBare = max(lastBare, s.Revision)
		}
	}
	if len(messages) == 0 {
		return nil, false, ErrNotSigned
	}
	return messages, lastBare < 0 || lastStamp > lastBare, nil
}
