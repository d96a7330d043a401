package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
	"eidgate/sign/xades"
)

// isContainer tells a ZIP archive from a PDF by its first bytes; what kind of
// container it is, if any, is for sign/asic to say.
func isContainer(in io.ReaderAt) bool {
	magic := make([]byte, 4)
	_, err := in.ReadAt(magic, 0)
	return err == nil && bytes.Equal(magic, []byte("PK\x03\x04"))
}

// isContainerFile looks into a file; one that cannot be read is none.
func isContainerFile(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return isContainer(f)
}

// validate judges a PDF or a container.
func validate(ctx context.Context, in io.ReaderAt, size int64, trust sign.Trust) (*sign.Report, error) {
	if isContainer(in) {
		return asic.Validate(ctx, in, size, trust)
	}
	report, err := pades.Validate(ctx, in, size, trust)
	if fault.CodeOf(err) == "pdf.not-a-pdf" {
		return nil, errNoDocument
	}
	return report, err
}

// errNoDocument is about a file that cannot hold a signature.
var errNoDocument = fault.New("eid.no-signed-document", "the file is neither a PDF nor a signed container",
	"For a signature in a file of its own, name that file, FILE.p7s.")

// signContainer signs the files together into one container, or adds a
// signature to the container that the only file is.
func (s *signer) signContainer(ctx context.Context, j job) error {
	first, err := os.Open(j.name())
	if err != nil {
		return err
	}
	defer first.Close()
	out, err := createOutput(j.output, j.name(), s.command.Force)
	if err != nil {
		return err
	}
	defer out.discard()
	var result *asic.Result
	if j.adding {
		result, err = s.addSignature(ctx, first, out)
	} else {
		result, err = s.newContainer(ctx, j.files, out)
	}
	if err != nil {
		return full(err)
	}
	signature, err := s.checkContainer(ctx, out, result)
	if err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	s.report(j.output, result.Level, signature)
	return nil
}

func (s *signer) containerOptions(p *progress) asic.Options {
	o := asic.Options{
		Kind: s.format.kind, CAdES: s.format.cades, PSS: s.options.PSS, Certificate: s.options.Certificate, Chain: s.options.Chain, Hash: s.options.Hash,
		Time: s.app.now(), Roles: s.command.Role, Place: xades.Place{City: s.command.Location},
		Timestamper: s.options.Timestamper, Archive: s.options.Archive,
		Progress: func(done, _ int64) { p.at(done) },
	}
	if s.options.Evidence != nil {
		o.Evidence = asic.Online{Verifier: s.services.online()}
	}
	return o
}

func (s *signer) newContainer(ctx context.Context, names []string, out *output) (*asic.Result, error) {
	var files []asic.File
	var total int64
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		total += info.Size()
		files = append(files, asic.File{Name: filepath.Base(name), Content: f, Size: info.Size()})
	}
	p := s.app.progress(filepath.Base(out.name), total)
	defer p.end()
	return asic.Sign(ctx, files, out, s.key, s.containerOptions(p))
}

func (s *signer) addSignature(ctx context.Context, in *os.File, out *output) (*asic.Result, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	p := s.app.progress(filepath.Base(out.name), info.Size())
	defer p.end()
	return asic.AddSignature(ctx, in, info.Size(), out, s.key, s.containerOptions(p))
}

// checkContainer validates the finished container as [signer.check] does a PDF.
func (s *signer) checkContainer(ctx context.Context, out *output, result *asic.Result) (*sign.Signature, error) {
	info, err := out.Stat()
	if err != nil {
		return nil, err
	}
	report, err := asic.Validate(ctx, out, info.Size(), sign.Trust{Store: s.services.store, Now: s.app.now})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSelfCheck, err)
	}
	return accepted(report, result.Level)
}
