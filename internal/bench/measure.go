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
	time time.Duration // median of the time that passed
	cpu  time.Duration // median of the processor time, of all cores
	peak int64         // bytes, the most of any run
}

// sample is what one process took.
type sample struct {
	time, cpu time.Duration
	peak      int64
}

// measureAll runs every contender in turn, runs times over.
func measureAll(ctx context.Context, all []contender, in, out string, runs int) ([]result, error) {
	samples := make([][]sample, len(all))
	for i := range runs + 1 {
		for j, c := range all {
			if c.slow && i%2 == 1 && i > 1 {
				continue
			}
			s, err := measure(ctx, c, in, out)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if i > 0 {
				samples[j] = append(samples[j], s)
				continue
			}
			// The first run warms the caches, and shows that the work is done.
			if c.judge != nil {
				if err := c.judge(ctx, out); err != nil {
					return nil, fmt.Errorf("%s: %w", c.name, err)
				}
			}
		}
	}
	results := make([]result, len(all))
	for j, c := range all {
		results[j] = summarize(c.name, samples[j])
	}
	return results, nil
}

func summarize(name string, all []sample) result {
	r := result{name: name}
	var times, cpus []time.Duration
	for _, s := range all {
		times, cpus, r.peak = append(times, s.time), append(cpus, s.cpu), max(r.peak, s.peak)
	}
	r.time, r.cpu = median(times), median(cpus)
	return r
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// measure runs one process.
func measure(ctx context.Context, c contender, in, out string) (sample, error) {
	if err := os.Remove(out); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return sample{}, err
	}
	run, err := c.command(ctx, in, out)
	if err != nil {
		return sample{}, err
	}
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	start := time.Now()
	if err := run.Start(); err != nil {
		return sample{}, err
	}
	peak := watch(run.Process.Pid)
	err = run.Wait()
	s := sample{time: time.Since(start), peak: peak(run.ProcessState), cpu: run.ProcessState.UserTime() + run.ProcessState.SystemTime()}
	for _, f := range run.ExtraFiles {
		f.Close()
	}
	if err == nil && !bytes.Contains(said.Bytes(), []byte(c.says)) {
		err = fmt.Errorf("it does not say %q", c.says)
	}
	if err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	return s, nil
}

// pdfsigJudge asks pdfsig whether a PDF is signed at all.
func pdfsigJudge(ctx context.Context, path string) error {
	pdfsig, missing := installed("pdfsig")
	if missing != "" {
		return errors.New("pdfsig is not installed; it judges what is measured")
	}
	said, err := exec.CommandContext(ctx, pdfsig, "-nocert", path).CombinedOutput() //nolint:gosec // a program of the system
	if err != nil || !bytes.Contains(said, []byte("Signature is Valid")) {
		return fmt.Errorf("pdfsig does not find its signature valid: %s", said)
	}
	return nil
}
