package web

import (
	"strings"
	"time"
	"unicode"

	"eidgate/certs"
	"eidgate/sign"
)

// ReportView is the page "report": the answer first, then each signature.
type ReportView struct {
	Name, Type string
	Size       int64
	SHA256     string
	// Answer is "valid", "failed", "unclear" or "unsigned".
	Answer     string
	Tone       string
	Test       bool // judged by test anchors
	CheckedAt  time.Time
	Policy     string
	Checks     []CheckView
	Signatures []SignatureView
}

// SignatureView is one signature of a [ReportView].
type SignatureView struct {
	Timestamp                 bool // an authority's, not a person's
	Signer                    string
	Identifier                string
	Document                  string // certs.DocumentKind's name
	Verdict, Tone             string
	Reason                    string // sub-indication
	Proven, Claimed           time.Time
	Files, NotCovered         []string
	Later                     []string
	Whole, Nothing            bool
	Roles                     []string
	Grounds, Location         string
	Format, Level, Anchor, ID string
	Checks                    []CheckView
}

// CheckView is one thing that was looked at.
type CheckView struct{ Result, Tone, Code, Sentence, Advice string }

// NewReportView makes the page's view of a report.
func NewReportView(r *sign.Report) ReportView {
	v := ReportView{
		Name: plain(r.Document.Name), Type: r.Document.Type, Size: r.Document.Size, SHA256: r.Document.SHA256,
		Answer: answer(r), Test: r.Domain == certs.Test, CheckedAt: r.CheckedAt, Policy: r.Policy,
		Checks: checkViews(r.Checks),
	}
	v.Tone = tone(r.Indication)
	for _, s := range r.Signatures {
		v.Signatures = append(v.Signatures, signatureView(s))
	}
	return v
}

// answer goes by Valid, the one function that says yes; whatever is not known
// to be good is not called so.
func answer(r *sign.Report) string {
	switch {
	case r.Valid():
		return "valid"
	case r.Indication == sign.TotalFailed:
		return "failed"
	case r.Indication == sign.NotSigned:
		return "unsigned"
	}
	return "unclear"
}

func tone(i sign.Indication) string {
	switch i {
	case sign.TotalPassed:
		return "good"
	case sign.TotalFailed:
		return "bad"
	case sign.Indeterminate, sign.NotSigned:
	}
	return "unclear"
}

func signatureView(s *sign.Signature) SignatureView {
	v := SignatureView{
		ID: plain(s.ID), Timestamp: s.Kind == sign.KindTimestamp, Tone: tone(s.Indication), Verdict: verdict(s.Indication),
		Reason: string(s.SubIndication), Proven: s.Proven, Format: s.Format,
		Files: plainAll(s.Coverage.Files), NotCovered: plainAll(s.Coverage.NotCovered), Whole: s.Coverage.Whole,
		Nothing: s.Coverage.Bytes == 0 && len(s.Coverage.Files) == 0,
		Roles:   plainAll(s.Claimed.Roles), Grounds: plain(s.Claimed.Reason), Location: plain(s.Claimed.Location),
		Checks: checkViews(s.Checks),
	}
	if s.Proven.IsZero() {
		v.Claimed = s.Claimed.Time
	}
	if s.Level != sign.NoLevel {
		v.Level = s.Level.String()
	}
	if s.Anchor != nil {
		v.Anchor = plain(s.Anchor.Subject)
	}
	if s.Seal != nil {
		v.Signer = plain(s.Seal.Subject)
	}
	if s.Signer != nil {
		v.Signer, v.Identifier = plain(s.Signer.FullName()), plain(s.Signer.Identifier.Reveal())
		if s.Signer.Document != certs.UnknownDocument {
			v.Document = s.Signer.Document.String()
		}
	}
	for _, change := range s.Coverage.Later {
		v.Later = append(v.Later, plain(change.Sentence))
	}
	return v
}

func verdict(i sign.Indication) string {
	switch i {
	case sign.TotalPassed:
		return "passed"
	case sign.TotalFailed:
		return "failed"
	case sign.Indeterminate, sign.NotSigned:
	}
	return "unclear"
}

func checkViews(checks []sign.Check) []CheckView {
	var views []CheckView
	for _, c := range checks {
		v := CheckView{Result: string(c.Result), Code: c.Code, Sentence: plain(c.Sentence), Advice: plain(c.Advice)}
		if c.Result == sign.Fails || c.Result == sign.Missing {
			v.Tone = "bad"
		}
		views = append(views, v)
	}
	return views
}

// plain keeps a document's text from steering how the page around it is read:
// control characters, and those that turn the direction of writing.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, text)
}

func plainAll(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, plain(text))
	}
	return out
}
