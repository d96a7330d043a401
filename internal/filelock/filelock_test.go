package filelock_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"eidgate/internal/filelock"
)

const child = "EIDGATE_TEST_COUNT"

// Processes and goroutines add to a number in a file; none of it is lost.
func TestNothingIsLost(t *testing.T) {
	if dir := os.Getenv(child); dir != "" {
		count(t, dir)
		return
	}
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { count(t, dir) })
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingIsLost$")
			cmd.Env = append(os.Environ(), child+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	if n := number(t, dir); n != 4*100 {
		t.Errorf("counted %d of 400", n)
	}
}

func number(t *testing.T, dir string) int {
	b, err := os.ReadFile(filepath.Join(dir, "number"))
	if os.IsNotExist(err) {
		return 0
	}
	n, convErr := strconv.Atoi(string(b))
	if err != nil || convErr != nil {
		t.Error(err, convErr)
	}
	return n
}

func count(t *testing.T, dir string) {
	for range 100 {
		unlock, err := filelock.Lock(filepath.Join(dir, "lock"))
		if err != nil {
			t.Error(err)
			return
		}
		if err := os.WriteFile(filepath.Join(dir, "number"), []byte(strconv.Itoa(number(t, dir)+1)), 0o600); err != nil {
			t.Error(err)
		}
		unlock()
	}
}

func TestNoFolder(t *testing.T) {
	if _, err := filelock.Lock(filepath.Join(t.TempDir(), "none", "lock")); err == nil {
		t.Error("a lock in a folder that is not there")
	}
}
