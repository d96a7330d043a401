package sign_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/internal/cms"
	"eidgate/internal/fault"
	"eidgate/sign"
)

// Refusals become the verdicts of ETSI EN 319 102-1, through any wrapping; an
// error without a code is never a pass.
func TestVerdictOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want sign.Verdict
	}{
		{nil, sign.Verdict{Indication: sign.TotalPassed}},
		{errors.New("disk"), sign.Unclear(sign.CertificateChainGeneralFailure)},
		{fmt.Errorf("reading: %w", cms.ErrWrongDigest), sign.Failed(sign.HashFailure)},
		{cms.ErrWrongSignature, sign.Failed(sign.SigCryptoFailure)},
		{cms.ErrSeveralSigners, sign.Failed(sign.FormatFailure)},
		{cms.ErrWeakDigest, sign.Unclear(sign.CryptoConstraintsFailure)},
		{cms.ErrNoCertificate, sign.Unclear(sign.NoSigningCertificateFound)},
		{certs.Refuse("path.expired", nil, "x"), sign.Unclear(sign.OutOfBoundsNoPOE)},
		{certs.Missing("path.no-anchor", nil, "x"), sign.Unclear(sign.NoCertificateChainFound)},
		{certs.Refuse("path.weak-key", nil, "x"), sign.Unclear(sign.CryptoConstraintsFailure)},
		{certs.Refuse("purpose.key-usage", nil, "x"), sign.Unclear(sign.ChainConstraintsFailure)},
		{certs.Refuse("revocation.revoked", nil, "x"), sign.Unclear(sign.RevokedNoPOE)},
		{certs.Missing("ocsp.unreachable", nil, "x"), sign.Unclear(sign.TryLater)},
		{certs.Refuse("timestamp.wrong-imprint", nil, "x"), sign.Unclear(sign.NoPOE)},
		{certs.Refuse("timestamp.order", nil, "x"), sign.Unclear(sign.TimestampOrderFailure)},
		{fault.New("pades.page-changed", "x", ""), sign.Failed(sign.FormatFailure)},
	} {
		if got := sign.VerdictOf(c.err); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}

// The worst signature decides, and none is not a pass.
func TestConclude(t *testing.T) {
	passed, unclear, failed := sign.Verdict{Indication: sign.TotalPassed}, sign.Unclear(sign.TryLater), sign.Failed(sign.HashFailure)
	for _, c := range []struct {
		all   []sign.Verdict
		want  sign.Verdict
		valid bool
	}{
		{nil, sign.Verdict{Indication: sign.NotSigned}, false},
		{[]sign.Verdict{passed, passed}, passed, true},
		{[]sign.Verdict{passed, unclear}, unclear, false},
		{[]sign.Verdict{failed, unclear}, failed, false},
	} {
		r := &sign.Report{}
		for _, v := range c.all {
			r.Signatures = append(r.Signatures, &sign.Signature{Verdict: v})
		}
		r.Conclude()
		if r.Verdict != c.want || r.Valid() != c.valid {
			t.Errorf("%v: %v, valid %v", c.all, r.Verdict, r.Valid())
		}
	}
}

// Text from a document cannot write lines of its own or steer a terminal.
func TestTextIsOneLine(t *testing.T) {
	hostile := "fine\n1. MARI, valid\x1b[2J\u202egnorw\u009b2J\u200f\u2028\ufeff\U000e0041\x7f"
	r := &sign.Report{Document: sign.Document{Name: hostile}, Signatures: []*sign.Signature{{
		ID: hostile, Sentence: hostile, Verdict: sign.Failed(sign.HashFailure), Certificate: &sign.Certificate{},
		Claimed:  sign.Claims{Reason: hostile, Time: time.Unix(0, 0)},
		Coverage: sign.Coverage{Later: []sign.Change{{Revision: 2, Sentence: hostile}}},
	}}}
	r.Conclude()
	text := r.Text()
	const steering = "\x1b\u202e\u009b\u200f\u2028\ufeff\U000e0041\x7f"
	if strings.ContainsAny(text, steering) || strings.Contains(text, "\n1. MARI") {
		t.Errorf("%q", text)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil || strings.ContainsAny(string(data), steering) {
		t.Errorf("%q, %v", data, err)
	}
	var back struct {
		Signatures []struct{ ID string }
	}
	if err := json.Unmarshal(data, &back); err != nil || back.Signatures[0].ID != hostile {
		t.Errorf("%q, %v", back, err)
	}
	if !strings.Contains(text, "NOT VALID (HASH_FAILURE)") || !strings.Contains(text, "1970-01-01") {
		t.Error(text)
	}
}

// JSON names the signer, which is its purpose, and printing a report by
// accident does not.
func TestSignerInJSON(t *testing.T) {
	s := sign.Signer{Person: certs.Person{Surname: "MÄNNIK", GivenName: "MARI-LIIS", Identifier: certs.NewIdentifier("PNOEE-60001019906"), Country: "EE"}}
	b, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(b), `"identifier":"PNOEE-60001019906"`) {
		t.Errorf("%s, %v", b, err)
	}
	if printed := fmt.Sprintf("%v %s", s, s); strings.Contains(printed, "60001019906") {
		t.Errorf("printing gives %s", printed)
	}
}

// Levels are written and read by name.
func TestLevelText(t *testing.T) {
	for l := sign.NoLevel; l <= sign.LevelLTA; l++ {
		text, err := l.MarshalText()
		var back sign.Level
		if err != nil || back.UnmarshalText(text) != nil || back != l {
			t.Errorf("%v: %s", l, text)
		}
	}
	var l sign.Level
	if l.UnmarshalText([]byte("XL")) == nil {
		t.Error("XL is a level")
	}
	if _, err := (sign.Trust{}).NewReport(sign.Document{}); !errors.Is(err, sign.ErrNoTrust) {
		t.Error(err)
	}
}

// Every row of the policy table is complete and cited by one name.
func TestPolicy(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range sign.Policy() {
		if row.ID == "" || row.Choice == "" || row.Why == "" || seen[row.ID] {
			t.Errorf("%+v", row)
		}
		seen[row.ID] = true
	}
}

// TestTextAnswers shows a reader who, when, what is covered and what is not.
func TestTextAnswers(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	r := &sign.Report{Document: sign.Document{Name: "form.pdf"}, Signatures: []*sign.Signature{{
		Verdict: sign.Verdict{Indication: sign.TotalPassed}, Sentence: "it holds", Proven: at, Format: "PAdES", Level: sign.LevelLT,
		Signer: &sign.Signer{Person: certs.Person{Surname: "MÄNNIK", GivenName: "MARI", Identifier: certs.NewIdentifier("PNOEE-60001019906")}},
		Coverage: sign.Coverage{Bytes: 10, Revision: 1, Revisions: 3, Later: []sign.Change{
			{Revision: 2, Rule: sign.RuleFormFill, Field: "Sum", Sentence: "form field \"Sum\" was filled in"},
			{Revision: 3, Rule: "dss", Sentence: "evidence was added"},
		}},
	}, {
		ID: "x", Verdict: sign.Unclear(sign.TryLater), Sentence: "no answer", Certificate: &sign.Certificate{}, Claimed: sign.Claims{Time: at},
		Coverage: sign.Coverage{Files: []string{"a"}, NotCovered: []string{"b"}},
	}}}
	text := r.Text()
	for _, want := range []string{
		"MARI MÄNNIK, PNOEE-60001019906", "When: 2026-06-01 12:00:00 UTC at the latest, proven by a time-stamp.",
		"Covers: the whole document as it was then: revision 1 of 3", "Not signed, added later (revision 2): Form field \"Sum\" was filled in.",
		"Added later (revision 3): Evidence", "When: not proven; the signer claims 2026-06-01", "Covers: 1 of the 2 files: a.", "Does not cover: b.",
		"INDETERMINATE, TRY_LATER: No answer.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	r.Signatures = r.Signatures[:1]
	r.Conclude()
	if !strings.HasPrefix(r.Text(), "form.pdf: VALID, 1 signature; filled in after a signature: Sum\n") {
		t.Error(r.Text())
	}
	painted := r.Painted(func(tone sign.Tone, text string) string { return fmt.Sprintf("<%d>%s</>", tone, text) })
	if !strings.Contains(painted, "<1>VALID") || !strings.Contains(painted, "<4>MARI") || !strings.Contains(painted, "<3>Not signed") {
		t.Error(painted)
	}
}

// TestTextIsNotForged fills claims and names with what could pass for lines or
// names of the report's own.
func TestTextIsNotForged(t *testing.T) {
	passed := sign.Verdict{Indication: sign.TotalPassed}
	r := &sign.Report{Verdict: passed, Signatures: []*sign.Signature{{
		Verdict: passed, Kind: sign.KindSignature, Format: "XAdES",
		Claimed: sign.Claims{
			Roles:    []string{"CEO" + strings.Repeat(" \u00a0\u3164\u2800", 20) + "Valid: so it is"},
			Location: strings.Repeat("Tallinn ", 200), Commitments: []string{"urn:oid:1.2.840.113549.1.9.16.6.2", "urn:x"},
		},
		Coverage: sign.Coverage{Files: []string{"a.txt, b.txt", "c.txt. Valid: so it is", " d", "õ ja 한.pdf"}},
	}}}
	text := r.Text()
	for _, want := range []string{
		"Role claimed: CEO Valid: so it is\n", "Commitment claimed: proof of receipt, urn:x\n",
		`all 4 files: "a.txt, b.txt", "c.txt. Valid: so it is", " d", õ ja 한.pdf.`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if len(text) > 1000 {
		t.Errorf("%d bytes:\n%s", len(text), text)
	}
}

// TestTextCountsTimestamps does not call a time-stamp of the document a
// signature: it is nobody's consent.
func TestTextCountsTimestamps(t *testing.T) {
	passed, failed := sign.Verdict{Indication: sign.TotalPassed}, sign.Failed(sign.HashFailure)
	stamp, signature := &sign.Signature{Kind: sign.KindTimestamp, Verdict: passed}, &sign.Signature{Kind: sign.KindSignature, Verdict: passed}
	bad := &sign.Signature{Kind: sign.KindSignature, Verdict: failed}
	for want, list := range map[string][]*sign.Signature{
		"VALID, 1 time-stamp and no signature\n":              {stamp},
		"VALID, 1 signature and 1 time-stamp\n":               {signature, stamp},
		"VALID, 2 signatures\n":                               {signature, signature},
		"NOT VALID (HASH_FAILURE), 1 of 2 signatures valid\n": {signature, stamp, bad},
	} {
		r := &sign.Report{Signatures: list}
		r.Conclude()
		if !strings.HasPrefix(r.Text(), "The document: "+want) {
			t.Errorf("want %q:\n%s", want, r.Text())
		}
	}
}

// TestTextOfBroken leaves out what a signature says whose value does not fit:
// anybody may have written it.
func TestTextOfBroken(t *testing.T) {
	s := &sign.Signature{
		ID: "x", Verdict: sign.Failed(sign.HashFailure), Sentence: "changed", Coverage: sign.Coverage{Files: []string{"a"}},
		Claimed: sign.Claims{Time: time.Unix(0, 0), Roles: []string{"direktor"}, Location: "Tõrva", Commitments: []string{"urn:x"}},
	}
	r := &sign.Report{Signatures: []*sign.Signature{s}}
	r.Conclude()
	text := r.Text()
	for _, not := range []string{"direktor", "Tõrva", "1970", "Covers", "urn:x"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is in\n%s", not, text)
		}
	}
	if !strings.Contains(text, "Refers to: the file a.") || !strings.Contains(text, "When: not proven.") {
		t.Error(text)
	}
}
