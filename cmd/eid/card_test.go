package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/fault"
	"eidgate/sign"
)

func signingCertificate(t *testing.T, w *world) *x509.Certificate {
	t.Helper()
	return pkitest.Certificate(t, w.Card.Signing)
}

func TestCardList(t *testing.T) {
	w := newWorld(t)
	w.run(t, "card", "list").want(t, exitOK, readerName, "Estonian eID card (2018)", w.Card.DocumentNumber)
	w.cards = sim.NewService("Empty")
	w.run(t, "card", "list").want(t, exitOK, "no card")
	w.cards = sim.NewService()
	w.run(t, "card", "list").want(t, exitCard, "Plug in")
}

// otherCards is a service whose cards have an answer to reset nobody knows.
type otherCards struct{ card.Service }

func (s otherCards) Readers(ctx context.Context) ([]card.Reader, error) {
	readers, err := s.Service.Readers(ctx)
	for i := range readers {
		readers[i].ATR = []byte{0x3b, 0x00}
	}
	return readers, err
}

func TestUnknownCard(t *testing.T) {
	w := newWorld(t)
	w.cards = otherCards{w.cards}
	w.run(t, "card", "list").want(t, exitOK, "3B00")
	w.run(t, "card", "show").want(t, exitCard, "3b00")
}

// A Finnish card has no personal data that can be read; all else is shown.
func TestFinnishCard(t *testing.T) {
	w := newWorld(t)
	person := *w.Card
	person.Card, person.PIN2 = "fineid4", "123456"
	c, err := sim.New(&person)
	if err != nil {
		t.Fatal(err)
	}
	readers := sim.NewService(readerName)
	readers.Insert(readerName, c)
	w.cards = readers
	w.run(t, "card", "list").want(t, exitOK, "Finnish eID card (version 4)", person.DocumentNumber)
	w.run(t, "card", "show").want(t, exitOK, person.DocumentNumber, person.Surname, "PUK", "5 of 5 tries left")
	w.run(t, "card", "show", "--personal").want(t, exitOK, "none that can be read")
	w.run(t, "pin", "status").want(t, exitOK, "PUK   5 of 5 tries left")
	w.codes(t, w.Card.PUK+"\n654321", "unblock", "PIN2").want(t, exitOK, "PIN2 has a new code")
	w.codes(t, "654321\n123456", "change", "PIN2").want(t, exitOK, "PIN2 is changed")
}

func TestCardShow(t *testing.T) {
	w := newWorld(t)
	w.run(t, "card", "show").want(t, exitOK,
		w.Card.DocumentNumber, "PNOEE-"+w.Card.PersonalCode, w.Card.Surname,
		"PIN1", "PIN2", "PUK", "3 of 3 tries left", "valid")
	w.sign(t, "00000", "-o", filepath.Join(t.TempDir(), "x.pdf"), document(t)).want(t, exitCard)
	w.run(t, "card", "show").want(t, exitOK, "2 of 3 tries left")
	w.run(t, "card", "show", "--reader", "one").want(t, exitOK)
	w.run(t, "card", "show", "--reader", "two").want(t, exitCard, "two")
	w.run(t, "card", "show", "--document", "XX").want(t, exitCard)
}

func TestAuth(t *testing.T) {
	w := newWorld(t)
	nonce := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	auth := func(pin, origin, nonce string) outcome {
		return w.run(t, "auth", "--origin", origin, "--nonce", nonce, "--pin-fd", strconv.Itoa(pinDescriptor(t, pin)))
	}
	got := auth("1234", "https://example.org", nonce)
	got.want(t, exitOK)
	store, err := certs.NewStore(certs.Test, w.IssuingCA())
	if err != nil {
		t.Fatal(err)
	}
	verifier := &certs.Verifier{Store: store, Revocation: w.OCSP()}
	validator := webeid.Validator{Origin: "https://example.org", Verifier: verifier}
	who, err := validator.Validate(t.Context(), []byte(got.out), nonce)
	if err != nil {
		t.Fatal(err)
	}
	if who.Person.Surname != w.Card.Surname {
		t.Errorf("logged in as %q", who.Person.Surname)
	}
	other := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32))
	if _, err := validator.Validate(t.Context(), []byte(got.out), other); fault.CodeOf(err) != "webeid.token-signature" {
		t.Errorf("another nonce: %v", err)
	}
	validator.Origin = "https://example.com"
	if _, err := validator.Validate(t.Context(), []byte(got.out), nonce); fault.CodeOf(err) != "webeid.token-signature" {
		t.Errorf("another origin: %v", err)
	}

	w.card.ClearTrace()
	auth("1234", "http://example.org", nonce).want(t, exitInput, "secure")
	auth("1234", "https://example.org", "short").want(t, exitInput, "nonce")
	if n := w.commands(verifyPIN1); n != 0 {
		t.Errorf("the PIN was sent %d times for requests that must be refused", n)
	}
	auth("9999", "https://example.org", nonce).want(t, exitCard, "tries left: 2")
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	file := w.file(t, "eid.yaml", "trust: "+w.TrustDir()+"\ntimestamp_url: "+w.URL("/tsa")+"\nlevel: T\n")
	out := filepath.Join(t.TempDir(), "signed.pdf")
	w.run(t, "--config", file, "sign", "--pin-fd", strconv.Itoa(pinDescriptor(t, "12345")), "-o", out, document(t)).
		want(t, exitOK, "level T")
	w.run(t, "--config", file, "verify", out).want(t, exitOK)
	w.run(t, "--config", w.file(t, "bad.yaml", "trsut: x\n"), "card", "list").want(t, exitInput, "trsut")
	w.run(t, "--config", "/no/such.yaml", "card", "list").want(t, exitInput, "settings")
	w.run(t, "--config", w.file(t, "bad.yaml", "level: XL\n"), "sign", document(t)).want(t, exitInput)
}

// TestSettingsExample keeps the documented example and the help true.
func TestSettingsExample(t *testing.T) {
	text, err := os.ReadFile("../../docs/eid.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := new(Settings).decode(text); err != nil {
		t.Fatal(err)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		name := field.Tag.Get("yaml")
		if !strings.Contains(string(text), "\n# "+name+": ") || !strings.Contains(string(text), "\n"+name+":") {
			t.Errorf("docs/eid.example.yaml does not explain and show %s", name)
		}
		if !strings.Contains(settingsHelp, "\n  "+name+" ") {
			t.Errorf("eid help settings does not list %s", name)
		}
	}
}

func TestUsage(t *testing.T) {
	w := newWorld(t)
	w.run(t, "help", "exit-codes").want(t, exitOK, "card or PIN trouble")
	w.run(t, "help", "batch").want(t, exitOK, "Signature 3 of 12")
	w.run(t, "help", "settings").want(t, exitOK, "timestamp_url")
	w.run(t, "help", "policy").want(t, exitOK, sign.PolicyVersion, sign.Policy()[0].ID)
	for _, args := range [][]string{{"frobnicate"}, {"sign"}, {"verify"}, {"sign", "--pin", "1234", "x.pdf"}, {"help", "me"}} {
		if got := w.run(t, args...); got.exit != exitInput {
			t.Errorf("eid %v: exit code %d, want %d", args, got.exit, exitInput)
		}
	}
}

func TestHostileTextIsPlain(t *testing.T) {
	got := plain("a\x1b[31mred\u202eevil\nnext\x00")
	if strings.ContainsAny(got, "\x1b\u202e\n\x00") {
		t.Errorf("%q", got)
	}
}
