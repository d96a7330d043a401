package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
)

type extendCommand struct {
	Level        string   `enum:"T,LT,LTA" default:"LTA" placeholder:"T|LT|LTA" help:"Level to raise to (default: LTA)."`
	Out          string   `short:"o" placeholder:"OUT" help:"Output file, or folder when several files are given (default: NAME-extended.pdf beside each)."`
	Content      string   `placeholder:"FILE" help:"The document that a detached signature is about (default: its name without .p7s)."`
	Force        bool     `help:"Replace an existing output file."`
	Trust        string   `placeholder:"DIR" help:"Folder of trust anchors."`
	TimestampURL string   `name:"timestamp-url" placeholder:"URL" help:"RFC 3161 time-stamp authority."`
	Files        []string `arg:"" name:"FILE" help:"Signed PDFs, containers and detached signatures (.p7s)."`
}

// Run raises each file: only valid signatures, and only into a new file.
func (c *extendCommand) Run(ctx context.Context, a *app) error {
	if c.Content != "" && len(c.Files) > 1 {
		return fmt.Errorf("%w: --content is about one detached signature", errUsage)
	}
	e, err := c.extender(a)
	if err != nil {
		return err
	}
	var codes []int
	for _, file := range c.Files {
		err := e.file(ctx, file)
		if err == nil {
			continue
		}
		if len(c.Files) == 1 {
			return err
		}
		printError(a.err, fmt.Errorf("%s: %w", file, err))
		codes = append(codes, exitCode(err))
	}
	if exit := worst(codes...); exit != exitOK {
		return verdictError(exit)
	}
	return nil
}

// extender is what one run of eid extend needs.
type extender struct {
	app      *app
	command  *extendCommand
	services services
	level    sign.Level
	options  pades.Options
}

func (c *extendCommand) extender(a *app) (*extender, error) {
	var level sign.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, err
	}
	store, err := a.loadTrust(c.Trust)
	if err != nil {
		return nil, err
	}
	e := &extender{app: a, command: c, services: newServices(store), level: level}
	if e.options.Timestamper, err = a.timestamper(c.TimestampURL, e.services); err != nil {
		return nil, err
	}
	if level >= sign.LevelLT {
		e.options.Evidence = pades.Online{Verifier: e.services.online()}
	}
	e.options.Archive = level == sign.LevelLTA
	return e, nil
}

// file refuses a document that is not valid now: a higher level would only
// preserve what is wrong with it.
func (e *extender) file(ctx context.Context, file string) error {
	report, err := verifyFile(ctx, file, e.command.Content, sign.Trust{Store: e.services.store, Revocation: e.services.revocation, Now: e.app.now})
	if err != nil {
		return err
	}
	if !report.Valid() {
		fmt.Fprint(e.app.out, report.Painted(e.app.paint()))
		fmt.Fprintf(e.app.err, "eid: %s: not raised and nothing written, only what is valid gets a higher level\n", plain(filepath.Base(file)))
		return verdictError(verdictExit(report))
	}
	if has := lowestLevel(report); e.level < sign.LevelLTA && has >= e.level {
		_, err := fmt.Fprintf(e.app.out, "%s: at level %s already, nothing written\n", plain(file), has)
		return err
	}
	name, err := outputName(file, e.command.Out, "-extended", len(e.command.Files) > 1)
	if err != nil {
		return err
	}
	out, err := createOutput(name, file, e.command.Force)
	if err != nil {
		return err
	}
	defer out.discard()
	var level sign.Level
	if isDetached(file, e.command.Content) {
		level, err = e.raiseDetached(ctx, file, report, out)
	} else {
		level, err = e.raise(ctx, file, out)
	}
	if err != nil {
		return full(err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.app.out, "%s: raised to level %s\n", plain(name), level)
	return err
}

// lowestLevel is that of a document's signatures; none when there are only
// time-stamps.
func lowestLevel(report *sign.Report) sign.Level {
	lowest, found := sign.LevelLTA, false
	for _, s := range report.Signatures {
		if s.Kind == sign.KindSignature {
			lowest, found = min(lowest, s.Level), true
		}
	}
	if !found {
		return sign.NoLevel
	}
	return lowest
}

// raise copies the file, appends to the copy, and checks it as a stranger will.
func (e *extender) raise(ctx context.Context, file string, out *output) (sign.Level, error) {
	in, err := os.Open(file)
	if err != nil {
		return sign.NoLevel, err
	}
	defer in.Close()
	if isContainer(in) {
		return e.raiseContainer(ctx, in, out)
	}
	size, err := io.Copy(out, in)
	if err != nil {
		return sign.NoLevel, err
	}
	result, err := pades.Extend(ctx, out, size, e.options)
	if err != nil {
		return sign.NoLevel, err
	}
	return result.Level, e.check(ctx, out, result.Size, result.Level)
}

func (e *extender) check(ctx context.Context, out *output, size int64, level sign.Level) error {
	trust := sign.Trust{Store: e.services.store, Now: e.app.now}
	if level < sign.LevelLT {
		trust.Revocation = e.services.revocation // below LT the answers are not in the file
	}
	report, err := validate(ctx, out, size, trust)
	if err != nil {
		return fmt.Errorf("%w: %w", errSelfCheck, err)
	}
	if !report.Valid() {
		return fmt.Errorf("%w: %s", errSelfCheck, report.SubIndication)
	}
	return nil
}

func (e *extender) raiseContainer(ctx context.Context, in *os.File, out *output) (sign.Level, error) {
	info, err := in.Stat()
	if err != nil {
		return sign.NoLevel, err
	}
	extension := asic.Extension{
		Level: e.level, Timestamper: e.options.Timestamper,
		Trust: sign.Trust{Store: e.services.store, Revocation: e.services.revocation, Now: e.app.now},
	}
	if e.options.Evidence != nil {
		extension.Evidence = asic.Online{Verifier: e.services.online()}
	}
	if _, err := asic.Extend(ctx, in, info.Size(), out, extension); err != nil {
		return sign.NoLevel, err
	}
	written, err := out.Stat()
	if err != nil {
		return sign.NoLevel, err
	}
	return e.level, e.check(ctx, out, written.Size(), e.level)
}
