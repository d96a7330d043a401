//go:build unix

package pin

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// lock maps n bytes outside the Go heap, where no garbage collector copies
// them, and keeps them out of swap and core dumps.
func lock(n int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	if err := unix.Mlock(mem); err != nil {
		_ = unix.Munmap(mem)
		return nil, fmt.Errorf("locking: %w", err)
	}
	excludeFromDumps(mem)
	return mem, nil
}

// unlock releases what lock mapped. A failure leaves only wiped bytes mapped.
func unlock(mem []byte) { _ = unix.Munmap(mem) }
