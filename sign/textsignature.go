package sign

import (
	"fmt"
	"strings"

	"eidgate/certs"
)

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
