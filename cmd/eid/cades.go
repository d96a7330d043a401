package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/cades"
)

// errNoContent is a detached signature without the document it is about.
var errNoContent = fault.New("usage.no-content", "the document that the detached signature is about is not there",
	"Name it with --content FILE; without it, it is looked for beside the signature under the name without .p7s.")

// maxDetached is more than any CMS signature with its evidence, in bytes.
const maxDetached = 16 << 20

// signDetached makes a CAdES signature in a file of its own.
func (s *signer) signDetached(ctx context.Context, j job) error {
	in, err := os.Open(j.name())
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := createOutput(j.output, j.name(), s.command.Force)
	if err != nil {
		return err
	}
	defer out.discard()
	message, level, err := s.detached(ctx, in)
	if err != nil {
		return full(err)
	}
	signature, err := s.checkDetached(ctx, message, in, level)
	if err != nil {
		return err
	}
	if _, err := out.Write(message); err != nil {
		return full(err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	s.report(j.output, level, signature)
	return nil
}

// detached signs with one use of the key and lifts the signature.
func (s *signer) detached(ctx context.Context, in *os.File) (message []byte, level sign.Level, err error) {
	info, err := in.Stat()
	if err != nil {
		return nil, sign.NoLevel, err
	}
	p := s.app.progress(filepath.Base(in.Name()), info.Size())
	defer p.end()
	prepared, err := cades.PrepareContent(ctx, &watched{in: in, progress: p}, cades.Options{
		Certificate: s.options.Certificate, Chain: s.options.Chain, Hash: s.options.Hash, PSS: s.options.PSS,
		SigningTime: s.app.now(),
	})
	if err != nil {
		return nil, sign.NoLevel, err
	}
	p.end()
	value, err := s.key.Sign(rand.Reader, prepared.Digest(), prepared.Options())
	if err != nil {
		return nil, sign.NoLevel, fmt.Errorf("signing: %w", err)
	}
	if message, err = prepared.Complete(value); err != nil {
		return nil, sign.NoLevel, err
	}
	lift := cades.Lift{Timestamper: s.options.Timestamper}
	to := sign.LevelB
	switch {
	case s.options.Archive:
		to = sign.LevelLTA
	case s.options.Evidence != nil:
		to = sign.LevelLT
	case s.options.Timestamper != nil:
		to = sign.LevelT
	}
	if to >= sign.LevelLT {
		lift.Evidence = cades.Online{Verifier: s.services.online()}
	}
	return lift.To(ctx, message, sign.LevelB, to)
}

// content gives a file again from its beginning.
func content(f *os.File) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		return io.NopCloser(io.NewSectionReader(f, 0, info.Size())), nil
	}
}

// watched tells how much of a file was read.
type watched struct {
	in       io.Reader
	done     int64
	progress *progress
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.in.Read(b)
	w.done += int64(n)
	w.progress.at(w.done)
	return n, err
}

func (s *signer) checkDetached(ctx context.Context, message []byte, in *os.File, level sign.Level) (*sign.Signature, error) {
	document, err := content(in)()
	if err != nil {
		return nil, err
	}
	report, err := cades.Validate(ctx, message, document, sign.Trust{Store: s.services.store, Now: s.app.now})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSelfCheck, err)
	}
	return accepted(report, level)
}

// isDetached tells a detached signature by its name, or by --content.
func isDetached(file, content string) bool {
	return content != "" || strings.EqualFold(filepath.Ext(file), ".p7s")
}

// openDetached reads a signature and opens the document it is about.
func openDetached(file, named string) (message []byte, document *os.File, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if message, err = io.ReadAll(io.LimitReader(f, maxDetached+1)); err != nil {
		return nil, nil, err
	}
	if len(message) > maxDetached {
		return nil, nil, fmt.Errorf("%s: %w", file, errTooLong)
	}
	if named == "" {
		named = strings.TrimSuffix(file, filepath.Ext(file))
	}
	if document, err = os.Open(named); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errNoContent, err)
	}
	info, err := document.Stat()
	if err != nil || !info.Mode().IsRegular() {
		document.Close()
		return nil, nil, errNoContent
	}
	return message, document, nil
}

var errTooLong = fault.New("cms.too-large", "this is no signature: it is too long for one", "")

func verifyDetached(ctx context.Context, file, named string, trust sign.Trust) (*sign.Report, error) {
	message, document, err := openDetached(file, named)
	if err != nil {
		return nil, err
	}
	defer document.Close()
	report, err := cades.Validate(ctx, message, document, trust)
	if err != nil {
		return nil, err
	}
	report.Document.Name = filepath.Base(document.Name())
	return report, nil
}

// raiseDetached lifts a detached signature and checks it as a stranger will.
func (e *extender) raiseDetached(ctx context.Context, file string, report *sign.Report, out *output) (sign.Level, error) {
	message, document, err := openDetached(file, e.command.Content)
	if err != nil {
		return sign.NoLevel, err
	}
	defer document.Close()
	lift := cades.Lift{Timestamper: e.options.Timestamper}
	if e.level >= sign.LevelLT {
		lift.Evidence = cades.Online{Verifier: e.services.online()}
	}
	lifted, level, err := lift.To(ctx, message, report.Signatures[0].Level, e.level)
	if err != nil {
		return sign.NoLevel, err
	}
	trust := sign.Trust{Store: e.services.store, Now: e.app.now}
	if level < sign.LevelLT {
		trust.Revocation = e.services.revocation
	}
	now, err := cades.Validate(ctx, lifted, document, trust)
	if err != nil {
		return sign.NoLevel, fmt.Errorf("%w: %w", errSelfCheck, err)
	}
	if !now.Valid() {
		return sign.NoLevel, fmt.Errorf("%w: %s", errSelfCheck, now.SubIndication)
	}
	_, err = out.Write(lifted)
	return level, err
}
