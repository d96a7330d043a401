package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"eidgate/internal/fault"
)

const batchHelp = `Signing several files with eid sign:

  Several PDFs, or files with --format cades, are signed one after the other.
  --batch does so for containers too, one for each file, and takes a folder for
  the files in it (for PDF formats the PDFs), not for those in folders deeper.

  Before a card is used, every file is looked at: one that cannot be read, an
  output that exists already, or two files that would become one, and nothing
  is signed.

  Each signature is made with one PIN entry and shown as "Signature 3 of 12".
  Estonian cards ask for PIN2 each time. A token that allows it is asked once
  for the whole batch.

  A file that cannot be signed for what it is, such as one that is no PDF or is
  damaged, is left out, and the next one is tried. Anything else stops the batch
  at once: a wrong PIN, the card, a service that does not answer, a full disk.
  Files finished until then are complete and stay. The last line says how many
  were signed, which were not, and which were not tried; to go on, name those.
`

// job is one signature to be made: its files, which are one unless a container
// takes several, and the output.
type job struct {
	files  []string
	output string
	adding bool // the file is a container that gets one more signature
}

func (j job) name() string { return j.files[0] }

// plan says what will be signed into what, and refuses everything that can be
// refused before a card is touched: in a batch no PIN is spent on the first
// files when the last cannot be written.
func (c *signCommand) plan(f format) ([]job, error) {
	files, err := c.inputs()
	if err != nil {
		return nil, err
	}
	var jobs []job
	if f.container() && !c.Batch {
		jobs = []job{{files: files}}
	} else {
		for _, file := range files {
			jobs = append(jobs, job{files: []string{file}})
		}
	}
	taken := map[string]string{}
	for i := range jobs {
		j := &jobs[i]
		for _, file := range j.files {
			if err := readable(file); err != nil {
				return nil, err
			}
		}
		j.adding = f.container() && len(j.files) == 1 && isContainerFile(j.name())
		if j.output, err = f.outputFor(j.name(), c.Out, j.adding, len(jobs) > 1); err != nil {
			return nil, err
		}
		key, err := filepath.Abs(j.output)
		if err != nil {
			return nil, err
		}
		if other, twice := taken[key]; twice {
			return nil, fmt.Errorf("%w: %s and %s would both become %s; sign them into different folders", errUsage, other, j.name(), j.output)
		}
		taken[key] = j.name()
		if err := checkOutput(j.output, j.name(), c.Force); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// inputs are the files named; with --batch a folder stands for the files in it
// that a person sees, and for PDF formats the PDFs alone.
func (c *signCommand) inputs() ([]string, error) {
	var out []string
	for _, name := range c.Files {
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() || !c.Batch {
			out = append(out, name) // what is wrong with it is told where it is read
			continue
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, err
		}
		before := len(out)
		for _, e := range entries {
			pdf := strings.EqualFold(filepath.Ext(e.Name()), ".pdf")
			if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") && (pdf || c.Format != "pades" && c.Format != "adbe") {
				out = append(out, filepath.Join(name, e.Name()))
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("%w: there is nothing to sign in %s", errUsage, name)
		}
	}
	return out, nil
}

// batch signs one job after the other. A document that cannot be signed for
// what it is, is left out and the next one is tried; anything else, the card,
// the PIN, a service or the disk, would meet the next one too, and stops the
// batch at once: a wrong PIN is sent once.
func (s *signer) batch(ctx context.Context, jobs []job) error {
	if len(jobs) == 1 {
		return s.one(ctx, jobs[0])
	}
	end, err := s.hold(ctx, len(jobs))
	if err != nil {
		return err
	}
	defer end()
	var codes []int
	var failed []string
	done := 0
	for i, j := range jobs {
		s.app.turn = fmt.Sprintf("Signature %d of %d: %s", i+1, len(jobs), plain(filepath.Base(j.name())))
		err := s.one(ctx, j)
		if err == nil {
			done++
			continue
		}
		printError(s.app.err, fmt.Errorf("%s: %w", j.name(), err))
		codes = append(codes, exitCode(err))
		failed = append(failed, plain(j.name()))
		if ctx.Err() != nil || !aboutDocument(err) {
			s.summary(done, failed, jobs[i+1:])
			return verdictError(worst(codes...))
		}
	}
	s.summary(done, failed, nil)
	if exit := worst(codes...); exit != exitOK {
		return verdictError(exit)
	}
	return nil
}

func (s *signer) summary(done int, failed []string, left []job) {
	fmt.Fprintf(s.app.out, "%d of %d signed", done, done+len(failed)+len(left))
	if len(failed) > 0 {
		fmt.Fprintf(s.app.out, "; not signed: %s", strings.Join(failed, ", "))
	}
	if len(left) > 0 {
		names := make([]string, len(left))
		for i, j := range left {
			names[i] = plain(j.name())
		}
		fmt.Fprintf(s.app.out, "; not tried: %s", strings.Join(names, ", "))
	}
	fmt.Fprintln(s.app.out)
}

// aboutDocument tells whether an error is about one document and says nothing
// about the next.
func aboutDocument(err error) bool {
	code := fault.CodeOf(err)
	for _, room := range []string{"pdf.", "pades.", "asic.", "zip.", "xades."} {
		if strings.HasPrefix(code, room) {
			return true
		}
	}
	var path *fs.PathError
	return code == "" && errors.As(err, &path) && path.Op != "write"
}

func (s *signer) one(ctx context.Context, j job) error {
	switch {
	case s.format.container():
		return s.signContainer(ctx, j)
	case s.format.pdf():
		return s.signFile(ctx, j)
	}
	return s.signDetached(ctx, j)
}

// hold lets a token that allows it take its PIN once for all signatures; a card
// or key that wants it each time is asked with a count.
func (s *signer) hold(ctx context.Context, signatures int) (end func(), err error) {
	if s.key.hold == nil {
		return func() {}, nil
	}
	s.app.turn = fmt.Sprintf("%d signatures with this PIN", signatures)
	return s.key.hold(ctx)
}
