package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A warm validator is a program that stays. It reads lines, "repeat COUNT FILE"
// with tabs between, validates the file so often, and answers "ANSWER ok
// NANOSECONDS": the processor time of the whole process meanwhile, of all cores.
// A file that is not valid is another answer.
type warm struct {
	name   string
	file   string
	warmUp int // validations before the first measurement
	count  int // validations of one measurement
	in     io.WriteCloser
	out    *bufio.Scanner
	run    *exec.Cmd
	cpu    []time.Duration
}

const (
	warmRounds   = 7
	warmOursName = "library, validation"
	rawName      = "floor: " + rawWhat
)

// warmTable prints the processor time of one validation of a small file at
// level LT, in programs that have done it often before.
func (b *bench) warmTable(ctx context.Context, s *services, task string) error {
	file, err := b.document(ctx, smallSize, task)
	if err != nil {
		return err
	}
	all, missing := b.warmContenders(ctx, s, task, file)
	defer func() {
		for _, c := range all {
			c.stop()
		}
	}()
	for _, c := range all {
		if err := c.start(); err != nil {
			return err
		}
	}
	for range warmRounds {
		for _, c := range all {
			took, err := c.repeat(c.count)
			if err != nil {
				return err
			}
			c.cpu = append(c.cpu, took)
		}
	}
	b.printWarm(task, all, missing)
	return nil
}

// warmContenders are the floor, ours and the peers that know the format.
func (b *bench) warmContenders(ctx context.Context, s *services, task, file string) (all []*warm, missing []string) {
	ours := func() *exec.Cmd { return exec.CommandContext(ctx, b.self, childCommand, warmTask, s.trust()) } //nolint:gosec // this very program
	all = []*warm{
		{name: rawName, file: rawFile, warmUp: 20, count: 50, run: ours()},
		{name: warmOursName, file: file, warmUp: 100, count: 50, run: ours()},
	}
	add := func(absent string, w *warm) {
		if absent != "" {
			missing = append(missing, w.name+" ("+absent+")")
			return
		}
		all = append(all, w)
	}
	if task == "long-term" {
		p := b.pyhanko(s)
		add(p.missing, &warm{name: pyhankoName, file: file, warmUp: 50, count: 10,
			run: exec.CommandContext(ctx, p.python, filepath.Join("internal", "bench", "testdata", "warm.py"), p.anchor())}) //nolint:gosec // a peer
	}
	d := b.digidoc4j(s)
	add(d.missing, &warm{name: digidoc4jName, file: file, warmUp: b.warm, count: 25, run: exec.CommandContext(ctx, d.java, d.args()...)}) //nolint:gosec // a peer
	return all, missing
}

func (b *bench) printWarm(task string, all []*warm, missing []string) {
	byName := map[string]time.Duration{}
	for _, c := range all {
		byName[c.name] = median(c.cpu)
	}
	fmt.Fprintf(b.w, "\n%-48s %12s %8s %12s\n", "one warm validation, "+taskNames[task]+", "+sizeName(smallSize), "cores' time", "x floor", "x ours")
	for _, c := range all {
		took := byName[c.name]
		fmt.Fprintf(b.w, "%-48s %12s %8.2f %12.2f\n", c.name, fmt.Sprintf("%.3f ms", took.Seconds()*1000), ratio(took, byName[rawName]), ratio(took, byName[warmOursName]))
	}
	for _, m := range missing {
		fmt.Fprintf(b.w, "not measured: %s\n", m)
	}
	fmt.Fprintf(b.w, "budgets, %s:\n", warmOursName)
	atMost(b.w, "times its raw verifications", ratio(byName[warmOursName], byName[rawName]), 2)
	for _, peer := range []string{pyhankoName, digidoc4jName} {
		if took, ok := byName[peer]; ok {
			atLeast(b.w, "times faster than "+peer, ratio(took, byName[warmOursName]), 10)
		}
	}
}

var taskNames = map[string]string{"long-term": "PAdES-LT", "container": "ASiC-E B-LT"}

func (c *warm) start() (err error) {
	if c.in, err = c.run.StdinPipe(); err != nil {
		return err
	}
	out, err := c.run.StdoutPipe()
	if err != nil {
		return err
	}
	c.run.Stderr = io.Discard
	if err := c.run.Start(); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	c.out = bufio.NewScanner(out)
	_, err = c.repeat(c.warmUp)
	return err
}

// repeat is the processor time of one of count validations.
func (c *warm) repeat(count int) (time.Duration, error) {
	if _, err := fmt.Fprintf(c.in, "repeat\t%d\t%s\n", count, c.file); err != nil {
		return 0, fmt.Errorf("%s: %w", c.name, err)
	}
	for c.out.Scan() {
		answer, ok := strings.CutPrefix(c.out.Text(), "ANSWER\t")
		if !ok {
			continue
		}
		figure, ok := strings.CutPrefix(answer, "ok\t")
		if !ok {
			return 0, fmt.Errorf("%s says %s", c.name, answer)
		}
		took, err := strconv.ParseInt(figure, 10, 64)
		return time.Duration(took / int64(count)), err
	}
	return 0, fmt.Errorf("%s does not answer (%w)", c.name, errors.Join(c.out.Err(), os.ErrClosed))
}

// stop ends a program that was started.
func (c *warm) stop() {
	if c.in != nil {
		_ = c.in.Close()
		_ = c.run.Wait()
	}
}
