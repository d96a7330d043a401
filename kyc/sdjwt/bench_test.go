//go:build unix

package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"testing"

	"golang.org/x/sys/unix"

	"eidgate/kyc/sdjwt"
)

// BenchmarkIssue is an attestation against its floor, the signature alone, in
// CPU time of the whole process: collecting garbage counts, and what else the
// machine does does not. Both run by turns:
//
//	go test -bench Issue -run xxx ./kyc/sdjwt
func BenchmarkIssue(b *testing.B) {
	w := newWorld(b)
	issuer, err := sdjwt.NewIssuer(issuerURL, "kyc-1", w.key, w.chain, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	credential := w.credential(b)
	digest := make([]byte, 32)
	const turn = 100
	var raw, issue int64
	for b.Loop() {
		start := cpu(b)
		for range turn {
			if _, err := ecdsa.SignASN1(rand.Reader, w.key, digest); err != nil {
				b.Fatal(err)
			}
		}
		middle := cpu(b)
		for range turn {
			if _, err := issuer.Issue(credential); err != nil {
				b.Fatal(err)
			}
		}
		raw, issue = raw+middle-start, issue+cpu(b)-middle
	}
	b.ReportMetric(float64(raw)/float64(turn*b.N), "ns/raw-ES256")
	b.ReportMetric(float64(issue)/float64(turn*b.N), "ns/SD-JWT-VC")
	b.ReportMetric(100*float64(raw)/float64(issue), "%of-raw")
}

// cpu is the process's CPU time, in nanoseconds.
func cpu(b *testing.B) int64 {
	b.Helper()
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return t.Nano()
}
