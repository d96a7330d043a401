// Package testtool is what tests of several rooms share: finding programs that
// are not ours, and the reference data beside the checkout.
package testtool

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Need gives the path of a program. Where it is missing the test is skipped,
// and fails when CI is set: there a missing judge is a defect.
func Need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	// Debian keeps daemons out of an ordinary user's PATH.
	if path = filepath.Join("/usr/sbin", program); isFile(path) {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", program)
	}
	t.Skipf("%s is not installed; make test installs it", program)
	return ""
}

// Run runs a program and fails the test, with its output, when it fails.
func Run(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput() //nolint:gosec // a test runs the tools it names
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// Shared gives the path of reference data beside the repository and skips the
// test where there is none.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Root(t), "..", "shared", "data"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("reference data is not beside the repository: %v", err)
	}
	return path
}

// Root is the folder of go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if isFile(filepath.Join(dir, "go.mod")) {
			return dir
		}
	}
	t.Fatal("go.mod not found above the test's folder")
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
