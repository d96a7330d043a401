package card_test

import (
	"errors"
	"slices"
	"testing"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/fault"
)

// commandsToSign is how many commands one signature takes, card just inserted.
func commandsToSign(t *testing.T, k kind, u card.Usage) int {
	t.Helper()
	svc, c := k.newCard(t)
	if _, err := sign(t.Context(), svc, request(u, k.code(u))); err != nil {
		t.Fatal(err)
	}
	return len(c.Trace())
}

// TestLosingTheCardAtEveryCommand pulls the card out, or lets another program
// reset it, instead of each command in turn.
func TestLosingTheCardAtEveryCommand(t *testing.T) { eachKind(t, losingTheCardAtEveryCommand) }

func losingTheCardAtEveryCommand(t *testing.T, k kind) {
	person := k.person(t)
	for _, u := range usages() {
		for n := range commandsToSign(t, k, u) {
			for _, f := range []struct {
				name   string
				faults sim.Faults
				want   error
				code   string
			}{
				{"removed", sim.Faults{RemoveAt: &n}, card.ErrCardRemoved, "card.removed"},
				{"reset", sim.Faults{ResetAt: &n}, card.ErrCardReset, "card.reset"},
			} {
				svc, c := insert(t, person)
				c.SetFaults(f.faults)
				signature, err := sign(t.Context(), svc, request(u, k.code(u)))
				if signature != nil || !errors.Is(err, f.want) || fault.CodeOf(err) != f.code || fault.HintOf(err) == "" {
					t.Errorf("%s, %s at command %d: %X, %v", u, f.name, n, signature, err)
				}
				if v, o, all := count(c, "20"), operations(c), len(c.Trace()); v > 1 || o > 1 || all != n {
					t.Errorf("%s, %s at command %d: %d VERIFY, %d operations, %d commands", u, f.name, n, v, o, all)
				}
			}
		}
	}
}

// hostile answers to every command in turn must never give a signature, never
// cause a second VERIFY or operation, and always end.
func hostile() map[string]func(answer []byte) []byte {
	return map[string]func([]byte) []byte{
		"empty":         func([]byte) []byte { return nil },
		"one byte":      func([]byte) []byte { return []byte{0x90} },
		"nothing, 9000": func([]byte) []byte { return []byte{0x90, 0x00} },
		"61 for ever":   func([]byte) []byte { return []byte{1, 0x61, 0x01} },
		"61 nothing":    func([]byte) []byte { return []byte{0x61, 0x00} },
		"6C for ever":   func([]byte) []byte { return []byte{0x6C, 0x10} },
		"6982":          func([]byte) []byte { return []byte{0x69, 0x82} },
		"63C0":          func([]byte) []byte { return []byte{0x63, 0xC0} },
		"63CF":          func([]byte) []byte { return []byte{0x63, 0xCF} },
		"too long":      func([]byte) []byte { return append(make([]byte, 300), 0x90, 0x00) },
		"zeros":         func(b []byte) []byte { return append(make([]byte, max(2, len(b))-2), 0x90, 0x00) },
		"ff":            func(b []byte) []byte { return append(slices.Repeat([]byte{0xFF}, max(2, len(b))-2), 0x90, 0x00) },
		"cut": func(b []byte) []byte {
			if len(b) == 2 {
				return b[:1]
			}
			return append(slices.Clone(b[:len(b)/2-1]), 0x90, 0x00)
		},
		"one more byte": func(b []byte) []byte { return append(append(slices.Clone(b[:len(b)-2]), 0), b[len(b)-2:]...) },
		"bit flipped": func(b []byte) []byte {
			c := slices.Clone(b)
			c[len(c)/2-1] ^= 1
			return c
		},
	}
}

func TestHostileAnswersAtEveryCommand(t *testing.T) { eachKind(t, hostileAnswersAtEveryCommand) }

func hostileAnswersAtEveryCommand(t *testing.T, k kind) {
	f := k.person(t)
	for _, u := range usages() {
		for n := range commandsToSign(t, k, u) {
			for name, change := range hostile() {
				for _, protocol := range k.protocols() {
					svc, c := insert(t, f)
					svc.SetProtocol(reader, protocol)
					c.SetFaults(sim.Faults{Answer: func(i int, _, answer []byte) []byte {
						if i < n {
							return answer
						}
						return change(answer)
					}})
					signature, err := sign(t.Context(), svc, request(u, k.code(u)))
					if signature != nil || err == nil || fault.CodeOf(err) == "" {
						t.Errorf("%s, %s from command %d: %X, %v", u, name, n, signature, err)
					}
					if v, o := count(c, "20"), operations(c); v > 1 || o > 1 {
						t.Errorf("%s, %s from command %d: %d VERIFY, %d operations", u, name, n, v, o)
					}
				}
			}
		}
	}
}

// TestSignaturesOfAnotherKeyAreRefused gives the card the key of one person
// and the certificate of another.
func TestSignaturesOfAnotherKeyAreRefused(t *testing.T) {
	eachKind(t, signaturesOfAnotherKeyAreRefused)
}

func signaturesOfAnotherKeyAreRefused(t *testing.T, k kind) {
	for _, u := range usages() {
		f, other := k.person(t), k.person(t)
		f.Authentication.Certificate = other.Authentication.Certificate
		f.Signing.Certificate = other.Signing.Certificate
		svc, c := insert(t, f)
		signature, err := sign(t.Context(), svc, request(u, k.code(u)))
		if signature != nil || !errors.Is(err, card.ErrBadSignature) {
			t.Errorf("%s: %X, %v", u, signature, err)
		}
		if operations(c) != 1 {
			t.Errorf("%s: %d operations", u, operations(c))
		}
	}
}

func TestEndlessFilesAreRefused(t *testing.T) { eachKind(t, endlessFilesAreRefused) }

func endlessFilesAreRefused(t *testing.T, k kind) {
	svc, c := k.newCard(t)
	c.SetFaults(sim.Faults{Answer: func(_ int, command, answer []byte) []byte {
		if command[1] == 0xA4 && len(answer) > 2 {
			return []byte{0x62, 0x04, 0x80, 0x02, 0xFF, 0xFF, 0x90, 0x00}
		}
		return answer
	}})
	if _, err := sign(t.Context(), svc, request(card.Signing, k.code(card.Signing))); !errors.Is(err, card.ErrBadAnswer) {
		t.Error(err)
	}
	if n := count(c, "b0"); n != 0 {
		t.Errorf("%d pieces read of a file that is too large", n)
	}
}

// TestHostileNumbersAndNames keeps control characters out of what is printed.
func TestHostileNumbersAndNames(t *testing.T) {
	for _, bad := range []string{"AS\x1b[31m", "AS\u202e1", "<b>", "", "123456789012345678901234567890123"} {
		f := simtest.Person(t, "AS0010001")
		f.DocumentNumber = bad
		svc, _ := insert(t, f)
		s := open(t, svc)
		if n, err := s.Card.DocumentNumber(t.Context()); !errors.Is(err, card.ErrBadAnswer) {
			t.Errorf("%q: %q, %v", bad, n, err)
		}
		s.Close()
	}
	f := simtest.Person(t, "AS0010001")
	f.Surname = "A\u202eB\x07"
	svc, _ := insert(t, f)
	if _, err := open(t, svc).Card.PersonalData(t.Context()); !errors.Is(err, card.ErrBadAnswer) {
		t.Errorf("surname: %v", err)
	}
}
