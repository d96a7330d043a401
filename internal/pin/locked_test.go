//go:build linux

package pin

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// mapping is what the kernel says of the memory a buffer is in.
func mapping(t *testing.T, p *Buffer) (locked int, flags string) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("this system does not tell about memory: %v", err)
		}
		t.Skip("this system does not tell about memory")
	}
	address := strconv.FormatUint(addressOf(p.mem), 16)
	_, rest, ok := strings.Cut(string(b), "\n"+address+"-")
	if !ok {
		return 0, ""
	}
	kilobytes := regexp.MustCompile(`(?m)^Locked: +(\d+) kB`).FindStringSubmatch(rest)
	names := regexp.MustCompile(`(?m)^VmFlags: (.*)$`).FindStringSubmatch(rest)
	if kilobytes == nil || names == nil {
		t.Skip("this system does not tell which memory is locked")
	}
	locked, _ = strconv.Atoi(kilobytes[1])
	return locked, names[1]
}

// A PIN is in memory that is never swapped out and left out of core dumps.
func TestMemoryIsLocked(t *testing.T) {
	p, err := FromBytes([]byte("1234"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Wipe()
	locked, flags := mapping(t, p)
	if locked == 0 || !strings.Contains(flags, "lo") || !strings.Contains(flags, "dd") {
		t.Errorf("%d kB locked, flags %q: want lo (locked) and dd (not dumped)", locked, flags)
	}
}

// addressOf is where b begins.
func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
