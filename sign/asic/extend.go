package asic

import (
	"context"
	"fmt"
	"io"

	"eidgate/sign"
	"eidgate/sign/asic/internal/zipfile"
)

// Extension says how to lift the signatures of a container.
type Extension struct {
	// Level to reach: T, LT or LTA. A signature at LTA gets another archive
	// time-stamp when Level is LTA. A container that has an archive manifest, or a
	// time-stamp in place of a signature, gets another archive manifest.
	Level sign.Level
	// Trust judges the signatures first; one that is not valid is not lifted.
	// Its Revocation must ask the responders.
	Trust sign.Trust
	// Services for the levels, as in [Options].
	Timestamper sign.Timestamper
	Evidence    Gatherer
}

// Extend lifts every signature of the container in, of size bytes, and
// writes the container to out. Files and signatures that need nothing keep
// every byte. A signature that is not valid is [ErrUnsound] and nothing is
// written.
func Extend(ctx context.Context, in io.ReaderAt, size int64, out io.Writer, e Extension) (*sign.Report, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	report, err := Validate(ctx, in, size, e.Trust)
	if err != nil {
		return nil, err
	}
	if !report.Valid() {
		return report, fmt.Errorf("%w: %s", ErrUnsound, firstRefusal(report))
	}
	c, err := Open(in, size)
	if err != nil {
		return nil, err
	}
	if c.archivedAlready() {
		if lowest := levelsOf(report); e.Level < sign.LevelLTA || lowest < sign.LevelLT {
			return report, fmt.Errorf("%w: what a time-stamp of the container covers cannot be changed any more, and its lowest level is %v", ErrOptions, lowest)
		}
		return report, e.renew(ctx, c, out)
	}
	lifted, err := e.lift(ctx, c, report)
	if err != nil {
		return report, err
	}
	return report, c.replace(ctx, out, lifted, e.Trust)
}

func (e *Extension) check() error {
	switch {
	case e.Level < sign.LevelT || e.Level > sign.LevelLTA:
		return fmt.Errorf("%w: level %v", ErrOptions, e.Level)
	case e.Level != sign.LevelLT && e.Timestamper == nil, e.Level >= sign.LevelLT && e.Evidence == nil:
		return fmt.Errorf("%w: the level needs its services", ErrOptions)
	}
	return nil
}

func firstRefusal(r *sign.Report) string {
	for _, s := range r.Signatures {
		if s.Indication != sign.TotalPassed {
			return s.Sentence
		}
	}
	return "it has none"
}

// lift gives the new contents of the signature files that change.
func (e *Extension) lift(ctx context.Context, c *Container, report *sign.Report) (map[string][]byte, error) {
	levels := map[string]sign.Level{}
	for _, s := range report.Signatures {
		levels[s.ID] = s.Level
	}
	out := map[string][]byte{}
	if err := e.liftCAdES(ctx, c, levels, out); err != nil {
		return nil, err
	}
	l := &lift{services: &Options{Timestamper: e.Timestamper, Evidence: e.Evidence}, open: c.OpenFile}
	for _, entry := range c.xades {
		from, one := levels[entry.Name]
		if from >= e.Level && e.Level < sign.LevelLTA {
			continue
		}
		if !one || from == sign.NoLevel || from < sign.LevelT && e.Timestamper == nil {
			return nil, fmt.Errorf("%w: %q holds no single baseline signature, or needs a time-stamp first", ErrOptions, entry.Name)
		}
		text, err := entry.ReadAll(maxSignatureFile)
		if err != nil {
			return nil, err
		}
		if out[entry.Name], _, err = l.to(ctx, text, from, e.Level); err != nil {
			return nil, fmt.Errorf("extending %q: %w", entry.Name, err)
		}
	}
	return out, nil
}

// liftCAdES does it for CMS signatures.
func (e *Extension) liftCAdES(ctx context.Context, c *Container, levels map[string]sign.Level, out map[string][]byte) error {
	for _, entry := range c.cades {
		from := levels[entry.Name]
		if from >= e.Level && e.Level < sign.LevelLTA {
			continue
		}
		message, err := entry.ReadAll(maxSignatureFile)
		if err != nil {
			return err
		}
		if from == sign.NoLevel || from < sign.LevelT && e.Timestamper == nil {
			return fmt.Errorf("%w: %q is no baseline signature, or needs a time-stamp first", ErrOptions, entry.Name)
		}
		if out[entry.Name], _, err = liftCMS(ctx, message, from, e.Level, e.Timestamper, e.Evidence); err != nil {
			return fmt.Errorf("extending %q: %w", entry.Name, err)
		}
	}
	return nil
}

// replace writes the container with other contents for some of its files, which
// then stand at its end.
func (c *Container) replace(ctx context.Context, out io.Writer, contents map[string][]byte, trust sign.Trust) error {
	w := zipfile.NewWriter(out, trust.Time())
	for _, entry := range c.archive.Entries {
		if _, changed := contents[entry.Name]; changed {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.Copy(entry); err != nil {
			return err
		}
	}
	for _, entry := range append(c.xades[:len(c.xades):len(c.xades)], c.cades...) {
		if text, changed := contents[entry.Name]; changed {
			if err := w.Bytes(entry.Name, text); err != nil {
				return err
			}
		}
	}
	return w.Close()
}
