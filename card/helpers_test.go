package card_test

import (
	"context"
	"crypto"
	"crypto/sha512"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/persofile"
	"eidgate/internal/pin"
)

const reader = "Reader 0"

// insert makes a service with one reader and a new card in it.
func insert(t testing.TB, f *persofile.File) (*sim.Service, *sim.Card) {
	t.Helper()
	c, err := sim.New(f)
	if err != nil {
		t.Fatal(err)
	}
	svc := sim.NewService(reader)
	svc.Insert(reader, c)
	return svc, c
}

func newCard(t testing.TB) (*sim.Service, *sim.Card) {
	t.Helper()
	return kind("esteid2018").newCard(t)
}

// kind is a kind of card that can be simulated.
type kind string

// eachKind runs a test with each kind of card.
func eachKind(t *testing.T, test func(t *testing.T, k kind)) {
	for _, k := range sim.Kinds() {
		t.Run(k, func(t *testing.T) { test(t, kind(k)) })
	}
}

func (k kind) person(t testing.TB) *persofile.File {
	t.Helper()
	return simtest.Kind(t, string(k), "AS0010001")
}

func (k kind) newCard(t testing.TB) (*sim.Service, *sim.Card) {
	t.Helper()
	return insert(t, k.person(t))
}

// code is the right one for a key.
func (k kind) code(u card.Usage) string {
	switch {
	case u == card.Authentication:
		return simtest.PIN1
	case k == "fineid4":
		return simtest.FinnishPIN2
	}
	return simtest.PIN2
}

// protocols are those the kind is tried with: both where the real one offers
// both and it is the model of the others.
func (k kind) protocols() []card.Protocol {
	switch k {
	case "esteid2018":
		return []card.Protocol{card.T0, card.T1}
	case "fineid4":
		return []card.Protocol{card.T0}
	}
	return []card.Protocol{card.T1}
}

// tries is how many a code has.
func (k kind) tries() int {
	if k == "fineid4" {
		return 5
	}
	return 3
}

func open(t testing.TB, svc card.Service) *card.Session {
	t.Helper()
	s, err := card.Open(t.Context(), svc, card.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// asked is a PINSource that answers with one code and remembers the requests.
type asked struct {
	code     string
	requests []card.PINRequest
}

func (a *asked) PIN(_ context.Context, r card.PINRequest) (*card.PIN, error) {
	a.requests = append(a.requests, r)
	return pin.FromBytes([]byte(a.code))
}

var digest = sha512.Sum384([]byte("document"))

func request(u card.Usage, code string) card.SignRequest {
	return card.SignRequest{Usage: u, Digest: digest[:], Hash: crypto.SHA384, PINs: &asked{code: code}}
}

// sign opens the card, signs once and closes: one whole action of a user.
func sign(ctx context.Context, svc card.Service, r card.SignRequest) ([]byte, error) {
	s, err := card.Open(ctx, svc, card.Choice{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Card.Sign(ctx, r)
}

// count is how many commands with an instruction the card was sent.
func count(c *sim.Card, ins string) int {
	n := 0
	for _, x := range c.Trace() {
		if strings.HasPrefix(x.Command, "00"+ins) {
			n++
		}
	}
	return n
}

// operations is how often a key was used.
func operations(c *sim.Card) int { return count(c, "88") + count(c, "2a9e9a") }

// left is how many tries a code has, asked in a session of its own.
func left(t testing.TB, svc card.Service, r card.PINRef) int {
	t.Helper()
	s := open(t, svc)
	defer s.Close()
	status, err := s.Card.PINStatus(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return status.Left
}
