package card_test

import (
	"encoding/hex"
	"testing"

	"eidgate/card"
)

// Extended length is not assumed: readers and cards that know only short
// commands (ISO/IEC 7816-4 section 5.2) see nothing else.
func TestOnlyShortCommands(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		for _, p := range k.protocols() {
			svc, c := k.newCard(t)
			svc.SetProtocol(reader, p)
			for _, u := range usages() {
				if _, err := sign(t.Context(), svc, request(u, k.code(u))); err != nil {
					t.Fatal(err)
				}
			}
			s := open(t, svc)
			if _, err := s.Card.PersonalData(t.Context()); err != nil && k != "fineid4" {
				t.Fatal(err)
			}
			if _, err := s.Card.PINStatus(t.Context(), card.PIN2); err != nil {
				t.Fatal(err)
			}
			s.Close()
			for _, x := range c.Trace() {
				command, answer := len(x.Command)/2, len(x.Answer)/2
				long := command > 5 && x.Command[8:10] == "00" // the first of three length bytes
				if _, err := hex.DecodeString(x.Command[:8]); err != nil || command > 5+255+1 || answer > 256+2 || long {
					t.Errorf("%d bytes sent, %d answered: %s", command, answer, x.Command)
				}
			}
		}
	})
}
