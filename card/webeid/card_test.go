package webeid_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/webeid"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

// From a card of the demonstration PKI to its website: the card signs, the
// PKI's responder vouches, and after revocation it does not.
func TestLogInWithACard(t *testing.T) {
	world := pkitest.Start(t, nil)
	c, err := sim.New(world.Card)
	if err != nil {
		t.Fatal(err)
	}
	readers := sim.NewService("Reader")
	readers.Insert("Reader", c)
	session, err := card.Open(t.Context(), readers, card.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	asked := 0
	pins := pin.SourceFunc(func(context.Context, card.PINRequest) (*card.PIN, error) {
		asked++
		return pin.FromBytes([]byte(world.Card.PIN1))
	})

	for name, r := range map[string]webeid.Request{
		"webeid.origin-scheme": {Origin: "http://example.ee", Nonce: nonce("a")},
		"webeid.nonce-length":  {Origin: site, Nonce: nonce("a")[:43]},
	} {
		if _, err := webeid.FromCard(t.Context(), session.Card, pins, r); fault.CodeOf(err) != name || asked != 0 {
			t.Errorf("%s: %v, PIN asked %d times", name, err, asked)
		}
	}

	c.ClearTrace()
	token, err := webeid.FromCard(t.Context(), session.Card, pins, webeid.Request{Origin: site, Nonce: nonce("a")})
	if err != nil {
		t.Fatal(err)
	}
	verify := 0
	for _, x := range c.Trace() {
		if strings.HasPrefix(x.Command, "0020") && len(x.Command) > 8 {
			verify++
		}
	}
	if asked != 1 || verify != 1 || token.Algorithm != "ES384" {
		t.Errorf("PIN asked %d times, %d VERIFY, algorithm %s", asked, verify, token.Algorithm)
	}
	v := &webeid.Validator{Origin: site, Verifier: world.Verifier(t), Intermediates: world.Intermediates()}
	who, err := v.Validate(t.Context(), marshal(t, token), nonce("a"))
	if err != nil {
		t.Fatal(err)
	}
	if who.Person.Surname != world.Card.Surname || !strings.HasSuffix(who.Person.Identifier.Reveal(), world.Card.PersonalCode) {
		t.Errorf("somebody else logged in: %v", who.Person)
	}
	if _, err := v.Validate(t.Context(), marshal(t, token), nonce("b")); fault.CodeOf(err) != "webeid.token-signature" {
		t.Errorf("another nonce: %v", err)
	}

	if err := world.Revoke(fmt.Sprintf("%x", who.Certificate.SerialNumber), "key-compromise"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Validate(t.Context(), marshal(t, token), nonce("a")); fault.CodeOf(err) != "revocation.revoked" {
		t.Errorf("after revocation: %v", err)
	}
}
