// Command bench measures signing and checking against the physical floor, which
// is copying a file and hashing it with SHA-256, and against peers that are
// installed: pdfsign (in this module) and podofosign (Debian). It is what "make
// bench" runs.
//
// Every figure is of whole processes, one after the other in turn, so that what
// the machine does meanwhile hits all alike; the table gives medians, ratios to
// the floor of the same run, and the budgets of the project beside them. Keys
// are software keys: no card's time is in these figures. A last table is of
// simulated cards, against OpenSC.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		if err := runChild(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// settings of one run.
type settings struct {
	bin   string // folder of the built programs
	dir   string // where the files are
	runs  int    // of the smallest size; larger ones get fewer
	large bool   // measure a document of 2.3 GB too
}

func run(ctx context.Context, args []string, w io.Writer) error {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&s.bin, "bin", "bin", "folder of the built programs")
	flags.StringVar(&s.dir, "dir", defaultDir(), "folder for the files, 1 GB free; memory shows the programs, a disk shows the disk")
	flags.IntVar(&s.runs, "runs", 21, "runs of the smallest size")
	flags.BoolVar(&s.large, "large", false, "measure a document of 2.3 GB too, with the programs that do not hold it in memory; 7 GB free")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.dir, "eidgate-bench-")
	if err != nil {
		return fmt.Errorf("making a folder for the files: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c, err := newCredentials(dir)
	if err != nil {
		return fmt.Errorf("making keys: %w", err)
	}
	b := &bench{settings: s, self: self, dir: dir, w: w}
	fmt.Fprintf(w, "%d cores, %s, files in %s; medians of interleaved whole processes, software keys\n", runtime.NumCPU(), runtime.Version(), filepath.Dir(dir))
	if err := b.suite(ctx, signing(ctx, self, s.bin, dir, c), false); err != nil {
		return err
	}
	if err := b.suite(ctx, checking(self, s.bin, filepath.Join(dir, "pki", trustFolder)), true); err != nil {
		return err
	}
	return b.cardTable(ctx)
}

// bench is one run of the command.
type bench struct {
	settings
	self, dir string
	w         io.Writer
}

// suite measures the contenders of a suite at each size and prints a table
// each; signed gives them a file signed at level LT.
func (b *bench) suite(ctx context.Context, s suite, signed bool) error {
	for _, name := range s.missing {
		fmt.Fprintf(b.w, "not measured: %s\n", name)
	}
	sizes := []int64{100 << 10, 10 << 20, budgetSize}
	if b.large {
		sizes = append(sizes, largeSize)
	}
	for _, size := range sizes {
		s := s.at(size)
		in, err := b.document(ctx, size, signed)
		if err != nil {
			return fmt.Errorf("making the document: %w", err)
		}
		results, err := measureAll(ctx, s.all, in, filepath.Join(b.dir, "out.pdf"), runsFor(b.runs, size))
		if err != nil {
			return err
		}
		printTable(b.w, s, size, results)
	}
	return nil
}

// document makes the document to work on. Another process does it, so that
// this one stays small: see peakOf.
func (b *bench) document(ctx context.Context, size int64, signed bool) (string, error) {
	in := filepath.Join(b.dir, "in.pdf")
	if err := b.child(ctx, "document", strconv.FormatInt(size, 10), in); err != nil || !signed {
		return in, err
	}
	pki, out := filepath.Join(b.dir, "pki"), filepath.Join(b.dir, "signed.pdf")
	if err := os.RemoveAll(pki); err != nil {
		return "", err
	}
	return out, b.child(ctx, "long-term", pki, in, out)
}

func (b *bench) child(ctx context.Context, args ...string) error {
	run := exec.CommandContext(ctx, b.self, append([]string{childCommand}, args...)...) //nolint:gosec // this very program
	run.Stderr = os.Stderr
	return run.Run()
}

// runsFor takes fewer runs of larger files, and never an even number.
func runsFor(runs int, size int64) int {
	switch {
	case size > budgetSize:
		runs = 3
	case size == budgetSize:
		runs /= 3
	case size >= 10<<20:
		runs /= 2
	}
	return max(runs|1, 3)
}

// defaultDir is memory where there is some, so that the disk is in no figure.
func defaultDir() string {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		return memory
	}
	return os.TempDir()
}
