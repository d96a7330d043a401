package sign

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"eidgate/certs"
)

// Text renders the report for people: the answer first, then each signature
// with who, when, why not, and what it does not cover. Lines end in "\n".
func (r *Report) Text() string {
	var b strings.Builder
	name := r.Document.Name
	if name == "" {
		name = "The document"
	}
	fmt.Fprintf(&b, "%s: %s\n", oneLine(name), r.headline())
	for _, c := range r.Checks {
		if c.Result != Passed {
			fmt.Fprintf(&b, "  %s\n", sentenceOf(c.Sentence))
			advise(&b, c.Advice)
		}
	}
	for i, s := range r.Signatures {
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, oneLine(s.title()))
		for _, line := range s.lines() {
			fmt.Fprintf(&b, "   %s\n", oneLine(line))
		}
	}
	if r.Domain == certs.Test && len(r.Signatures) > 0 {
		b.WriteString("\nJudged with test trust anchors: this proves nothing in the real world.\n")
	}
	return b.String()
}

// headline is the answer in a few words.
func (r *Report) headline() string {
	n := len(r.Signatures)
	switch r.Indication {
	case TotalPassed:
		return fmt.Sprintf("VALID, %s", count(n))
	case NotSigned:
		return "NOT SIGNED, there is no signature to check"
	case TotalFailed:
		return fmt.Sprintf("NOT VALID (%s)%s", r.SubIndication, r.share())
	case Indeterminate:
		return fmt.Sprintf("NOT PROVEN (%s)%s", r.SubIndication, r.share())
	}
	return string(r.Indication)
}

// share says how many signatures are valid when some are.
func (r *Report) share() string {
	valid := 0
	for _, s := range r.Signatures {
		if s.Indication == TotalPassed {
			valid++
		}
	}
	if len(r.Signatures) < 2 {
		return ""
	}
	return fmt.Sprintf(", %d of %s valid", valid, count(len(r.Signatures)))
}

func count(n int) string {
	if n == 1 {
		return "1 signature"
	}
	return fmt.Sprintf("%d signatures", n)
}

// title names who signed.
func (s *Signature) title() string {
	switch {
	case s.Kind == KindTimestamp && len(s.Timestamps) > 0 && s.Timestamps[0].Authority != nil:
		return "Time-stamp of the document by " + s.Timestamps[0].Authority.Subject
	case s.Kind == KindTimestamp:
		return "Time-stamp of the document"
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

// lines are the answer about one signature.
func (s *Signature) lines() []string {
	var out []string
	if s.Indication == TotalPassed {
		out = append(out, "Valid: "+sentenceOf(s.Sentence))
	} else {
		out = append(out, fmt.Sprintf("%s, %s: %s", s.Indication, s.SubIndication, sentenceOf(s.Sentence)))
		if advice := s.advice(); advice != "" {
			out = append(out, advice)
		}
	}
	out = append(out, s.when(), "Format "+s.profile()+", "+s.covers())
	for _, c := range s.Coverage.Later {
		out = append(out, fmt.Sprintf("Later change (revision %d): %s", c.Revision, sentenceOf(c.Sentence)))
	}
	if s.Claimed.Reason != "" {
		out = append(out, "Reason given: "+s.Claimed.Reason)
	}
	if len(s.Claimed.Roles) > 0 {
		out = append(out, "Role claimed: "+strings.Join(s.Claimed.Roles, ", "))
	}
	if s.Anchor != nil {
		out = append(out, "Trust anchor: "+s.Anchor.Subject)
	}
	return out
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
		return "Existed at " + clock(s.Proven) + ", proven by a time-stamp."
	case !s.Claimed.Time.IsZero():
		return "Time not proven; the signer claims " + clock(s.Claimed.Time) + "."
	}
	return "Time not proven."
}

func (s *Signature) profile() string {
	if s.Level == NoLevel {
		return s.Format
	}
	return s.Format + " baseline " + s.Level.String()
}

func (s *Signature) covers() string {
	switch n := len(s.Coverage.Files); {
	case len(s.Coverage.NotCovered) > 0:
		return fmt.Sprintf("covers %d of the %d files, not %s.", n, n+len(s.Coverage.NotCovered), strings.Join(s.Coverage.NotCovered, ", "))
	case n == 1:
		return "covers " + s.Coverage.Files[0] + "."
	case n > 1:
		return fmt.Sprintf("covers all %d files: %s.", n, strings.Join(s.Coverage.Files, ", "))
	case s.Coverage.Whole:
		return "covers the whole document."
	case s.Coverage.Bytes == 0:
		return "covers nothing that could be established."
	}
	return fmt.Sprintf("covers the document as it was in revision %d of %d (%d bytes).",
		s.Coverage.Revision, s.Coverage.Revisions, s.Coverage.Bytes)
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

// oneLine keeps text from outside from writing lines of its own or steering a
// terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if steers(r) {
			return ' '
		}
		return r
	}, text)
}

// steers tells whether a character is not shown but acted upon: by a terminal
// (C0 and C1), or by whoever lays out lines and directions of writing.
func steers(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
