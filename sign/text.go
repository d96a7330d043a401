package sign

import (
	"fmt"
	"slices"
	"strings"

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
