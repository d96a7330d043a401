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
	unlock, _, err = take(name, lock)
	return unlock, err
}

// TryLock is Lock without the wait: free is false when somebody else holds it.
func TryLock(name string) (unlock func(), free bool, err error) {
	return take(name, tryLock)
}

func take(name string, lock func(*os.File) (bool, error)) (func(), bool, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("opening the lock: %w", err)
	}
	taken, err := lock(f)
	if err != nil || !taken {
		f.Close()
	}
	if err != nil {
		return nil, false, fmt.Errorf("taking the lock %s: %w", name, err)
	}
	if !taken {
		return nil, false, nil
	}
	return func() { f.Close() }, true, nil // closing gives it back
}
