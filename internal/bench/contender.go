package main

import (
	"context"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// contender is one program that makes out from in, or looks at in.
type contender struct {
	name    string
	command func(ctx context.Context, in, out string) (*exec.Cmd, error)
	says    string                                       // what its output must hold, when its exit code tells nothing
	judge   func(ctx context.Context, path string) error // looks at what it made, once
	small   bool                                         // it is not given the largest document, which it holds in memory or cannot read
	slow    bool                                         // it is measured every other time
}

// suite is work of one kind, the floor first.
type suite struct {
	name    string
	all     []contender
	missing []string // contenders that cannot be measured here, and why
	budgets func(w io.Writer, size int64, byName map[string]result)
}

const (
	floorName   = "floor: copy and SHA-256"
	hashName    = "floor: SHA-256"
	checkedName = "library, self-check included"
	libraryName = "library, signing alone"
	pdfsignName = "pdfsign v0.9.0"
	podofoName  = "podofosign"
	pdfsigName  = "pdfsig"
)

// at is the suite for a document of one size.
func (s suite) at(size int64) suite {
	if size > budgetSize {
		s.all = slices.DeleteFunc(slices.Clone(s.all), func(c contender) bool { return c.small })
	}
	return s
}

// add takes a contender into the suite, or says why it is not there.
func (s *suite) add(missing string, c contender) {
	if missing != "" {
		s.missing = append(s.missing, c.name+" ("+missing+")")
		return
	}
	s.all = append(s.all, c)
}

// command is a contender without state.
func command(program string, args ...string) func(context.Context, string, string) (*exec.Cmd, error) {
	return commandWithInput("", program, args...)
}

// commandWithInput is a contender that reads what to do.
func commandWithInput(input, program string, args ...string) func(context.Context, string, string) (*exec.Cmd, error) {
	return func(ctx context.Context, in, out string) (*exec.Cmd, error) {
		names := strings.NewReplacer("{in}", in, "{out}", out)
		filled := make([]string, len(args))
		for i, a := range args {
			filled[i] = names.Replace(a)
		}
		run := exec.CommandContext(ctx, program, filled...) //nolint:gosec // programs of this table only
		if input != "" {
			run.Stdin = strings.NewReader(names.Replace(input))
		}
		return run, nil
	}
}

// installed finds a program, or says that it is not there.
func installed(name string) (path, missing string) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", "not installed"
	}
	return path, ""
}
