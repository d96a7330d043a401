package pades

import (
	"context"
	"crypto"
	"fmt"
	"io"

	"eidgate/sign"
)

// Output is where a signed document goes: an empty file opened for reading and
// writing. An *os.File is one.
type Output interface {
	io.ReaderAt
	io.WriterAt
}

// Result is what became of a signature.
type Result struct {
	// Level reached.
	Level sign.Level
	// Size of the signed document in bytes.
	Size int64
	// Message is the CMS signature in the document.
	Message []byte

	copied *prefix
}

// Sign signs the size bytes of in with one use of the key and writes the signed
// document to out, at the level that o's services allow. On an error what was
// written to out must be thrown away; in is never written.
//
// Errors before the key is used are those of [Prepare]. After it they are the
// key's own, the services' own, [ErrReservation], and errors of writing; none
// of them leads to a second use.
func Sign(ctx context.Context, in io.ReaderAt, size int64, out Output, key crypto.Signer, o Options) (*Result, error) {
	p, err := PrepareTo(ctx, in, size, &appender{Output: out}, o)
	if err != nil {
		return nil, err
	}
	o.Hash = p.hash // the field may have chosen it
	o = o.withDefaults()
	signature, err := key.Sign(o.Random, p.Digest(), p.SignerOptions())
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	r := &Result{Level: sign.LevelB, Size: p.Size(), copied: p.copied}
	if r.Message, err = p.Message(signature); err != nil {
		return nil, err
	}
	if o.Timestamper != nil {
		if r.Message, err = AddTimestamp(ctx, r.Message, o.Timestamper, o.Hash); err != nil {
			return nil, err
		}
		r.Level = sign.LevelT
	}
	if err := p.Patch(out, r.Message); err != nil {
		return nil, err
	}
	return r, raise(ctx, out, r, [][]byte{r.Message}, &o)
}

// raise appends what makes level LT about the messages, and what makes LTA.
func raise(ctx context.Context, out Output, r *Result, messages [][]byte, o *Options) error {
	if o.Evidence == nil {
		return nil
	}
	evidence, err := gather(ctx, o.Evidence, messages)
	if err != nil {
		return err
	}
	update, err := LongTermUpdate(out, r.Size, evidence)
	if err != nil {
		return err
	}
	if err := r.append(out, update, sign.LevelLT); err != nil || !o.Archive {
		return err
	}
	if update, err = archiveUpdate(ctx, out, r.Size, r.copied, o); err != nil {
		return err
	}
	return r.append(out, update, sign.LevelLTA)
}

// append writes an update after the file and notes the level it makes.
func (r *Result) append(out Output, update []byte, level sign.Level) error {
	if _, err := out.WriteAt(update, r.Size); err != nil {
		return fmt.Errorf("writing the signed document: %w", err)
	}
	r.Size += int64(len(update))
	r.Level = level
	return nil
}

// appender writes to an output from its beginning on.
type appender struct {
	Output
	pos int64
}

func (a *appender) Write(b []byte) (int, error) {
	n, err := a.WriteAt(b, a.pos)
	a.pos += int64(n)
	return n, err
}
