//go:build linux

package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/lastcard"
	"eidgate/internal/pin"
	"eidgate/internal/pinentry"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/pkcs11"
)

func TestWaitsForACard(t *testing.T) {
	d := newDesk(t, pinentrytest.Wait, pinentrytest.PIN(simtest.PIN1))
	d.readers.Insert(reader, nil)
	p := d.open(t)
	p.send(authenticate(""))
	shown := d.script.Shown(t, 0)
	if !strings.Contains(shown.Description, "Insert your card") || !strings.Contains(shown.Description, site) {
		t.Errorf("%+v", shown)
	}
	d.readers.Insert(reader, d.card)
	if r := p.reply(); r.Signature == "" {
		t.Errorf("%+v", r)
	}
	d.script.Gone(t, shown)
}

func TestNoReaderThenCancel(t *testing.T) {
	d := newDesk(t, pinentrytest.Yes, pinentrytest.Cancel)
	d.agent.cards = sim.NewService()
	if r := d.ask(t, authenticate("et")); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r.Error)
	}
	if shown := d.script.Shown(t, 1); !strings.Contains(shown.Description, "Kaardilugejat ei leitud") || shown.Buttons != "Proovi uuesti|Loobu|" {
		t.Errorf("%+v", shown)
	}
}

func TestCardRemovedWhileThePINIsAskedFor(t *testing.T) {
	d := newDesk(t, pinentrytest.Wait, pinentrytest.Wait, pinentrytest.PIN(simtest.PIN2))
	digest := digest(t, crypto.SHA384)
	p := d.open(t)
	p.send(d.sign(digest, "SHA-384"))
	entry := d.script.Shown(t, 0)
	d.readers.Insert(reader, nil)
	d.script.Gone(t, entry)
	if shown := d.script.Shown(t, 1); !strings.Contains(shown.Description, "The card was taken out") {
		t.Errorf("%+v", shown)
	}
	d.readers.Insert(reader, d.card)
	if r := p.reply(); !verifies(t, d, digest, r.Signature) {
		t.Errorf("%+v", r)
	}
	if d.commands(verifyPIN2) != 1 {
		t.Errorf("%d VERIFY", d.commands(verifyPIN2))
	}
}

func TestTheCertificateDialogClosesWithTheCard(t *testing.T) {
	d := newDesk(t, pinentrytest.Wait, pinentrytest.Cancel)
	p := d.open(t)
	p.send(command("get-signing-certificate", arguments{"origin": site}))
	entry := d.script.Shown(t, 0)
	d.readers.Insert(reader, nil)
	if r := p.reply(); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r)
	}
	d.script.Gone(t, entry)
}

func TestSeveralCards(t *testing.T) {
	d := newDesk(t, pinentrytest.Other, pinentrytest.Yes, pinentrytest.PIN("9999"), pinentrytest.PIN(simtest.PIN1), pinentrytest.Cancel)
	d.agent.last = lastcard.File(filepath.Join(t.TempDir(), "eid", "last-card"))
	second := simtest.Person(t, "AS0010002")
	d.readers.Insert("Reader Two", newCard(t, second))
	r := d.ask(t, authenticate(""))
	if r.Signature == "" {
		t.Fatalf("%+v", r)
	}
	if r := d.ask(t, authenticate("")); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r)
	}
	// The last dialog is another command's: the choice is remembered.
	for i, number := range []string{"AS0010001", "AS0010002", "AS0010002", "AS0010002", "AS0010002"} {
		if shown := d.script.Shown(t, i); !strings.Contains(shown.Description, number) {
			t.Errorf("dialog %d is not about %s: %+v", i, number, shown)
		}
	}
	if d.commands(verifyPIN1) != 0 {
		t.Error("the other card got the PIN")
	}
}

func TestSigningFindsTheCardByItsCertificate(t *testing.T) {
	d := newDesk(t, pinentrytest.PIN(simtest.PIN2), pinentrytest.Wait, pinentrytest.PIN(simtest.PIN2))
	stranger := newCard(t, simtest.Person(t, "AS0010002"))
	d.readers.Insert("Reader Two", stranger)
	digest := digest(t, crypto.SHA384)
	if r := d.ask(t, d.sign(digest, "SHA-384")); !verifies(t, d, digest, r.Signature) {
		t.Errorf("two cards: %+v", r)
	}
	d.readers.Insert(reader, nil)
	p := d.open(t)
	p.send(d.sign(digest, "SHA-384"))
	if shown := d.script.Shown(t, 1); !strings.Contains(shown.Description, "not the card whose certificate") {
		t.Errorf("%+v", shown)
	}
	d.readers.Insert(reader, d.card)
	if r := p.reply(); !verifies(t, d, digest, r.Signature) {
		t.Errorf("the right card: %+v", r)
	}
	for _, x := range stranger.Trace() {
		if strings.HasPrefix(x.Command, "0020") && len(x.Command) > 10 {
			t.Error("the other card got a PIN")
		}
	}
}

// TestCardSwappedBehindTheDialog puts another card of the same kind into the
// reader between the dialog and the signature: its holder did not agree.
func TestCardSwappedBehindTheDialog(t *testing.T) {
	d := newDesk(t, pinentrytest.PIN(simtest.PIN1), pinentrytest.Cancel)
	other := newCard(t, simtest.Person(t, "AS0010002"))
	opened := 0
	d.agent.cards = interceptor{d.readers, func() error {
		if opened++; opened == 2 { // the first is for the dialog
			d.readers.Insert(reader, other)
		}
		return nil
	}}
	if r := d.ask(t, authenticate("")); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r)
	}
	if shown := d.script.Shown(t, 1); !strings.Contains(shown.Description, "AS0010002") {
		t.Errorf("the user was not asked again: %+v", shown)
	}
	for _, x := range other.Trace() {
		if strings.HasPrefix(x.Command, verifyPIN1) && len(x.Command) > 10 {
			t.Error("the other card got the PIN")
		}
	}
}

// TestOthersResetTheCard has another program finish with the card each time
// before this one gets it: the user need not know. One that never stops is
// trouble.
func TestOthersResetTheCard(t *testing.T) {
	d := newDesk(t, pinentrytest.PIN(simtest.PIN1), pinentrytest.Cancel)
	opened, always := 0, false
	d.agent.cards = interceptor{d.readers, func() error {
		if opened++; always || opened%2 == 1 {
			return card.ErrCardReset
		}
		return nil
	}}
	if r := d.ask(t, authenticate("")); r.Signature == "" || d.script.Count(t) != 1 || opened != 4 {
		t.Errorf("%+v after %d dialogs, opened %d times", r, d.script.Count(t), opened)
	}
	always = true
	if r := d.ask(t, authenticate("")); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r)
	}
	if shown := d.script.Shown(t, 1); !strings.Contains(shown.Description, "Another program is using the card") {
		t.Errorf("%+v", shown)
	}
}

// TestFaultsAtEveryCommand removes or resets the card at each command of a
// signature. The user is asked again or told; never more than one VERIFY goes
// out for one entry, and a reply is a good signature or an error.
func TestFaultsAtEveryCommand(t *testing.T) {
	d := newDesk(t, pinentrytest.PIN(simtest.PIN2))
	d.card.ClearTrace()
	if r := d.ask(t, d.sign(digest(t, crypto.SHA384), "SHA-384")); r.Signature == "" {
		t.Fatalf("%+v", r)
	}
	commands := len(d.card.Trace())
	for _, kind := range []string{"removed", "reset"} {
		for at := range commands {
			t.Run(fmt.Sprintf("%s at %d", kind, at), func(t *testing.T) {
				d := newDesk(t)
				user := new(willing)
				d.agent.find = func() (pinentry.Asker, error) { return user, nil }
				f := sim.Faults{RemoveAt: &at}
				if kind == "reset" {
					f = sim.Faults{ResetAt: &at}
				}
				d.card.SetFaults(f)
				digest := digest(t, crypto.SHA384)
				r := d.ask(t, d.sign(digest, "SHA-384"))
				if r.Signature != "" && !verifies(t, d, digest, r.Signature) || r.Signature == "" && r.Error.Code == "" {
					t.Errorf("%+v", r)
				}
				if n := d.commands(verifyPIN2); n > user.entries || d.commands(signWithPIN2) > user.entries {
					t.Errorf("%d VERIFY and %d signatures for %d entries", n, d.commands(signWithPIN2), user.entries)
				}
			})
		}
	}
}

// willing is a user who enters PIN2 where it is asked for and cancels
// everything else. The many dialogs of one test need no process each.
type willing struct{ entries int }

func (w *willing) PIN(context.Context, pinentry.Dialog) (*pin.Buffer, error) {
	w.entries++
	return pin.FromBytes([]byte(simtest.PIN2))
}

func (*willing) Confirm(context.Context, pinentry.Dialog) (pinentry.Answer, error) {
	return 0, pinentry.ErrCancelled
}

// TestSignatureIsVerifiedBeforeItLeaves lets a card sign something else.
func TestSignatureIsVerifiedBeforeItLeaves(t *testing.T) {
	d := newDesk(t, pinentrytest.PIN(simtest.PIN2), pinentrytest.PIN(simtest.PIN1))
	d.card.SetFaults(sim.Faults{Answer: func(_ int, command, answer []byte) []byte {
		if len(answer) == 98 { // r, s and the status word
			answer[10] ^= 1
		}
		return answer
	}})
	for _, c := range []any{d.sign(digest(t, crypto.SHA384), "SHA-384"), authenticate("")} {
		if r := d.ask(t, c); r.Error.Code != "ERR_WEBEID_NATIVE_FATAL" || r.Signature != "" || strings.Contains(r.Error.Message, "card") {
			t.Errorf("%+v", r)
		}
	}
}

func TestReaderNamesAreShownSafely(t *testing.T) {
	hostile := "<b>Bank</b>\u202e\x1b[2J\n\nhttps://bank.ee" + strings.Repeat("x", 200)
	d := newDesk(t, pinentrytest.Cancel)
	d.readers = sim.NewService(hostile, "Reader Two")
	d.agent.cards = d.readers
	d.readers.Insert(hostile, d.card)
	d.readers.Insert("Reader Two", newCard(t, simtest.Person(t, "AS0010002")))
	if r := d.ask(t, authenticate("")); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r)
	}
	if logged := d.log.String(); strings.ContainsAny(logged, "\u202e\x1b") || strings.Contains(logged, "\nhttps://bank.ee") {
		t.Errorf("logged: %q", logged)
	}
	shown := d.script.Shown(t, 0).Description
	if strings.ContainsAny(shown, "<>\u202e\x1b") || strings.Contains(shown, "\nhttps://bank.ee") || strings.Contains(shown, strings.Repeat("x", 61)) {
		t.Errorf("%q", shown)
	}
}

func TestWithoutAPinentryProgram(t *testing.T) {
	d := newDesk(t)
	d.script.Path = "/nowhere/pinentry"
	if r := d.ask(t, authenticate("")); r.Error.Code != "ERR_WEBEID_NATIVE_FATAL" || strings.Contains(r.Error.Message, "nowhere") {
		t.Errorf("%+v", r)
	}
	if d.commands("0020") != 0 {
		t.Error("a PIN was sent")
	}
}

func TestExpiryIsShown(t *testing.T) {
	for left, want := range map[time.Duration]string{
		-time.Hour: "The certificate expired on ", 59 * 24 * time.Hour: "The certificate expires on ", 61 * 24 * time.Hour: "",
	} {
		d := newDesk(t, pinentrytest.Cancel)
		end := certificateOf(t, d.file.Authentication).NotAfter
		d.agent.now = func() time.Time { return end.Add(-left) }
		if r := d.ask(t, authenticate("en")); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
			t.Errorf("%+v", r)
		}
		shown := d.script.Shown(t, 0).Description
		if want == "" && strings.Contains(shown, "The certificate") || want != "" && !strings.Contains(shown, want+end.Format(time.DateOnly)) {
			t.Errorf("%v before the end: %q", left, shown)
		}
	}
}

func TestEveryTroubleHasAText(t *testing.T) {
	for _, words := range []*texts{english(), estonian()} {
		seen := make(map[string]error)
		for _, err := range []error{
			card.ErrNoService, card.ErrNoReader, card.ErrNoCard, card.ErrMuteCard, card.ErrCardRemoved, card.ErrBusy,
			errOtherCard, &card.UnsupportedCardError{}, errors.New("something else"),
			modulecard.ErrCrashed, modulecard.ErrNothing, &missingError{"Card", pkcs11.ErrNoModule},
		} {
			text := words.trouble(fmt.Errorf("wrapped: %w", err))
			if before := seen[text]; before != nil || text == "" {
				t.Errorf("%v and %v: %q", before, err, text)
			}
			seen[text] = err
		}
	}
}

// interceptor does something before each connection.
type interceptor struct {
	*sim.Service
	before func() error
}

func (i interceptor) Connect(ctx context.Context, reader string) (card.Connection, error) {
	if err := i.before(); err != nil {
		return nil, err
	}
	return i.Service.Connect(ctx, reader)
}
