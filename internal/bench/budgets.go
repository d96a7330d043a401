package main

import (
	"fmt"
	"io"
	"time"
)

// The budgets of whole processes, of design.md.
const (
	pdfTimes       = 2 // the floor: signing and checking 100 MB
	containerTimes = 3 // the floor: ASiC-E B-LT of 100 MB, and anything of 2.3 GB
	peakMiB        = 24
	largePeakMiB   = 32
	pdfsignTimes   = 5
	verifyTime     = 20 * time.Millisecond
)

// signingBudgets: PAdES-B-B of 100 MB and of 2.3 GB.
func signingBudgets(w io.Writer, size int64, byName map[string]result) {
	ours, ok := byName[eidName]
	if !ok {
		ours = byName[checkedName]
	}
	printBounds(w, size, ours, byName[floorName], pdfTimes)
	if peer, ok := byName[pdfsignName]; ok && size == budgetSize {
		atLeast(w, "times faster than pdfsign", ratio(peer.time, ours.time), pdfsignTimes)
	}
}

// longTermBudgets: ASiC-E B-LT, and PAdES with the same work around it.
func longTermBudgets(w io.Writer, size int64, byName map[string]result) {
	ours, ok := byName[eidName]
	if !ok {
		ours = byName[libraryName]
	}
	printBounds(w, size, ours, byName[floorName], containerTimes)
}

// checkingBudgets: validating a small file, 100 MB and 2.3 GB.
func checkingBudgets(w io.Writer, size int64, byName map[string]result) {
	ours, ok := byName[eidVerifyName]
	if !ok {
		return
	}
	if size == smallSize {
		fmt.Fprintf(w, "budget at %s, %s:\n", sizeName(size), ours.name)
		atMost(w, "milliseconds", float64(ours.time)/float64(time.Millisecond), float64(verifyTime/time.Millisecond))
	}
	printBounds(w, size, ours, byName[hashName], pdfTimes)
}

// printBounds holds time and memory of the large sizes against their budgets.
func printBounds(w io.Writer, size int64, ours, floor result, times float64) {
	peak := float64(peakMiB)
	switch {
	case size < budgetSize:
		return
	case size == largeSize:
		times, peak = containerTimes, largePeakMiB
	}
	fmt.Fprintf(w, "budgets at %s, %s:\n", sizeName(size), ours.name)
	atMost(w, "times the floor, time", ratio(ours.time, floor.time), times)
	atMost(w, "times the floor, cores' time", ratio(ours.cpu, floor.cpu), times)
	atMost(w, "peak memory in MiB", mebibytes(ours.peak), peak)
}
