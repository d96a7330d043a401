//go:build unix

// Package vreadertest starts virtual readers in tests.
package vreadertest

import (
	"os"
	"testing"

	"eidgate/internal/vreader"
)

// Require skips a test on a machine without what virtual readers need; with CI
// set it fails instead.
func Require(t testing.TB) {
	t.Helper()
	m := vreader.Missing()
	switch {
	case m == "":
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not installed", m)
	default:
		t.Skipf("%s is not installed", m)
	}
}

// Start starts a daemon that ends with the test.
func Start(t testing.TB, c vreader.Config) *vreader.Host {
	t.Helper()
	Require(t)
	h, err := vreader.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("stopping the virtual readers: %v", err)
		}
	})
	return h
}
