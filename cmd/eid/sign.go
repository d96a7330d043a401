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
	pdfFlags

	Level        string   `enum:"B,T,LT,LTA," default:"" placeholder:"B|T|LT|LTA" help:"Baseline level (default: the settings', LT)."`
	Format       string   `enum:"pades,adbe,cades,asice,asics,asice-cades,asics-cades" default:"pades" placeholder:"FORMAT" help:"pades (default); adbe for PDF readers older than PAdES (always level B); cades: the signature in a file of its own; asice: all files into one container, or one more signature on a container; asics: a container of one file; asice-cades and asics-cades: the same with CAdES."`
	Batch        bool     `help:"Sign each file on its own, containers too, and take folders for the files in them. A token that allows it is asked for its PIN once."`
	Out          string   `short:"o" placeholder:"OUT" help:"Output file, or folder when several files are signed (default: NAME-signed.pdf beside each)."`
	Force        bool     `help:"Replace an existing output file."`
	Trust        string   `placeholder:"DIR" help:"Folder of trust anchors."`
	TimestampURL string   `name:"timestamp-url" placeholder:"URL" help:"RFC 3161 time-stamp authority."`
	Role         []string `sep:"none" placeholder:"ROLE" help:"Role of the signer, written into a container's signature; may be given several times."`
	Location     string   `placeholder:"TEXT" help:"Place, written into the signature."`
	Digest       string   `enum:"sha256,sha384,sha512" default:"sha256" placeholder:"sha256|sha384|sha512" help:"Digest of the document (default: sha256)."`
	PSS          bool     `name:"pss" help:"Make an RSA key sign with RSASSA-PSS."`
	Files        []string `arg:"" name:"FILE" help:"Files to sign: PDFs, or anything in the other formats."`
}

// errSelfCheck means that a finished file did not validate; it is never given
// to the user.
var errSelfCheck = fault.New("sign.self-check", "the signed file did not pass its own check and was thrown away",
	"Please report this; the original is unchanged.")

// Run signs the files one after the other with one key; see [signer.batch] for
// what stops it.
func (c *signCommand) Run(ctx context.Context, a *app) error {
	f, err := formatNamed(c.Format)
	if err != nil {
		return err
	}
	if err := c.check(f); err != nil {
		return err
	}
	if c.Level == "" {
		c.Level = a.settings.Level
	}
	jobs, err := c.plan(f)
	if err != nil {
		return err
	}
	s, err := c.signer(ctx, a, f)
	if err != nil {
		return err
	}
	defer a.release(s.key.close)
	return s.batch(ctx, jobs)
}

// check refuses flags that the format does not know.
func (c *signCommand) check(f format) error {
	switch {
	case c.Format == "adbe" && c.Level != "" && c.Level != "B":
		return fmt.Errorf("%w: --format adbe makes level B only", errUsage)
	case c.Format == "adbe" && c.PSS:
		return fmt.Errorf("%w: readers older than PAdES do not know --pss", errUsage)
	case !f.pdf() && c.used():
		return fmt.Errorf("%w: --reason, --field, --certify and what a page shows are for PDF; containers with XAdES take --role and --location", errUsage)
	case c.Format == "adbe" && (c.Field != "" || c.Certify != "none" || c.visible()):
		return fmt.Errorf("%w: --format adbe signs without field, certification and picture", errUsage)
	case len(c.Role) > 0 && (!f.container() || f.cades):
		return fmt.Errorf("%w: --role is for containers with XAdES", errUsage)
	case c.Location != "" && f.cades:
		return fmt.Errorf("%w: --location is for PDF and for containers with XAdES", errUsage)
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
	format   format
}

func (c *signCommand) signer(ctx context.Context, a *app, f format) (_ *signer, err error) {
	var level sign.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil || level < sign.LevelB || level > sign.LevelLTA {
		return nil, fmt.Errorf("%w: level %q", errSettings, c.Level)
	}
	store, err := a.loadTrust(c.Trust)
	if err != nil {
		return nil, err
	}
	s := &signer{app: a, command: c, services: newServices(store), format: f}
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
	s.options.Hash, s.options.PSS = hashes[s.command.Digest], s.command.PSS
	s.options.Reason, s.options.Location = s.command.Reason, s.command.Location
	s.options.Field, s.options.Certify = s.command.Field, permissions()[s.command.Certify]
	if s.options.Visible, err = s.command.shown(); err != nil {
		return err
	}
	person, err := certs.PersonOf(s.key.certificate)
	if err == nil && s.command.Format == "pades" { // adbe takes only ASCII, and the certificate has the name
		s.options.Name = person.FullName()
	}
	return s.letters(ctx)
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

// signFile makes one signed PDF; on any error there is none.
func (s *signer) signFile(ctx context.Context, j job) error {
	in, err := os.Open(j.name())
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := createOutput(j.output, j.name(), s.command.Force)
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
	s.report(j.output, result.Level, signature)
	return nil
}

func (s *signer) write(ctx context.Context, in io.ReaderAt, size int64, out *output) (*pades.Result, error) {
	p := s.app.progress(filepath.Base(out.name), size)
	defer p.end()
	options := s.options
	options.Time = s.app.now()
	options.Progress = func(done, _ int64) { p.at(done) }
	if err := s.place(in, size, &options); err != nil {
		return nil, err
	}
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

func (s *signer) report(name string, level sign.Level, signature *sign.Signature) {
	who := "the holder of the key"
	if signature.Signer != nil {
		who = signature.Signer.FullName()
	}
	what := "signed at " + s.format.label + " level " + level.String()
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
