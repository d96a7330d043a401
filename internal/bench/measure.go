package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// result of one contender at one size.
type result struct {
	name string
	time time.Duration // median
	peak int64         // bytes, the most of any run
}

// measureAll runs every contender in turn, runs times over.
func measureAll(ctx context.Context, all []contender, in, out string, runs int) ([]result, error) {
	times := make([][]time.Duration, len(all))
	results := make([]result, len(all))
	for i := range runs + 1 {
		for j, c := range all {
			took, peak, err := measure(ctx, c, in, out)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if i == 0 { // warms the caches, and shows that the work is really done
				if err := judge(ctx, c, out); err != nil {
					return nil, err
				}
				continue
			}
			times[j] = append(times[j], took)
			results[j].peak = max(results[j].peak, peak)
		}
	}
	for j, c := range all {
		slices.Sort(times[j])
		results[j].name, results[j].time = c.name, times[j][len(times[j])/2]
	}
	return results, nil
}

// measure runs one process and gives its time and peak memory in bytes.
func measure(ctx context.Context, c contender, in, out string) (time.Duration, int64, error) {
	if err := os.Remove(out); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, err
	}
	run, err := c.command(ctx, in, out)
	if err != nil {
		return 0, 0, err
	}
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	start := time.Now()
	if err := run.Start(); err != nil {
		return 0, 0, err
	}
	peak := watch(run.Process.Pid)
	err = run.Wait()
	took := time.Since(start)
	for _, f := range run.ExtraFiles {
		f.Close()
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	return took, peak(run.ProcessState), nil
}

// judge asks pdfsig whether the output is signed at all.
func judge(ctx context.Context, c contender, out string) error {
	if !c.signs {
		return nil
	}
	pdfsig, err := exec.LookPath("pdfsig")
	if err != nil {
		return errors.New("pdfsig is not installed; it judges what is measured")
	}
	said, err := exec.CommandContext(ctx, pdfsig, "-nocert", out).CombinedOutput() //nolint:gosec // a program of the system
	if err != nil || !bytes.Contains(said, []byte("Signature is Valid")) {
		return fmt.Errorf("%s: pdfsig does not find its signature valid: %s", c.name, said)
	}
	return nil
}
