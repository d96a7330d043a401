// Package filelock lets processes take turns at a folder: one of them at a time
// holds the lock of a file in it.
package filelock

import (
	"fmt"
	"os"
)

// Lock takes the exclusive lock of the file, which it makes when missing, and
// waits for it. The system gives the lock back when the process ends, however
// it ends. It excludes other calls in the same process too. The file stays.
func Lock(name string) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("taking the lock %s: %w", name, err)
	}
	return func() { f.Close() }, nil // closing gives it back
}
