//go:build linux

package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/card/webeid"
	"eidgate/internal/nativehost"
	"eidgate/internal/pinentry"
	"eidgate/internal/pinentry/pinentrytest"
)

func verifies(t *testing.T, d *desk, digest []byte, signature string) bool {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(raw) != 96 {
		return false
	}
	key := certificateOf(t, d.file.Signing).PublicKey.(*ecdsa.PublicKey)
	return ecdsa.Verify(key, digest, new(big.Int).SetBytes(raw[:48]), new(big.Int).SetBytes(raw[48:]))
}

func TestAuthenticate(t *testing.T) {
	d := newDesk(t, pinentrytest.PIN(simtest.PIN1))
	r := d.ask(t, authenticate("et"))
	if r.Error.Code != "" || r.Format != "web-eid:1.0" || r.Algorithm != "ES384" || r.AppVersion == "" ||
		r.UnverifiedCertificate != base64.StdEncoding.EncodeToString(certificateOf(t, d.file.Authentication).Raw) || r.Signature == "" {
		t.Errorf("%+v", r)
	}
	if n := d.commands(verifyPIN1); n != 1 {
		t.Errorf("%d VERIFY, want 1", n)
	}
	shown := d.script.Shown(t, 0)
	for _, want := range []string{"\n    https://example.ee\n", "logiksite sisse", "JAAK-KRISTJAN JÕEORG, Eesti ID-kaart (2018) AS0010001", "PIN1: alles 3 katset 3-st"} {
		if !strings.Contains(shown.Description, want) {
			t.Errorf("the dialog does not say %q:\n%s", want, shown.Description)
		}
	}
	if shown.Title != "Veebilehele sisselogimine" || shown.Buttons != "Logi sisse|Loobu|" || shown.Prompt != "PIN1:" {
		t.Errorf("%+v", shown)
	}
}

func TestSigningCertificate(t *testing.T) {
	d := newDesk(t, pinentrytest.Yes)
	r := d.ask(t, command("get-signing-certificate", arguments{"origin": site}))
	if r.Certificate != base64.StdEncoding.EncodeToString(certificateOf(t, d.file.Signing).Raw) {
		t.Errorf("%+v", r)
	}
	if len(r.SupportedSignatureAlgorithms) == 0 || r.SupportedSignatureAlgorithms[0]["cryptoAlgorithm"] != "ECC" ||
		r.SupportedSignatureAlgorithms[0]["hashFunction"] != "SHA-384" || r.SupportedSignatureAlgorithms[0]["paddingScheme"] != "NONE" {
		t.Errorf("algorithms %v", r.SupportedSignatureAlgorithms)
	}
	if d.commands("0020") != 0 {
		t.Error("a PIN was sent to read a certificate")
	}
	if shown := d.script.Shown(t, 0); shown.Asked != "CONFIRM" || !strings.Contains(shown.Description, "personal code") {
		t.Errorf("%+v", shown)
	}
}

func TestSign(t *testing.T) {
	for function, hash := range map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512} {
		d := newDesk(t, pinentrytest.PIN(simtest.PIN2))
		digest := digest(t, hash)
		r := d.ask(t, d.sign(digest, function))
		if !verifies(t, d, digest, r.Signature) || r.SignatureAlgorithm["hashFunction"] != function {
			t.Errorf("%s: %+v", function, r)
		}
		shown := d.script.Shown(t, 0)
		if code := "Control code: " + webeid.ControlCode(digest); !strings.Contains(shown.Description, code) || shown.Prompt != "PIN2:" {
			t.Errorf("%+v", shown)
		}
		if d.commands(verifyPIN2) != 1 || d.commands(signWithPIN2) != 1 {
			t.Errorf("%d VERIFY, %d signatures, want one of each", d.commands(verifyPIN2), d.commands(signWithPIN2))
		}
	}
}

// TestEveryKindOfCard logs in and signs with each card that can be simulated.
func TestEveryKindOfCard(t *testing.T) {
	for _, kind := range sim.Kinds() {
		t.Run(kind, func(t *testing.T) {
			file := simtest.Kind(t, kind, "AS0010001")
			d := newDesk(t, pinentrytest.PIN(file.PIN1), pinentrytest.PIN(file.PIN2))
			d.file, d.card = file, newCard(t, file)
			d.readers.Insert(reader, d.card)
			if r := d.ask(t, authenticate("")); r.Signature == "" || r.Algorithm != "ES384" {
				t.Errorf("%+v", r)
			}
			digest := digest(t, crypto.SHA384)
			if r := d.ask(t, d.sign(digest, "SHA-384")); !verifies(t, d, digest, r.Signature) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAHashTheCardCannotSign(t *testing.T) {
	d := newDesk(t)
	tk := d.agent.task(nativehost.Site{Origin: site}, card.Signing)
	if _, err := offered(nil, crypto.SHA384); !errors.Is(err, errHashNotOffered) {
		t.Errorf("%v", err)
	}
	tk.hash = crypto.SHA3_256
	h := &holder{algorithms: []card.Algorithm{{Key: x509.ECDSA, Hash: crypto.SHA384}}, status: card.PINStatus{Left: 3, Max: 3, Activated: true}}
	if err := tk.attempt(t.Context(), h, "", nil); failure(err).Error.Code != "ERR_WEBEID_NATIVE_INVALID_ARGUMENT" || d.script.Count(t) != 0 {
		t.Errorf("%v, %d dialogs", err, d.script.Count(t))
	}
}

func TestQuitAndStatus(t *testing.T) {
	d := newDesk(t)
	if r := d.ask(t, command("quit", arguments{})); r.Error.Code != "" {
		t.Errorf("quit: %+v", r)
	}
	p := d.open(t) // the extension asks for the status by connecting
	p.in.Close()
	if err := <-p.done; err != nil {
		t.Errorf("status: %v", err)
	}
	if d.script.Count(t) != 0 {
		t.Error("a dialog was shown")
	}
}

func TestRefusedWithoutADialog(t *testing.T) {
	d := newDesk(t)
	for name, c := range map[string]any{
		"http":             command("authenticate", arguments{"challengeNonce": nonce, "origin": "http://example.ee"}),
		"unknown argument": command("get-signing-certificate", arguments{"origin": site, "x": "y"}),
		"short nonce":      command("authenticate", arguments{"challengeNonce": nonce[1:], "origin": site}),
		"not JSON":         "hello",
		"wrong digest":     d.sign(make([]byte, 32), "SHA-384"),
	} {
		if r := d.ask(t, c); r.Error.Code != "ERR_WEBEID_NATIVE_INVALID_ARGUMENT" || r.Error.Message == "" || strings.Contains(r.Error.Message, "example") {
			t.Errorf("%s: %+v", name, r.Error)
		}
	}
	if n := d.script.Count(t); n != 0 || len(d.card.Trace()) != 0 {
		t.Errorf("%d dialogs, %d commands to the card", n, len(d.card.Trace()))
	}
}

func TestCancel(t *testing.T) {
	d := newDesk(t, pinentrytest.Cancel, pinentrytest.Cancel, pinentrytest.Cancel, pinentrytest.Answer{Do: "timeout"})
	for _, c := range []any{authenticate(""), d.sign(digest(t, crypto.SHA384), "SHA-384"), command("get-signing-certificate", arguments{"origin": site})} {
		if r := d.ask(t, c); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
			t.Errorf("%+v", r.Error)
		}
	}
	if r := d.ask(t, authenticate("")); r.Error.Code != "ERR_WEBEID_USER_TIMEOUT" {
		t.Errorf("%+v", r.Error)
	}
	if d.commands("0020") != 0 {
		t.Error("a PIN was sent")
	}
}

func TestWrongPINThenRight(t *testing.T) {
	d := newDesk(t, pinentrytest.PIN("9999"), pinentrytest.PIN("12"), pinentrytest.PIN("12 4"), pinentrytest.PIN(simtest.PIN1))
	r := d.ask(t, authenticate(""))
	if r.Signature == "" {
		t.Fatalf("%+v", r)
	}
	for i, want := range []struct{ complaint, tries string }{
		{"", "3 of 3 tries left"}, {"Wrong PIN1.", "2 of 3 tries left"},
		{"PIN1 has 4 to 12 digits. Nothing was sent to the card.", "2 of 3"}, {"PIN1 has 4 to 12 digits. Nothing was sent to the card.", "2 of 3"},
	} {
		if shown := d.script.Shown(t, i); shown.Error != want.complaint || !strings.Contains(shown.Description, want.tries) {
			t.Errorf("dialog %d: %+v", i, shown)
		}
	}
	if n := d.commands(verifyPIN1); n != 2 {
		t.Errorf("%d VERIFY for one wrong and one right entry", n)
	}
}

func TestLastTryIsAskedFor(t *testing.T) {
	wrong := pinentrytest.PIN("99999")
	d := newDesk(t, wrong, wrong, pinentrytest.Cancel,
		pinentrytest.Yes, wrong, pinentrytest.Yes)
	c := d.sign(digest(t, crypto.SHA384), "SHA-384")
	if r := d.ask(t, c); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r.Error)
	}
	if n := d.commands(verifyPIN2); n != 2 {
		t.Errorf("%d VERIFY, want 2: the last try was not agreed to", n)
	}
	if shown := d.script.Shown(t, 2); shown.Asked != "CONFIRM" || !strings.Contains(shown.Description, "Only one try is left") {
		t.Errorf("%+v", shown)
	}
	if r := d.ask(t, c); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r.Error)
	}
	if shown := d.script.Shown(t, 4); !strings.Contains(shown.Description, "LAST try") {
		t.Errorf("%+v", shown)
	}
	if shown := d.script.Shown(t, 5); !strings.Contains(shown.Description, "PIN2 is blocked") {
		t.Errorf("%+v", shown)
	}
	if r := d.ask(t, c); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" || d.commands(verifyPIN2) != 3 {
		t.Errorf("blocked: %+v, %d VERIFY", r.Error, d.commands(verifyPIN2))
	}
}

func TestNewCodesMustBeChanged(t *testing.T) {
	d := newDesk(t, pinentrytest.Yes)
	d.file.Card = "esteid2025"
	c, err := sim.New(d.file, sim.WithUnusedCodes())
	if err != nil {
		t.Fatal(err)
	}
	d.readers.Insert(reader, c)
	if r := d.ask(t, d.sign(digest(t, crypto.SHA384), "SHA-384")); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r.Error)
	}
	if shown := d.script.Shown(t, 0); !strings.Contains(shown.Description, "eid pin change PIN2") {
		t.Errorf("%+v", shown)
	}
}

// TestThePageGoesAway closes the connection, or breaks its rules, while a
// dialog is open: the dialog closes, nothing is sent to the card and nobody is
// answered.
func TestThePageGoesAway(t *testing.T) {
	for name, leave := range map[string]func(*page){
		"closed":         func(p *page) { p.in.Close() },
		"second command": func(p *page) { _, _ = p.in.Write([]byte("\x02\x00\x00\x00{}")) },
		"stray byte":     func(p *page) { _, _ = p.in.Write([]byte{0}) },
	} {
		for _, c := range []any{authenticate(""), command("get-signing-certificate", arguments{"origin": site})} {
			d := newDesk(t, pinentrytest.Wait)
			p := d.open(t)
			p.send(c)
			entry := d.script.Shown(t, 0)
			go leave(p) // the agent reads no more than the first byte
			if rest, err := io.ReadAll(p.out); err != nil || len(rest) != 0 {
				t.Errorf("%s: answered %q, %v", name, rest, err)
			}
			if err := <-p.done; !errors.Is(err, errPageGone) {
				t.Errorf("%s: %v", name, err)
			}
			p.in.Close()
			d.script.Gone(t, entry)
			if d.commands("0020") != 0 {
				t.Errorf("%s: a PIN was sent", name)
			}
		}
	}
}

func TestPINPad(t *testing.T) {
	d := newDesk(t, pinentrytest.Yes, pinentrytest.Wait, pinentrytest.Yes, pinentrytest.Wait)
	typed := []string{"9999", simtest.PIN1}
	d.readers.SetPINPad(reader, func(int) ([]string, uint16) {
		d.script.Shown(t, 5-2*len(typed)) // the user is told to type before anything is typed
		code := typed[0]
		typed = typed[1:]
		return []string{code}, 0
	})
	if r := d.ask(t, authenticate("")); r.Signature == "" {
		t.Errorf("%+v", r)
	}
	if shown := d.script.Shown(t, 1); shown.Asked != "CONFIRM" || !strings.Contains(shown.Description, "Enter PIN1 on the card reader's keypad") {
		t.Errorf("%+v", shown)
	}
	if shown := d.script.Shown(t, 2); shown.Error != "Wrong PIN1." {
		t.Errorf("%+v", shown)
	}
	d.script.Gone(t, d.script.Shown(t, 3))
}

func TestPINPadCancelled(t *testing.T) {
	for name, tt := range map[string]struct {
		sw   uint16
		code string
	}{"on the reader": {0x6401, "ERR_WEBEID_USER_CANCELLED"}, "nobody typed": {0x6400, "ERR_WEBEID_USER_TIMEOUT"}} {
		d := newDesk(t, pinentrytest.Yes, pinentrytest.Wait)
		d.readers.SetPINPad(reader, func(int) ([]string, uint16) {
			d.script.Shown(t, 1)
			return nil, tt.sw
		})
		if r := d.ask(t, authenticate("")); r.Error.Code != tt.code {
			t.Errorf("%s: %+v", name, r)
		}
		d.script.Gone(t, d.script.Shown(t, 1))
	}
}

// TestNothingIsCarriedOver asks the card to log in again, without a PIN, as
// another program could when the agent has ended.
func TestNothingIsCarriedOver(t *testing.T) {
	d := newDesk(t, pinentrytest.PIN(simtest.PIN1))
	if r := d.ask(t, authenticate("")); r.Signature == "" {
		t.Fatalf("%+v", r)
	}
	var signing [][]byte // the agent's own commands but those with a PIN
	for _, x := range d.card.Trace() {
		if b, err := hex.DecodeString(x.Command); err == nil {
			signing = append(signing, b)
		}
	}
	c, err := d.readers.Connect(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var last []byte
	for _, command := range signing {
		if last, err = c.Transmit(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
	if want := []byte{0x69, 0x82}; !bytes.Equal(last, want) {
		t.Errorf("the card answered %x, want %x: security status not satisfied", last, want)
	}
}

func TestFailuresSayNothingAboutTheMachine(t *testing.T) {
	secret := errors.New("/home/user/secret")
	for _, err := range []error{
		secret, fmt.Errorf("x: %w: %w", webeid.ErrKeyMismatch, secret), fmt.Errorf("%w: %w", card.ErrBadAnswer, secret),
		fmt.Errorf("%w: %w", pinentry.ErrCancelled, secret), fmt.Errorf("%w: %w", errHashNotOffered, secret),
	} {
		if f := failure(err); strings.Contains(f.Error.Message, "secret") || f.Error.Code == "" {
			t.Errorf("%v: %+v", err, f)
		}
	}
}
