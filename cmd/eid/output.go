package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"eidgate/internal/fault"
)

var (
	errExists = fault.New("output.exists", "the output file exists already",
		"Name another with -o, or allow it to be replaced with --force.")
	errOutput = fault.New("output.unwritable", "the output cannot be written",
		"Check that the folder exists, that you may write there, and that the disk is not full.")
	errOutputIsInput = fault.New("output.is-input", "the output would overwrite the document itself",
		"Name another file with -o.")
)

// output is a file that appears under its name only when it is whole: until
// then it is a temporary file beside it.
type output struct {
	*os.File
	name  string
	force bool
}

// createOutput refuses what is certain to fail before anything is signed.
func createOutput(name, input string, force bool) (*output, error) {
	if err := checkOutput(name, input, force); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.part")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errOutput, err)
	}
	return &output{File: f, name: name, force: force}, nil
}

// checkOutput refuses a name that is taken.
func checkOutput(name, input string, force bool) error {
	existing, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", errOutput, err)
	case sameAs(existing, input):
		return fmt.Errorf("%s: %w", name, errOutputIsInput)
	case !force:
		return fmt.Errorf("%s: %w", name, errExists)
	}
	return nil
}

func sameAs(info fs.FileInfo, input string) bool {
	in, err := os.Stat(input)
	return err == nil && os.SameFile(info, in)
}

// commit makes the file durable and gives it its name.
func (o *output) commit() error {
	if err := o.Sync(); err != nil {
		return fmt.Errorf("%w: %w", errOutput, err)
	}
	// A temporary file is private; a signed document is like any other.
	if err := o.Chmod(0o666 &^ umask()); err != nil {
		return fmt.Errorf("%w: %w", errOutput, err)
	}
	if err := o.Close(); err != nil {
		return fmt.Errorf("%w: %w", errOutput, err)
	}
	if err := o.publish(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(o.name))
}

// publish renames; without force it does not replace a file that appeared in
// the meantime.
func (o *output) publish() error {
	if o.force {
		if err := os.Rename(o.Name(), o.name); err != nil {
			return fmt.Errorf("%w: %w", errOutput, err)
		}
		return nil
	}
	switch err := os.Link(o.Name(), o.name); {
	case err == nil:
		return os.Remove(o.Name())
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w", o.name, errExists)
	default: // a file system without links
		if err := os.Rename(o.Name(), o.name); err != nil {
			return fmt.Errorf("%w: %w", errOutput, err)
		}
		return nil
	}
}

// discard removes the temporary file; after commit it does nothing.
func (o *output) discard() {
	_ = o.Close()
	_ = os.Remove(o.Name())
}

// outputName is where what is made of input goes, with the suffix in its name.
func outputName(input, out, suffix string, several bool) (string, error) {
	name := strings.TrimSuffix(filepath.Base(input), filepath.Ext(input)) + suffix + filepath.Ext(input)
	return placed(input, name, out, several)
}

// placed is the -o file, or name in the -o folder or beside the input.
func placed(input, name, out string, several bool) (string, error) {
	if out == "" {
		return filepath.Join(filepath.Dir(input), name), nil
	}
	info, err := os.Stat(out)
	if err == nil && info.IsDir() {
		return filepath.Join(out, name), nil
	}
	if several {
		return "", fmt.Errorf("%w: -o must be a folder when there are several files", errUsage)
	}
	return out, nil
}
