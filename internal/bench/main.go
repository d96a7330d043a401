// Command bench measures signing and checking against the physical floor, which
// is copying a file and hashing it with SHA-256, and against peers: pdfsign (in
// this module), podofosign (Debian), pyHanko (PyPI) and digidoc4j (Maven
// Central). It is what "make bench" runs; a peer that is not installed has a line
// that says so.
//
// Figures are of whole processes, one after the other in turn, so that what the
// machine does meanwhile hits all alike; the tables give medians of the time that
// passed and of the processor time of all cores together, ratios to the floor of
// the same run, the most memory, and the budgets of the project beside them. A
// budget in times the floor holds for both times. What services answer for level
// LT comes from another process of this machine. Keys are software keys: no
// card's time is in these figures.
//
// Then come validations in programs that stay, warm, against the signatures
// behind the verdict and the peers; and simulated cards, against OpenSC.
package main

import (
	"context"
	"errors"
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
	tools string // folder of the peers
	dir   string // where the files are
	runs  int    // of the smallest size; larger ones get fewer
	warm  int    // validations before the peer that compiles while it runs is measured
	large bool   // measure a document of 2.3 GB too
}

func run(ctx context.Context, args []string, w io.Writer) error {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&s.bin, "bin", "bin", "folder of the built programs")
	flags.StringVar(&s.tools, "tools", ".tools", "folder of the peers that the make targets install")
	flags.StringVar(&s.dir, "dir", defaultDir(), "folder for the files, 1 GB free; memory shows the programs, a disk shows the disk")
	flags.IntVar(&s.runs, "runs", 21, "runs of the smallest size")
	flags.IntVar(&s.warm, "warm", 1500, "validations before the Java peer is measured warm")
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
	b := &bench{settings: s, self: self, dir: dir, w: w}
	return b.run(ctx)
}

// bench is one run of the command.
type bench struct {
	settings
	self, dir string
	w         io.Writer
}

func (b *bench) run(ctx context.Context) (err error) {
	c, err := newCredentials(b.dir)
	if err != nil {
		return fmt.Errorf("making keys: %w", err)
	}
	s, err := b.startServices(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	fmt.Fprintf(b.w, "%d cores, %s, files in %s; medians of interleaved whole processes, software keys\n",
		runtime.NumCPU(), runtime.Version(), filepath.Dir(b.dir))
	signing, checking := b.suites(c, s, b.newEID(ctx, c, s))
	for _, u := range signing {
		if err := b.suite(ctx, u, ""); err != nil {
			return err
		}
	}
	for i, task := range []string{"long-term", "container"} {
		if err := b.suite(ctx, checking[i], task); err != nil {
			return err
		}
		if err := b.warmTable(ctx, s, task); err != nil {
			return err
		}
	}
	return b.cardTable(ctx)
}

// suite measures the contenders of a suite at each size and prints a table
// each; a task first signs what they are given.
func (b *bench) suite(ctx context.Context, u suite, task string) error {
	sizes := []int64{smallSize, 10 << 20, budgetSize}
	if b.large {
		sizes = append(sizes, largeSize)
	}
	for _, size := range sizes {
		u := u.at(size)
		in, err := b.document(ctx, size, task)
		if err != nil {
			return fmt.Errorf("making the document: %w", err)
		}
		results, err := measureAll(ctx, u.all, in, filepath.Join(b.dir, "out.pdf"), runsFor(b.runs, size))
		if err != nil {
			return fmt.Errorf("%s: %w", u.name, err)
		}
		printTable(b.w, u, size, results)
	}
	return nil
}

// document makes the document to work on, signed by a task if there is one.
// Other processes do it, so that this one stays small: see watch.
func (b *bench) document(ctx context.Context, size int64, task string) (string, error) {
	in := filepath.Join(b.dir, "in.pdf")
	if err := b.do(ctx, "document", strconv.FormatInt(size, 10), in); err != nil || task == "" {
		return in, err
	}
	out := filepath.Join(b.dir, "signed"+extensions[task])
	return out, b.do(ctx, task, filepath.Join(b.dir, "pki"), in, out)
}

// extensions of what the signing tasks make: digidoc4j goes by names.
var extensions = map[string]string{"long-term": ".pdf", "container": ".asice"}

// do runs a child that is not measured.
func (b *bench) do(ctx context.Context, args ...string) error {
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
