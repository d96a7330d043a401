//go:build cgo

package pcsc_test

import (
	"context"
	"crypto"
	"crypto/sha512"
	"testing"

	"eidgate/card"
	"eidgate/card/pcsc"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/vreader/vreadertest"
)

// benchmarkCard is a card in the first reader for one benchmark.
func benchmarkCard(b *testing.B) *sim.Card {
	b.Helper()
	vreadertest.Require(b)
	c, err := sim.New(simtest.Person(b, "AS0010001"))
	if err != nil {
		b.Fatal(err)
	}
	if err := host.Insert(b.Context(), 0, c); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = host.Remove(context.Background(), 0) })
	c.ClearTrace()
	return c
}

// BenchmarkSign measures one signature through PC/SC: session, certificate,
// tries left, PIN, signature, reset.
func BenchmarkSign(b *testing.B) {
	c := benchmarkCard(b)
	digest := sha512.Sum384([]byte("document"))
	for b.Loop() {
		s, err := card.Open(b.Context(), pcsc.New(), card.Choice{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Card.Sign(b.Context(), card.SignRequest{Usage: card.Signing, Digest: digest[:], Hash: crypto.SHA384, PINs: enters(simtest.PIN2)}); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(c.Trace()))/float64(b.N), "commands/op")
}

// BenchmarkSignOpenSC measures the same signature by OpenSC's tool and module,
// its process included.
func BenchmarkSignOpenSC(b *testing.B) {
	c := benchmarkCard(b)
	digest := sha512.Sum384([]byte("document"))
	for b.Loop() {
		if _, text, err := openSCSigns(b, "1", "02", simtest.PIN2, digest[:]); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
	}
	b.ReportMetric(float64(len(c.Trace()))/float64(b.N), "commands/op")
}
