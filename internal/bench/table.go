package main

import (
	"fmt"
	"io"
	"time"
)

// The sizes that the budgets of design.md are for.
const (
	budgetSize = 100 << 20
	largeSize  = 2_300_000_000
)

func printTable(w io.Writer, s suite, size int64, results []result) {
	byName := map[string]result{}
	for _, r := range results {
		byName[r.name] = r
	}
	floor := byName[s.all[0].name]
	fmt.Fprintf(w, "\n%-34s %12s %10s %12s\n", s.name+", "+sizeName(size), "time", "x floor", "peak memory")
	for _, r := range results {
		fmt.Fprintf(w, "%-34s %12s %10.2f %8.1f MiB\n", r.name, millis(r.time), ratio(r.time, floor.time), mebibytes(r.peak))
	}
	if size >= budgetSize {
		s.budgets(w, size, byName)
	}
}

// signingBudgets: PAdES-B-B of 100 MB and of 2.3 GB, of design.md.
func signingBudgets(w io.Writer, size int64, byName map[string]result) {
	ours, ok := byName[eidName]
	if !ok {
		ours = byName[checkedName]
	}
	fmt.Fprintf(w, "budgets at %s, %s:\n", sizeName(size), ours.name)
	printBounds(w, size, ours, byName[floorName])
	if peer, ok := byName[pdfsignName]; ok {
		atLeast(w, "times faster than pdfsign", ratio(peer.time, ours.time), 5)
	}
}

// checkingBudgets: validating 100 MB and 2.3 GB, of design.md.
func checkingBudgets(w io.Writer, size int64, byName map[string]result) {
	ours, ok := byName[eidVerifyName]
	if !ok {
		return
	}
	fmt.Fprintf(w, "budgets at %s, %s:\n", sizeName(size), ours.name)
	printBounds(w, size, ours, byName[hashName])
}

func printBounds(w io.Writer, size int64, ours, floor result) {
	times, peak := 2.0, 24.0
	if size == largeSize {
		times, peak = 3, 32
	}
	atMost(w, "times the floor", ratio(ours.time, floor.time), times)
	atMost(w, "peak memory in MiB", mebibytes(ours.peak), peak)
}

func atMost(w io.Writer, what string, have, budget float64) {
	printBudget(w, what, have, "at most", budget, have <= budget)
}

func atLeast(w io.Writer, what string, have, budget float64) {
	printBudget(w, what, have, "at least", budget, have >= budget)
}

func printBudget(w io.Writer, what string, have float64, bound string, budget float64, met bool) {
	verdict := "met"
	if !met {
		verdict = "MISSED"
	}
	fmt.Fprintf(w, "  %-26s %6.2f  %-8s %4.0f  %s\n", what, have, bound, budget, verdict)
}

func mebibytes(b int64) float64 { return float64(b) / (1 << 20) }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func sizeName(size int64) string {
	if size >= 1_000_000_000 {
		return fmt.Sprintf("%.1f GB", float64(size)/1e9)
	}
	if size < 1<<20 {
		return fmt.Sprintf("%d KB", size>>10)
	}
	return fmt.Sprintf("%d MB", size>>20)
}
