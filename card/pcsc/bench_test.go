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

// benchmarkCard is a card in the first reader for one benchmark, and its
// PIN2.
func benchmarkCard(b *testing.B, kind string) (c *sim.Card, pin2 string) {
	b.Helper()
	vreadertest.Require(b)
	f := simtest.Kind(b, kind, "AS0010001")
	c, err := sim.New(f)
	if err != nil {
		b.Fatal(err)
	}
	if err := host.Insert(b.Context(), 0, c); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = host.Remove(context.Background(), 0) })
	return c, f.PIN2
}

// measure counts the card's commands beside the time.
func measure(b *testing.B, name string, c *sim.Card, do func() error) {
	b.Run(name, func(b *testing.B) {
		c.ClearTrace()
		for b.Loop() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(c.Trace()))/float64(b.N), "commands/op")
	})
}

// BenchmarkCard measures what users do, through PC/SC and in a session of its
// own: read both certificates, log in, sign.
func BenchmarkCard(b *testing.B) {
	digest := sha512.Sum384([]byte("document"))
	for _, kind := range sim.Kinds() {
		b.Run(kind, func(b *testing.B) {
			c, pin2 := benchmarkCard(b, kind)
			session := func(do func(card.Card) error) func() error {
				return func() error {
					s, err := card.Open(b.Context(), pcsc.New(), card.Choice{})
					if err != nil {
						return err
					}
					if err := do(s.Card); err != nil {
						return err
					}
					return s.Close()
				}
			}
			measure(b, "list", c, session(func(c card.Card) error {
				if _, err := c.Certificate(b.Context(), card.Authentication); err != nil {
					return err
				}
				_, err := c.Certificate(b.Context(), card.Signing)
				return err
			}))
			for name, r := range map[string]card.SignRequest{
				"login": {Usage: card.Authentication, PINs: enters(simtest.PIN1)},
				"sign":  {Usage: card.Signing, PINs: enters(pin2)},
			} {
				r.Digest, r.Hash = digest[:], crypto.SHA384
				measure(b, name, c, session(func(c card.Card) error {
					_, err := c.Sign(b.Context(), r)
					return err
				}))
			}
		})
	}
}

// BenchmarkOpenSC measures the same by OpenSC's tool and module, a process for
// each, as far as Debian's version knows the card.
func BenchmarkOpenSC(b *testing.B) {
	digest := sha512.Sum384([]byte("document"))
	c, pin2 := benchmarkCard(b, "esteid2018")
	measure(b, "list", c, func() error {
		_, err := pkcs11Tool(b, "--slot", "0", "--list-objects")
		return err
	})
	measure(b, "login", c, func() error {
		_, _, err := openSCSigns(b, "0", "01", simtest.PIN1, digest[:])
		return err
	})
	measure(b, "sign", c, func() error {
		_, _, err := openSCSigns(b, "1", "02", pin2, digest[:])
		return err
	})
}
