package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/term"

	"eidgate/card"
	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/pades"
)

type signCommand struct {
	keyFlags

	Level        string   `enum:"B,T,LT,LTA," default:"" placeholder:"B|T|LT|LTA" help:"Baseline level (default: the settings', LT)."`
	Format       string   `enum:"pades,adbe,asice,asics" default:"pades" help:"pades; adbe for readers older than PAdES (always level B); asice: all files into one container, or one more signature on a container; asics: a container of one file."`
	Out          string   `short:"o" placeholder:"OUT" help:"Output file, or folder when several files are signed (default: NAME-signed.pdf beside each)."`
	Force        bool     `help:"Replace an existing output file."`
	Trust        string   `placeholder:"DIR" help:"Folder of trust anchors."`
	TimestampURL string   `name:"timestamp-url" placeholder:"URL" help:"RFC 3161 time-stamp authority."`
	Reason       string   `help:"Reason, written into a PDF signature."`
	Role         []string `help:"Role of the signer, written into a container's signature; may be given several times."`
	Location     string   `help:"Place, written into the signature."`
	Digest       string   `enum:"sha256,sha384,sha512" default:"sha256" help:"Digest of the document: sha256, sha384 or sha512."`
	Files        []string `arg:"" name:"FILE" help:"Files to sign: PDFs, or anything with --format asice."`
}

// errSelfCheck means that a finished file did not validate; it is never given
// to the user.
var errSelfCheck = fault.New("sign.self-check", "the signed file did not pass its own check and was thrown away",
	"Please report this; the original is unchanged.")

// Run signs the files one after the other with one key. It stops at the first
// trouble with the card or the PIN, so that a wrong PIN is not sent again.
func (c *signCommand) Run(ctx context.Context, a *app) error {
	if c.Format == "adbe" && c.Level != "" && c.Level != "B" {
		return fmt.Errorf("%w: --format adbe makes level B only", errUsage)
	}
	if c.Level == "" {
		c.Level = a.settings.Level
	}
	s, err := c.signer(ctx, a)
	if err != nil {
		return err
	}
	defer a.release(s.key.close)
	if c.Format == "asice" || c.Format == "asics" {
		return s.signContainer(ctx)
	}
	var codes []int
	for _, file := range c.Files {
		err := s.signFile(ctx, file, len(c.Files) > 1)
		if err == nil {
			continue
		}
		if len(c.Files) == 1 {
			return err
		}
		printError(a.err, fmt.Errorf("%s: %w", file, err))
		codes = append(codes, exitCode(err))
		if exitCode(err) == exitCard || ctx.Err() != nil {
			break
		}
	}
	if exit := worst(codes...); exit != exitOK {
		return verdictError(exit)
	}
	return nil
}

// signer is everything one run of eid sign needs, ready before the first PIN.
type signer struct {
	app      *app
	command  *signCommand
	key      *key
	services services
	options  pades.Options
}

func (c *signCommand) signer(ctx context.Context, a *app) (_ *signer, err error) {
	var level sign.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil || level < sign.LevelB || level > sign.LevelLTA {
		return nil, fmt.Errorf("%w: level %q", errSettings, c.Level)
	}
	// Everything that can be refused without the card is refused first.
	for _, file := range c.Files {
		if err := readable(file); err != nil {
			return nil, err
		}
	}
	store, err := a.loadTrust(c.Trust)
	if err != nil {
		return nil, err
	}
	s := &signer{app: a, command: c, services: newServices(store)}
	if err := s.levels(level); err != nil {
		return nil, err
	}
	if s.key, err = a.openKey(ctx, c.keyFlags, card.Signing); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			a.release(s.key.close)
		}
	}()
	return s, s.prepare(ctx)
}

// levels sets up the services that the level needs.
func (s *signer) levels(level sign.Level) error {
	if s.command.Format == "adbe" || level == sign.LevelB {
		return nil
	}
	tsa, err := s.app.timestamper(s.command.TimestampURL, s.services)
	if err != nil {
		return err
	}
	s.options.Timestamper = tsa
	if level >= sign.LevelLT {
		s.options.Evidence = pades.Online{Verifier: s.services.online()}
	}
	s.options.Archive = level == sign.LevelLTA
	return nil
}

// prepare finds the signer's chain and refuses a certificate that cannot sign.
// At level LT the revocation answer is needed anyway, so it is asked here too:
// a revoked certificate costs no PIN.
func (s *signer) prepare(ctx context.Context) error {
	revocation := certs.RevocationSkipped
	if s.options.Evidence != nil {
		revocation = certs.RevocationRequired
	}
	chain, err := s.services.chain(ctx, s.key, revocation)
	if err != nil {
		return err
	}
	s.options.Certificate, s.options.Chain = s.key.certificate, chain
	s.options.Hash = hashes[s.command.Digest]
	s.options.Reason, s.options.Location = s.command.Reason, s.command.Location
	person, err := certs.PersonOf(s.key.certificate)
	if err == nil && s.command.Format == "pades" { // adbe takes only ASCII, and the certificate has the name
		s.options.Name = person.FullName()
	}
	return nil
}

func readable(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", file, pades.ErrNotPDF)
	}
	return err
}

// signFile makes one signed file; on any error there is none.
func (s *signer) signFile(ctx context.Context, file string, several bool) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	name, err := outputName(file, s.command.Out, "-signed", several)
	if err != nil {
		return err
	}
	out, err := createOutput(name, file, s.command.Force)
	if err != nil {
		return err
	}
	defer out.discard()

	result, err := s.write(ctx, in, info.Size(), out)
	if err != nil {
		return full(err)
	}
	signature, err := s.check(ctx, out, result)
	if err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	s.report(name, "PAdES", result.Level, signature)
	return nil
}

func (s *signer) write(ctx context.Context, in io.ReaderAt, size int64, out *output) (*pades.Result, error) {
	p := s.app.progress(filepath.Base(out.name), size)
	defer p.end()
	options := s.options
	options.Time = s.app.now()
	options.Progress = func(done, _ int64) { p.at(done) }
	if s.command.Format == "adbe" {
		return pades.SignAdbe(ctx, in, size, out, s.key, options)
	}
	return pades.Sign(ctx, in, size, out, s.key, options)
}

// check validates the finished file with the evidence in it, as a stranger
// will. Below level LT the file cannot carry revocation answers, so their
// absence alone is no fault.
func (s *signer) check(ctx context.Context, out *output, result *pades.Result) (*sign.Signature, error) {
	report, err := result.Check(ctx, out, sign.Trust{Store: s.services.store, Now: s.app.now})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSelfCheck, err)
	}
	return accepted(report, result.Level)
}

// accepted gives the newest signature of a finished file when it holds.
func accepted(report *sign.Report, level sign.Level) (*sign.Signature, error) {
	last := newest(report)
	if last == nil {
		return nil, errSelfCheck
	}
	if last.Indication == sign.TotalPassed || level < sign.LevelLT && onlyRevocationMissing(last) {
		return last, nil
	}
	return nil, fmt.Errorf("%w: %s: %s", errSelfCheck, last.Code, last.Sentence)
}

// newest is the last signature of a person; archive time-stamps come after it.
func newest(report *sign.Report) *sign.Signature {
	for _, signature := range slices.Backward(report.Signatures) {
		if signature.Kind == sign.KindSignature {
			return signature
		}
	}
	return nil
}

// onlyRevocationMissing tells whether all that is missing is a revocation
// answer.
func onlyRevocationMissing(signature *sign.Signature) bool {
	return signature.Verdict == sign.Unclear(sign.TryLater)
}

func (s *signer) report(name, format string, level sign.Level, signature *sign.Signature) {
	who := "the holder of the key"
	if signature.Signer != nil {
		who = signature.Signer.FullName()
	}
	what := "signed at " + format + " level " + level.String()
	if s.command.Format == "adbe" {
		what = "signed as adbe.pkcs7.detached"
	}
	fmt.Fprintf(s.app.out, "%s: %s by %s with %s", plain(name), what, plain(who), plain(s.key.where))
	if !signature.Proven.IsZero() {
		fmt.Fprintf(s.app.out, ", time-stamped %s", signature.Proven.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	fmt.Fprintln(s.app.out)
}

// full names a full or failing disk for what it is.
func full(err error) error {
	var path *os.PathError
	if fault.CodeOf(err) == "" && errors.As(err, &path) {
		return fmt.Errorf("%w: %w", errOutput, err)
	}
	return err
}

// progress shows long work on the terminal that standard error is.
func (a *app) progress(name string, total int64) *progress {
	p := &progress{name: name, total: total, began: a.now(), now: a.now}
	if f, ok := a.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.w = f
	}
	return p
}
