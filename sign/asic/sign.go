package asic

import (
	"context"
	"crypto"
	"fmt"
	"io"

	"eidgate/sign"
	"eidgate/sign/xades"
)

// Result is what became of a signature.
type Result struct {
	// Level reached.
	Level sign.Level
	// Name of the signature's file in the container.
	Name string
	// Message is the signature: a file of XAdES signatures, or CMS.
	Message []byte
}

// Sign signs files with one use of the key and writes them as a new container
// to out, at the level that o's services allow. On an error what was written to
// out must be thrown away; nothing is written before the signature is finished.
//
// Errors before the key is used are those of [Prepare]. After it they are the
// key's own, the services' own, [ErrDocumentChanged] and errors of writing; none
// of them leads to a second use.
func Sign(ctx context.Context, files []File, out io.Writer, key crypto.Signer, o Options) (*Result, error) {
	p, err := Prepare(ctx, files, o)
	if err != nil {
		return nil, err
	}
	r, err := p.sign(ctx, key, &o, Contents(files))
	if err != nil {
		return nil, err
	}
	progress := newProgress(o.Progress, files)
	progress.done = progress.total / 2
	return r, p.write(ctx, out, files, r.Message, progress)
}

// AddSignature adds a signature to the container in, of size bytes, with one
// use of the key, and writes the new container to out. The signatures already
// there keep every byte.
func AddSignature(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, key crypto.Signer, o Options) (*Result, error) {
	p, err := PrepareAdd(ctx, in, size, o)
	if err != nil {
		return nil, err
	}
	c, err := Open(in, size)
	if err != nil {
		return nil, err
	}
	r, err := p.sign(ctx, key, &o, c.OpenFile)
	if err != nil {
		return nil, err
	}
	return r, p.WriteInto(ctx, in, size, out, r.Message)
}

// sign uses the key once and lifts the signature.
func (p *Prepared) sign(ctx context.Context, key crypto.Signer, o *Options, open xades.Content) (*Result, error) {
	random := o.withDefaults().Random
	value, err := key.Sign(random, p.Digest(), p.SignerOptions())
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	message, err := p.Message(value)
	if err != nil {
		return nil, err
	}
	return p.Lift(ctx, message, *o, open)
}

// Lift raises the signature that [Prepared.Message] gave to the level that o's
// services allow; nothing else of o is used. open gives the files again, for
// level LTA: [Contents] of the files, or [Container.OpenFile]. The result's
// message is what [Prepared.Write] and [Prepared.WriteInto] take.
func (p *Prepared) Lift(ctx context.Context, message []byte, o Options, open xades.Content) (*Result, error) {
	if o.Evidence != nil && o.Timestamper == nil || o.Archive && o.Evidence == nil {
		return nil, fmt.Errorf("%w: each level needs the one below it", ErrOptions)
	}
	if o.Archive && p.detached {
		return nil, fmt.Errorf("%w: an archive time-stamp is over the files, which are elsewhere", ErrOptions)
	}
	r := &Result{Level: sign.LevelB, Name: p.name, Message: message}
	if p.cades {
		return r, p.liftCAdES(ctx, r, &o)
	}
	l := &lift{services: &o, open: open, hash: p.hash}
	var err error
	r.Message, r.Level, err = l.to(ctx, message, sign.LevelB, o.level())
	return r, err
}

// Contents opens files by name.
func Contents(files []File) xades.Content {
	return func(name string) (io.ReadCloser, error) {
		for i := range files {
			if f := &files[i]; f.Name == name {
				return io.NopCloser(io.NewSectionReader(f.Content, 0, f.Size)), nil
			}
		}
		return nil, fmt.Errorf("%w: %q", ErrFileMissing, name)
	}
}

// level is the one that the services make.
func (o *Options) level() sign.Level {
	switch {
	case o.Archive:
		return sign.LevelLTA
	case o.Evidence != nil:
		return sign.LevelLT
	case o.Timestamper != nil:
		return sign.LevelT
	}
	return sign.LevelB
}

// lift adds levels to an XAdES signature, one after the other.
type lift struct {
	services *Options
	open     xades.Content
	hash     crypto.Hash
}

func (l *lift) to(ctx context.Context, message []byte, from, to sign.Level) (_ []byte, level sign.Level, err error) {
	s := l.services
	if from < sign.LevelT && to >= sign.LevelT {
		if message, err = xades.AddTimestamp(ctx, message, s.Timestamper, l.hash); err != nil {
			return nil, from, err
		}
		from = sign.LevelT
	}
	if from < sign.LevelLT && to >= sign.LevelLT {
		evidence, err := s.Evidence.Gather(ctx, message)
		if err != nil {
			return nil, from, fmt.Errorf("getting the evidence for level LT: %w", err)
		}
		if message, err = xades.AddEvidence(message, evidence); err != nil {
			return nil, from, err
		}
		from = sign.LevelLT
	}
	if to < sign.LevelLTA {
		return message, from, nil
	}
	message, err = l.archive(ctx, message)
	return message, sign.LevelLTA, err
}

// archive adds an archive time-stamp. What older ones rest on goes before it,
// to be protected; what it rests on itself goes after it.
func (l *lift) archive(ctx context.Context, message []byte) (_ []byte, err error) {
	for _, step := range []func() ([]byte, error){
		func() ([]byte, error) { return l.archiveEvidence(ctx, message) },
		func() ([]byte, error) {
			return xades.AddArchiveTimestamp(ctx, message, l.open, l.services.Timestamper, l.hash)
		},
		func() ([]byte, error) { return l.archiveEvidence(ctx, message) },
	} {
		if message, err = step(); err != nil {
			return nil, err
		}
	}
	return message, nil
}

func (l *lift) archiveEvidence(ctx context.Context, message []byte) ([]byte, error) {
	evidence, err := l.services.Evidence.GatherArchive(ctx, message, l.open)
	if err != nil {
		return nil, fmt.Errorf("getting the evidence for level LTA: %w", err)
	}
	return xades.AddEvidence(message, evidence)
}
