package sign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"eidgate/certs"
)

// Tone is how a part of the text is meant, for whoever paints it.
type Tone int

// The tones.
const (
	Good     Tone = iota + 1 // valid
	Bad                      // not valid
	Doubtful                 // not proven, and what is not covered
	Strong                   // who signed
)

// Paint shows text in a tone, in colours of a terminal for one.
type Paint func(tone Tone, text string) string

// Text renders the report for people: the answer first, then each signature
// with who, when, why not, and what it does not cover. Lines end in "\n".
func (r *Report) Text() string {
	return r.Painted(func(_ Tone, text string) string { return text })
}

// Painted is [Report.Text] in tones.
func (r *Report) Painted(paint Paint) string {
	var b strings.Builder
	name := r.Document.Name
	if name == "" {
		name = "The document"
	}
	fmt.Fprintf(&b, "%s: %s\n", oneLine(name), paint(r.tone(), r.headline()))
	for _, c := range r.Checks {
		if c.Result != Passed {
			fmt.Fprintf(&b, "  %s\n", sentenceOf(c.Sentence))
			advise(&b, c.Advice)
		}
	}
	for i, s := range r.Signatures {
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, paint(Strong, oneLine(s.title())))
		for _, line := range s.lines() {
			text := oneLine(line.text)
			if line.tone != 0 {
				text = paint(line.tone, text)
			}
			fmt.Fprintf(&b, "   %s\n", text)
		}
	}
	if r.Domain == certs.Test && len(r.Signatures) > 0 {
		b.WriteString("\nJudged with test trust anchors: this proves nothing in the real world.\n")
	}
	return b.String()
}

func (v Verdict) tone() Tone {
	switch v.Indication {
	case TotalPassed:
		return Good
	case TotalFailed:
		return Bad
	case NotSigned, Indeterminate:
	}
	return Doubtful
}

// headline is the answer in a few words.
func (r *Report) headline() string {
	switch r.Indication {
	case TotalPassed:
		return "VALID, " + r.count() + r.filled()
	case NotSigned:
		return "NOT SIGNED, there is no signature to check"
	case TotalFailed:
		return fmt.Sprintf("NOT VALID (%s)%s", r.SubIndication, r.share())
	case Indeterminate:
		return fmt.Sprintf("NOT PROVEN (%s)%s", r.SubIndication, r.share())
	}
	return string(r.Indication)
}

// filled names the form fields with values that nobody, or not everybody,
// signed: a reader of a valid form must know.
func (r *Report) filled() string {
	var fields []string
	for _, s := range r.Signatures {
		for _, field := range s.Coverage.Filled() {
			if !slices.Contains(fields, field) {
				fields = append(fields, field)
			}
		}
	}
	if len(fields) == 0 {
		return ""
	}
	return "; filled in after a signature: " + oneLine(strings.Join(fields, ", "))
}

// share says how many signatures are valid when there are several.
func (r *Report) share() string {
	all, valid := 0, 0
	for _, s := range r.Signatures {
		if s.Kind == KindTimestamp {
			continue
		}
		if all++; s.Indication == TotalPassed {
			valid++
		}
	}
	if all < 2 {
		return ""
	}
	return fmt.Sprintf(", %d of %d signatures valid", valid, all)
}

// count says how many signatures there are, and how many time-stamps of the
// document: those prove a time, and nobody's consent.
func (r *Report) count() string {
	stamps := 0
	for _, s := range r.Signatures {
		if s.Kind == KindTimestamp {
			stamps++
		}
	}
	signatures := len(r.Signatures) - stamps
	switch {
	case stamps == 0:
		return several(signatures, "signature")
	case signatures == 0:
		return several(stamps, "time-stamp") + " and no signature"
	}
	return several(signatures, "signature") + " and " + several(stamps, "time-stamp")
}

func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// title names who signed.
func (s *Signature) title() string {
	switch {
	case s.Kind == KindTimestamp && len(s.Timestamps) > 0 && s.Timestamps[0].Authority != nil:
		return "Time-stamp of the document by " + s.Timestamps[0].Authority.Subject
	case s.Kind == KindTimestamp:
		return "Time-stamp of the document"
	case s.Signer == nil && s.Seal != nil:
		return "Seal of " + s.Seal.Subject
	case s.Signer == nil:
		return fmt.Sprintf("Signature %q, signer not established", s.ID)
	}
	who := fmt.Sprintf("%s, %s", s.Signer.FullName(), s.Signer.Identifier.Reveal())
	if s.Signer.Document != certs.UnknownDocument {
		who += ", " + documentName(s.Signer.Document)
	}
	return who
}

// documentName is the kind of card in words.
func documentName(kind certs.DocumentKind) string {
	switch kind {
	case certs.IDCard:
		return "ID card"
	case certs.EUCitizenIDCard:
		return "ID card of an EU citizen"
	case certs.DigitalID:
		return "digital ID"
	case certs.EResidentDigitalID:
		return "e-resident's digital ID"
	case certs.LongTermResidencePermit, certs.TemporaryResidencePermit, certs.EUFamilyResidencePermit:
		return "residence permit card"
	case certs.DiplomaticID:
		return "diplomatic ID card"
	case certs.ForeignIDCard:
		return "foreign ID card"
	case certs.UnknownDocument:
	}
	return kind.String()
}

// line is a line about a signature; a tone of zero is plain.
type line struct {
	text string
	tone Tone
}

// lines are the answer about one signature.
func (s *Signature) lines() []line {
	var out []line
	add := func(tone Tone, text string) { out = append(out, line{text, tone}) }
	if s.Indication == TotalPassed {
		add(Good, "Valid: "+sentenceOf(s.Sentence))
	} else {
		add(s.tone(), fmt.Sprintf("%s, %s: %s", s.Indication, s.SubIndication, sentenceOf(s.Sentence)))
		if advice := s.advice(); advice != "" {
			add(0, advice)
		}
	}
	add(0, "When: "+s.when())
	label := "Covers: "
	if !s.intact() {
		label = "Refers to: "
	}
	add(0, label+s.covers())
	if left := s.Coverage.NotCovered; len(left) > 0 {
		add(Doubtful, "Does not cover: "+names(left)+".")
	}
	if filled := s.Coverage.Filled(); len(filled) > 0 {
		add(Doubtful, "Does not cover: the content of form fields "+strings.Join(filled, ", ")+".")
	}
	s.later(add)
	for _, claim := range []struct{ label, text string }{
		{"Reason given", s.Claimed.Reason}, {"Place given", s.Claimed.Location}, {"Role claimed", strings.Join(s.Claimed.Roles, ", ")},
		{"Commitment claimed", strings.Join(s.Claimed.committed(), ", ")},
	} {
		if claim.text != "" && s.intact() {
			add(0, claim.label+": "+shorten(claim.text))
		}
	}
	for _, c := range s.Checks {
		if c.Name == "not-judged" {
			add(Doubtful, "Note: "+c.Sentence+".")
		}
	}
	add(0, "Format: "+s.profile())
	if s.Anchor != nil {
		add(0, "Trust anchor: "+s.Anchor.Subject)
	}
	return out
}

// intact tells whether what the signer says is what the signer said: a
// signature whose value does not fit may hold anything.
func (s *Signature) intact() bool { return s.Certificate != nil || s.Indication == TotalPassed }

// later tells what came after the signature, and what of that a reader may take
// for signed.
func (s *Signature) later(add func(Tone, string)) {
	for _, c := range s.Coverage.Later {
		switch {
		case c.Code != "":
			add(Bad, fmt.Sprintf("Changed later (revision %d): %s", c.Revision, sentenceOf(c.Sentence)))
		case c.Rule == RuleFormFill:
			add(Doubtful, fmt.Sprintf("Not signed, added later (revision %d): %s", c.Revision, sentenceOf(c.Sentence)))
		default:
			add(0, fmt.Sprintf("Added later (revision %d): %s", c.Revision, sentenceOf(c.Sentence)))
		}
	}
}

// advice of the check that decided.
func (s *Signature) advice() string {
	for _, c := range s.Checks {
		if c.Code == s.Code && c.Advice != "" {
			return c.Advice
		}
	}
	return ""
}

func (s *Signature) when() string {
	switch {
	case !s.Proven.IsZero():
		return clock(s.Proven) + " at the latest, proven by a time-stamp."
	case !s.Claimed.Time.IsZero() && s.intact():
		return "not proven; the signer claims " + clock(s.Claimed.Time) + "."
	}
	return "not proven."
}

func (s *Signature) profile() string {
	if s.Level == NoLevel {
		return s.Format
	}
	return s.Format + " baseline " + s.Level.String()
}

func (s *Signature) covers() string {
	c := &s.Coverage
	switch n := len(c.Files); {
	case len(c.NotCovered) > 0:
		return fmt.Sprintf("%d of the %d files: %s.", n, n+len(c.NotCovered), names(c.Files))
	case n == 1:
		return "the file " + names(c.Files) + "."
	case n > 1:
		return fmt.Sprintf("all %d files: %s.", n, names(c.Files))
	case c.Whole:
		return "the whole document."
	case c.Bytes == 0:
		return "nothing that could be established."
	}
	return fmt.Sprintf("the whole document as it was then: revision %d of %d, its first %d bytes.", c.Revision, c.Revisions, c.Bytes)
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func advise(b *strings.Builder, advice string) {
	if advice != "" {
		fmt.Fprintf(b, "  %s\n", advice)
	}
}

// sentenceOf gives a phrase its capital and full stop, on one line.
func sentenceOf(text string) string {
	text = oneLine(text)
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// names lists files. A name that could be read as several, or as the end of the
// sentence, is quoted.
func names(files []string) string {
	list := slices.Clone(files)
	for i, name := range list {
		if strings.ContainsAny(name, `,;:"`) || strings.Contains(name, ". ") || name != strings.TrimSpace(name) {
			list[i] = strconv.Quote(name)
		}
	}
	return strings.Join(list, ", ")
}

// shorten keeps a claim from filling the screen.
func shorten(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// oneLine keeps text from outside from writing lines of its own, be it by so
// many blanks that the terminal breaks the line, or steering a terminal.
func oneLine(text string) string {
	blank := false
	return strings.Map(func(r rune) rune {
		switch {
		case !steers(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && r != 0x2800: // Braille blank
			blank = false
			return r
		case blank:
			return -1
		}
		blank = true
		return ' '
	}, text)
}

// steers tells whether a character is not shown but acted upon: by a terminal
// (C0 and C1), or by whoever lays out lines and directions of writing.
func steers(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
