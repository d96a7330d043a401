// Package problem is the one place where an error becomes an HTTP answer: a
// problem document (RFC 9457) for programs, a page for people.
//
// Handlers call [Abort] with whatever error they have. The error's code
// (internal/fault) decides the status by the table in statuses.go, its sentence
// and hint are shown, and nothing else of it: an error without a code, or with a
// code that the table does not know, is answered as "internal" and its text goes
// to the log alone.
//
// An answer is JSON for the API (/v1/ and the other paths of [IsAPI]) and for
// clients that prefer it; else the page comes from [Pages], and without one from
// a plain built-in page.
package problem
