package cades_test

import (
	"testing"

	"eidgate/internal/cms"
	"eidgate/sign"
	"eidgate/sign/cades"
	"eidgate/sign/internal/testpki"
)

// TestLongTerm puts the evidence beside the signature: it is valid offline,
// years later, and what was signed keeps its bytes.
func TestLongTerm(t *testing.T) {
	w := testpki.New(t)
	id := w.Card("P-384")
	file := stamped(t, w, signed(t, w, id, cades.Options{}))
	evidence, err := cades.Online{Verifier: w.Verifier()}.Gather(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	lifted, err := cades.AddEvidence(file, evidence)
	if err != nil {
		t.Fatal(err)
	}
	w.Now = w.Now.AddDate(5, 0, 0)
	if out := validate(t, lifted, document, w.Trust(false)); out.Indication != sign.TotalPassed || out.Level != sign.LevelLT {
		t.Errorf("%v %v: %s", out.Verdict, out.Level, out.Sentence)
	}
	if more, err := (cades.Online{Verifier: w.Verifier()}).Gather(t.Context(), lifted); err != nil || len(more.OCSP)+len(more.Certificates) > 0 {
		t.Errorf("what is there is gathered again: %+v, %v", more, err)
	}
	before, after := one(t, file), one(t, lifted)
	if string(before.Signature) != string(after.Signature) || len(before.Unsigned) != len(after.Unsigned) {
		t.Error("the signer changed")
	}
}

// TestLongTermOfRevoked does not make a revoked certificate look long-term.
func TestLongTermOfRevoked(t *testing.T) {
	w := testpki.New(t)
	id := w.Card("P-256")
	file := stamped(t, w, signed(t, w, id, cades.Options{}))
	w.Revoked[id.Cert.SerialNumber.String()] = w.Now.Add(-1)
	if _, err := (cades.Online{Verifier: w.Verifier()}).Gather(t.Context(), file); err == nil {
		t.Error("gathered")
	}
}

func one(t *testing.T, file []byte) *cms.Signer {
	t.Helper()
	message, err := cms.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := message.One()
	if err != nil {
		t.Fatal(err)
	}
	return signer
}
