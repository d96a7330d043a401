package main

import (
	"context"
	"crypto"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"eidgate/card"
	"eidgate/card/pcsc"
	"eidgate/card/sim"
	"eidgate/certs/pki"
	"eidgate/internal/persofile"
	"eidgate/internal/pin"
	"eidgate/internal/vreader"
	"eidgate/pkcs11"
)

// cardsTask is the child that measures cards: PC/SC and OpenSC find their
// daemon once in the life of a process.
const cardsTask = "cards"

// cardRuns is how often each use of a card is measured.
const cardRuns = 15

// cardTable prints what a card is asked and how long that takes, for each kind
// of simulated card and each use, through this program's drivers and through
// OpenSC's PKCS#11 module, both from a closed card to a closed card.
func (b *bench) cardTable(ctx context.Context) error {
	fmt.Fprintf(b.w, "\n%-12s %-7s %12s %10s %14s %12s\n", "cards", "use", "ours", "commands", "OpenSC's", "commands")
	if missing := vreader.Missing(); missing != "" {
		fmt.Fprintf(b.w, "not measured: %s is not installed\n", missing)
		return nil
	}
	run := exec.CommandContext(ctx, b.self, childCommand, cardsTask, b.dir) //nolint:gosec // this very program
	run.Stdout, run.Stderr = b.w, os.Stderr
	return run.Run()
}

// measureCards is the child's work.
func measureCards(dir string, w io.Writer) error {
	ctx := context.Background()
	readers, err := vreader.Start(ctx, vreader.Config{})
	if err != nil {
		return err
	}
	defer readers.Close() //nolint:errcheck // the process ends
	name, value, _ := strings.Cut(readers.Environment(), "=")
	if err := os.Setenv(name, value); err != nil {
		return err
	}
	authority, err := pki.Init(filepath.Join(dir, "cards"), pki.Options{})
	if err != nil {
		return err
	}
	for _, kind := range sim.Kinds() {
		person, err := authority.Issue(pki.Applicant{Surname: "Mõõdik", GivenNames: "Mari", Code: "60001019906"})
		if err != nil {
			return err
		}
		person.Card = kind
		if len(person.PIN2) < 6 {
			person.PIN2 = "123456" // Finnish cards want six digits, the others take them
		}
		c, err := sim.New(person)
		if err != nil {
			return err
		}
		if err := readers.Insert(ctx, 0, c); err != nil {
			return err
		}
		if err := measureCard(ctx, w, kind, c, person); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if err := readers.Remove(ctx, 0); err != nil {
			return err
		}
	}
	return nil
}

// use is one thing done with a card.
type use struct {
	name         string
	ours, theirs func(context.Context) error
}

func measureCard(ctx context.Context, w io.Writer, kind string, c *sim.Card, person *persofile.File) error {
	for _, u := range uses(person) {
		time, commands, err := timed(ctx, c, u.ours)
		if err != nil {
			return fmt.Errorf("%s: %w", u.name, err)
		}
		fmt.Fprintf(w, "%-12s %-7s %12s %10d", kind, u.name, millis(time), commands)
		time, commands, err = timed(ctx, c, u.theirs)
		switch {
		case errors.Is(err, pkcs11.ErrNoModule):
			fmt.Fprintf(w, " %14s\n", "not installed")
		case errors.Is(err, pkcs11.ErrNoToken), errors.Is(err, pkcs11.ErrNoKey):
			fmt.Fprintf(w, " %14s\n", "unknown card")
		case err != nil:
			return fmt.Errorf("%s with OpenSC: %w", u.name, err)
		default:
			fmt.Fprintf(w, " %14s %12d\n", millis(time), commands)
		}
	}
	return nil
}

// uses are what users do: look which certificates there are, log in, sign.
func uses(person *persofile.File) []use {
	digest := sha512.Sum384([]byte("document"))
	session := func(do func(context.Context, card.Card) error) func(context.Context) error {
		return func(ctx context.Context) error {
			s, err := card.Open(ctx, pcsc.New(), card.Choice{})
			if err != nil {
				return err
			}
			return errors.Join(do(ctx, s.Card), s.Close())
		}
	}
	signs := func(usage card.Usage, code string) func(context.Context) error {
		return session(func(ctx context.Context, c card.Card) error {
			_, err := c.Sign(ctx, card.SignRequest{Usage: usage, Digest: digest[:], Hash: crypto.SHA384, PINs: enters(code)})
			return err
		})
	}
	theySign := func(usage x509.KeyUsage, code string) func(context.Context) error {
		return withOpenSC(func(ctx context.Context, m *pkcs11.Module) error {
			k, err := m.Find(ctx, new(pkcs11.URI), pkcs11.Options{PINs: enters(code), KeyUsage: usage})
			if err != nil {
				return err
			}
			_, err = k.SignContext(ctx, digest[:], crypto.SHA384)
			return errors.Join(err, k.Close())
		})
	}
	return []use{
		{"list", session(func(ctx context.Context, c card.Card) error {
			_, first := c.Certificate(ctx, card.Authentication)
			_, second := c.Certificate(ctx, card.Signing)
			return errors.Join(first, second)
		}), withOpenSC(func(ctx context.Context, m *pkcs11.Module) error {
			_, err := m.List(ctx, nil)
			return err
		})},
		{"login", signs(card.Authentication, person.PIN1), theySign(x509.KeyUsageDigitalSignature, person.PIN1)},
		{"sign", signs(card.Signing, person.PIN2), theySign(x509.KeyUsageContentCommitment, person.PIN2)},
	}
}

// withOpenSC opens and ends OpenSC's module around what is done.
func withOpenSC(do func(context.Context, *pkcs11.Module) error) func(context.Context) error {
	return func(ctx context.Context) error {
		path, err := pkcs11.FindModule(&pkcs11.URI{ModuleName: "opensc-pkcs11"}, nil)
		if err != nil {
			return err
		}
		m, err := pkcs11.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(do(ctx, m), m.Close())
	}
}

// timed is the median time of doing something, and the commands the card was
// sent each time.
func timed(ctx context.Context, c *sim.Card, do func(context.Context) error) (time.Duration, int, error) {
	var times []time.Duration
	commands := 0
	for range cardRuns {
		c.ClearTrace()
		start := time.Now()
		if err := do(ctx); err != nil {
			return 0, 0, err
		}
		times = append(times, time.Since(start))
		commands = len(c.Trace())
	}
	slices.Sort(times)
	return times[len(times)/2], commands, nil
}

func enters(code string) pin.Source {
	return pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) { return pin.FromBytes([]byte(code)) })
}
