package main

import (
	"fmt"
	"io"
	"time"
)

// Budgets of design.md for a document of 100 MB.
const (
	budgetSize     = 100 << 20
	budgetFloor    = 2.0
	budgetPeak     = 24 << 20
	budgetPDFSigns = 5.0
)

func printTable(w io.Writer, size int64, results []result) {
	byName := map[string]result{}
	for _, r := range results {
		byName[r.name] = r
	}
	floor := byName[floorName]
	fmt.Fprintf(w, "\n%-34s %12s %10s %12s\n", sizeName(size), "time", "x floor", "peak memory")
	for _, r := range results {
		fmt.Fprintf(w, "%-34s %12s %10.2f %8.1f MiB\n", r.name, millis(r.time), ratio(r.time, floor.time), float64(r.peak)/(1<<20))
	}
	if size == budgetSize {
		printBudgets(w, byName)
	}
}

func printBudgets(w io.Writer, byName map[string]result) {
	ours, ok := byName[eidName]
	if !ok {
		ours = byName[checkedName]
	}
	floor, peer := byName[floorName], byName[pdfsignName]
	fmt.Fprintf(w, "budgets at %s, %s:\n", sizeName(budgetSize), ours.name)
	line := func(what string, have, budget float64, met bool) {
		verdict := "met"
		if !met {
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "  %-30s %6.2f  budget %5.1f  %s\n", what, have, budget, verdict)
	}
	times := ratio(ours.time, floor.time)
	line("times the floor, at most", times, budgetFloor, times <= budgetFloor)
	line("peak memory in MiB, at most", float64(ours.peak)/(1<<20), budgetPeak>>20, ours.peak <= budgetPeak)
	faster := ratio(peer.time, ours.time)
	line("times faster than pdfsign, at least", faster, budgetPDFSigns, faster >= budgetPDFSigns)
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func sizeName(size int64) string {
	if size < 1<<20 {
		return fmt.Sprintf("%d KB", size>>10)
	}
	return fmt.Sprintf("%d MB", size>>20)
}
