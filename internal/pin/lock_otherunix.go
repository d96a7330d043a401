//go:build unix && !linux

package pin

// excludeFromDumps does nothing where the system has no such advice.
func excludeFromDumps([]byte) {}
