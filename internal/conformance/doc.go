// Package conformance holds this program's verdicts against reference suites
// that others wrote. It has tests only; "make conformance" runs them, each
// printing one line: "NAME: N cases, R right, A false accepts, J false
// rejects".
package conformance
