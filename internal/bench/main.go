// Command bench measures signing and checking against the physical floor, which
// is copying a file and hashing it with SHA-256, and against peers that are
// installed: pdfsign (in this module) and podofosign (Debian). It is what "make
// bench" runs.
//
// Every figure is of whole processes, one after the other in turn, so that what
// the machine does meanwhile hits all alike; the table gives medians, ratios to
// the floor of the same run, and the budgets of the project beside them. Keys
// are software keys: no card's time is in any figure.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
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
	bin  string // folder of the built programs
	dir  string // where the files are
	runs int    // of the smallest size; larger ones get fewer
}

func run(ctx context.Context, args []string, w io.Writer) error {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&s.bin, "bin", "bin", "folder of the built programs")
	flags.StringVar(&s.dir, "dir", defaultDir(), "folder for the files, 1 GB free; memory shows the programs, a disk shows the disk")
	flags.IntVar(&s.runs, "runs", 21, "runs of the smallest size")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.dir, "eidgate-bench-")
	if err != nil {
		return fmt.Errorf("making a folder for the files: %w", err)
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c, err := newCredentials(dir)
	if err != nil {
		return fmt.Errorf("making keys: %w", err)
	}
	all, missing := contenders(ctx, self, s.bin, dir, c)
	fmt.Fprintf(w, "%d cores, %s, files in %s; medians of interleaved whole processes, software keys\n", runtime.NumCPU(), runtime.Version(), filepath.Dir(dir))
	for _, name := range missing {
		fmt.Fprintf(w, "not measured: %s\n", name)
	}
	for _, size := range []int64{100 << 10, 10 << 20, 100 << 20} {
		results, err := measureAll(ctx, all, self, dir, size, runsFor(s.runs, size))
		if err != nil {
			return err
		}
		printTable(w, size, results)
	}
	return nil
}

// runsFor takes fewer runs of larger files, and never an even number.
func runsFor(runs int, size int64) int {
	switch {
	case size >= 100<<20:
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
