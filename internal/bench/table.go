package main

import (
	"fmt"
	"io"
	"time"
)

// The sizes that the budgets of design.md are for.
const (
	smallSize  = 100 << 10
	budgetSize = 100 << 20
	largeSize  = 2_300_000_000
)

func printTable(w io.Writer, s suite, size int64, results []result) {
	byName := map[string]result{}
	for _, r := range results {
		byName[r.name] = r
	}
	floor := byName[s.all[0].name]
	fmt.Fprintf(w, "\n%-34s %12s %8s %12s %8s %12s\n", s.name+", "+sizeName(size), "time", "x floor", "cores' time", "x floor", "peak memory")
	for _, r := range results {
		fmt.Fprintf(w, "%-34s %12s %8.2f %12s %8.2f %8.1f MiB\n", r.name,
			millis(r.time), ratio(r.time, floor.time), millis(r.cpu), ratio(r.cpu, floor.cpu), mebibytes(r.peak))
	}
	for _, missing := range s.missing {
		fmt.Fprintf(w, "not measured: %s\n", missing)
	}
	s.budgets(w, size, byName)
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
	fmt.Fprintf(w, "  %-32s %7.2f  %-8s %4.0f  %s\n", what, have, bound, budget, verdict)
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
