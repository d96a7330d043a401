//go:build linux

// Package pintest looks for PINs where none may be: in the memory of the
// process, for tests.
package pintest

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// shadow is the size in bytes from which a mapping is the race detector's, which
// holds no data of the program.
const shadow = 1 << 26

// Copies counts the places in this process's writable memory that hold a PIN;
// -1 when it may not read its memory (a process that is not dumpable). The PIN
// is given with every byte inverted, so that the search does not find itself.
func Copies(inverted []byte) int {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return -1
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return -1
	}
	defer mem.Close()
	n := 0
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") || to-from > shadow {
			continue
		}
		region := make([]byte, to-from)
		got, _ := mem.ReadAt(region, from) // a guard page ends it early
		n += Occurrences(region[:got], inverted)
		clear(region) // the next region may be this one's memory
	}
	return n
}

// Occurrences counts how often b holds the inverse of inverted.
func Occurrences(b, inverted []byte) (n int) {
	first := inverted[0] ^ 0xff
	for {
		i := bytes.IndexByte(b, first)
		if i < 0 || len(b)-i < len(inverted) {
			return n
		}
		b = b[i:]
		same := 1
		for same < len(inverted) && b[same]^0xff == inverted[same] {
			same++
		}
		if same == len(inverted) {
			n++
		}
		b = b[1:]
	}
}
