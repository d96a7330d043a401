package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/internal/pinentry"
)

// patience is how long a dialog stays. The extension's own limits, two minutes
// if the page does not say otherwise, usually end it before.
const patience = 5 * time.Minute

// Limits in bytes on what others may put into a dialog, so that with the
// longest origin everything fits into one line of the pinentry protocol.
const (
	maxLetters = 130
	maxName    = 80
	maxReader  = 60
	maxKind    = 40
	lineWidth  = 64 // an origin is broken here, so that no part is out of sight
)

// siteLines names the website: always as the browser knows it, and in letters
// when it has an international name.
func (t *task) siteLines() string {
	var b strings.Builder
	b.WriteString(t.words.website + "\n")
	rest := t.site.Origin
	for len(rest) > lineWidth {
		b.WriteString("    " + rest[:lineWidth] + "\n")
		rest = rest[lineWidth:]
	}
	b.WriteString("    " + rest + "\n")
	shown, mixed := letters(t.site.Origin)
	switch {
	case mixed, len(shown) > maxLetters:
		b.WriteString("    " + t.words.mixed + "\n")
	case shown != "":
		b.WriteString("    " + fmt.Sprintf(t.words.letters, pinentry.Visible(shown, maxLetters)) + "\n")
	}
	return b.String()
}

// holderLine names the card and its holder.
func (t *task) holderLine(h *holder) string {
	name := h.certificate.Subject.CommonName
	if p, err := certs.PersonOf(h.certificate); err == nil {
		name = p.GivenName + " " + p.Surname
	}
	kind := h.info.Name
	if translated := t.words.cards[h.info.Kind]; translated != "" {
		kind = translated
	}
	return pinentry.Visible(name, maxName) + ", " + pinentry.Visible(kind, maxKind) + " " + h.number
}

// triesLine is what the user must know before entering a code.
func (t *task) triesLine(s card.PINStatus) string {
	if s.Left == 1 {
		return fmt.Sprintf(t.words.lastTry, s.Ref)
	}
	if s.AtLeast {
		return fmt.Sprintf(t.words.triesAtLeast, s.Ref, s.Left)
	}
	return fmt.Sprintf(t.words.tries, s.Ref, s.Left, s.Max)
}

// consent is the dialog in which the user agrees, by entering the code or, when
// there is none to enter, by a click.
func (t *task) consent(h *holder, complaint string) pinentry.Dialog {
	text := t.siteLines() + t.purpose.wish + "\n\n"
	if t.digest != nil {
		text += fmt.Sprintf(t.words.code, webeid.ControlCode(t.digest)) + "\n" + t.words.codeRule + "\n\n"
	}
	text += t.holderLine(h) + t.expiry(h)
	d := pinentry.Dialog{
		Title: t.purpose.title, Error: complaint, OK: t.purpose.ok, Cancel: t.words.cancel, Limit: patience,
	}
	if t.usesKey {
		text += "\n" + t.triesLine(h.status)
		d.Prompt = h.status.Ref.String() + ":"
	}
	if t.usesKey && h.info.PINPad {
		text += "\n" + t.elsewhere(h)
		d.OK = t.words.proceed
	}
	d.Text = text
	return d
}

// soon is how long before its end a certificate is warned about.
const soon = 60 * 24 * time.Hour

// expiry warns about a certificate that has ended or soon will.
func (t *task) expiry(h *holder) string {
	now := time.Now
	if t.now != nil {
		now = t.now
	}
	end := h.certificate.NotAfter
	switch left := end.Sub(now()); {
	case left < 0:
		return "\n" + fmt.Sprintf(t.words.expired, end.Format(time.DateOnly))
	case left < soon:
		return "\n" + fmt.Sprintf(t.words.expires, end.Format(time.DateOnly))
	}
	return ""
}

// elsewhere says where the code is entered when it is not in the dialog.
func (t *task) elsewhere(h *holder) string {
	if h.info.OwnDialog {
		return fmt.Sprintf(t.words.onOwn, h.status.Ref)
	}
	return fmt.Sprintf(t.words.onPad, h.status.Ref)
}

// notice is a dialog that says something about the card.
func (t *task) notice(title, text, ok string) pinentry.Dialog {
	return pinentry.Dialog{
		Title: title, Text: t.siteLines() + t.purpose.wish + "\n\n" + text, OK: ok, Cancel: t.words.cancel, Limit: patience,
	}
}

// trouble says why the card could not be used, for the dialog that waits for a
// change.
func (w *texts) trouble(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{card.ErrNoService, w.noService}, {card.ErrNoReader, w.noReader}, {card.ErrNoCard, w.noCard},
		{card.ErrMuteCard, w.mute}, {card.ErrCardRemoved, w.removed}, {card.ErrCardReset, w.busy},
		{card.ErrBusy, w.busy}, {card.ErrTimeout, w.busy}, {errOtherCard, w.other},
		{modulecard.ErrCrashed, w.crashed}, {modulecard.ErrNothing, w.unseen},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	var missing *missingError
	switch {
	case isUnsupported(err):
		return w.unsupported
	case errors.As(err, &missing):
		return fmt.Sprintf(w.noModule, pinentry.Visible(missing.name, maxName))
	}
	return w.failed
}
