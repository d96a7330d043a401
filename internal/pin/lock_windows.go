package pin

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

func lock(n int) ([]byte, error) {
	addr, err := windows.VirtualAlloc(0, uintptr(n), windows.MEM_COMMIT|windows.MEM_RESERVE, windows.PAGE_READWRITE)
	if err != nil {
		return nil, fmt.Errorf("allocating: %w", err)
	}
	if err := windows.VirtualLock(addr, uintptr(n)); err != nil {
		_ = windows.VirtualFree(addr, 0, windows.MEM_RELEASE)
		return nil, fmt.Errorf("locking: %w", err)
	}
	// The memory is outside the Go heap and does not move.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n), nil
}

func unlock(mem []byte) {
	_ = windows.VirtualFree(uintptr(unsafe.Pointer(unsafe.SliceData(mem))), 0, windows.MEM_RELEASE)
}
