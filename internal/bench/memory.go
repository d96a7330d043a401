package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// watch follows the peak memory of a process until the function it returns is
// called with its end.
//
// What the kernel tells at the end of a process counts this program's own
// memory too, from before the process became another program. When that is
// more, the peak is what was seen while it ran, every half millisecond; it
// only rises, so little is missed.
func watch(pid int) func(*os.ProcessState) int64 {
	stop, seen := make(chan struct{}), make(chan int64)
	go func() {
		var peak int64
		tick := time.NewTicker(500 * time.Microsecond)
		defer tick.Stop()
		for {
			peak = max(peak, peakOf(pid))
			select {
			case <-tick.C:
			case <-stop:
				seen <- peak
				return
			}
		}
	}()
	return func(end *os.ProcessState) int64 {
		close(stop)
		watched := <-seen
		var own syscall.Rusage
		usage, ok := end.SysUsage().(*syscall.Rusage)
		if !ok || syscall.Getrusage(syscall.RUSAGE_SELF, &own) != nil || usage.Maxrss <= own.Maxrss {
			return watched
		}
		return usage.Maxrss << 10
	}
}

// peakOf reads the peak of the program that a process now runs: VmHWM, proc(5).
func peakOf(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
