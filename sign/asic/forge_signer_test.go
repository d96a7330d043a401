package asic_test

import (
	"crypto"
	"crypto/x509"
	"strings"
	"testing"

	"eidgate/internal/xmlsec"
	"eidgate/internal/xmlsec/xmlsectest"
	"eidgate/sign"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/xades"
)

// resignProperties makes the digest of the signed properties and the signature
// value anew: what only the signer can do.
func (b *box) resignProperties(key crypto.Signer) {
	b.t.Helper()
	doc, err := xmlsec.Parse([]byte(b.xml()), xmlsec.Limits{})
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := xmlsec.ReadSignature(doc, xmlsectest.First(doc.Root))
	if err != nil {
		b.t.Fatal(err)
	}
	for i := range s.References {
		if r := &s.References[i]; strings.HasPrefix(r.URI, "#") {
			digest, err := s.ReferenceDigest(i, xmlsec.Rules{})
			if err != nil {
				b.t.Fatal(err)
			}
			b.sig(base(r.Digest()), base(digest))
		}
	}
	b.resign(key)
}

const (
	roleOf = "<xades:SignerRoleV2><xades:ClaimedRoles><xades:ClaimedRole>%</xades:ClaimedRole></xades:ClaimedRoles></xades:SignerRoleV2>"
	endSSP = "</xades:SignedSignatureProperties>"
	endSDP = "</xades:SignedDataObjectProperties>"
)

func role(name string) string { return strings.Replace(roleOf, "%", name, 1) }

// TestContradictingProperties is a signer who signs properties that readers
// show differently: each value twice.
func TestContradictingProperties(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	sound := signed(t, w, signer, sign.LevelB)
	for _, f := range []struct{ name, old, with string }{
		{"two roles", endSSP, role("tunnistaja") + role("juhatuse liige") + endSSP},
		{"old and new role", endSSP, role("tunnistaja") + strings.ReplaceAll(role("juhatuse liige"), "RoleV2", "Role") + endSSP},
		{"two lists of roles", endSSP, strings.Replace(role("tunnistaja"), "</xades:SignerRoleV2>", "<xades:ClaimedRoles/></xades:SignerRoleV2>", 1) + endSSP},
		{"two signing times", endSSP, "<xades:SigningTime>2016-06-01T12:00:00Z</xades:SigningTime>" + endSSP},
		{"two places", endSSP, "<xades:SignatureProductionPlaceV2/><xades:SignatureProductionPlace/>" + endSSP},
		{"two properties of the signature", "<xades:SignedDataObjectProperties>", "<xades:SignedSignatureProperties/><xades:SignedDataObjectProperties>"},
		{"two properties of the files", endSDP, endSDP + "<xades:SignedDataObjectProperties/>"},
		{"two media types", "</xades:MimeType>", "</xades:MimeType><xades:MimeType>text/html</xades:MimeType>"},
	} {
		t.Run(f.name, func(t *testing.T) {
			b := open(t, sound)
			b.swapOnce(sigName, f.old, f.with)
			b.resignProperties(signer.Key)
			wantCode(t, b.bytes(), w.Trust(true), "xades.properties")
		})
	}
}

// TestClaimsAreTold shows what a signer commits to, and names what is not
// judged.
func TestClaimsAreTold(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	b := open(t, signed(t, w, signer, sign.LevelB))
	const receipt = "http://uri.etsi.org/01903/v1.2.2#ProofOfReceipt"
	b.sig(endSDP, "<xades:CommitmentTypeIndication><xades:CommitmentTypeId><xades:Identifier>"+receipt+
		"</xades:Identifier></xades:CommitmentTypeId><xades:AllSignedDataObjects/></xades:CommitmentTypeIndication>"+
		"<xades:AllDataObjectsTimeStamp/>"+endSDP)
	b.sig(endSSP, "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/></xades:SignaturePolicyIdentifier>"+endSSP)
	b.resignProperties(signer.Key)
	b.sig("</xades:QualifyingProperties>", "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:CounterSignature/>"+
		"<xades:SigAndRefsTimeStamp/></xades:UnsignedSignatureProperties></xades:UnsignedProperties></xades:QualifyingProperties>")
	report := validate(t, b.bytes(), w.Trust(true))
	wantValid(t, report, sign.LevelB)
	text := report.Text()
	for _, want := range []string{"Commitment claimed: proof of receipt\n", "counter-signature, which is not judged", `"AllDataObjectsTimeStamp"`, `"SigAndRefsTimeStamp"`, "signature policy"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if got := report.Signatures[0].Claimed.Commitments; len(got) != 1 || got[0] != receipt {
		t.Errorf("%q", got)
	}
}

// TestArchiveOverOtherEvidence is an archive time-stamp over revocation answers
// about somebody else; those that matter were added after it.
func TestArchiveOverOtherEvidence(t *testing.T) {
	w := testpki.New(t)
	signer, other := w.Card("P-256"), w.Card("P-256")
	b := open(t, signed(t, w, signer, sign.LevelT))
	evidence := func(of, issuer *x509.Certificate) *xades.Evidence {
		der, err := w.Answer(of, issuer)
		if err != nil {
			t.Fatal(err)
		}
		return &xades.Evidence{OCSP: [][]byte{der}}
	}
	text, err := xades.AddEvidence(b.at(sigName).content, evidence(other.Cert, w.Issuer.Cert))
	if err != nil {
		t.Fatal(err)
	}
	if text, err = xades.AddArchiveTimestamp(t.Context(), text, opener(files()), w, 0); err != nil {
		t.Fatal(err)
	}
	missing, err := xades.Online{Verifier: w.Verifier()}.Gather(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = xades.AddEvidence(text, missing); err != nil {
		t.Fatal(err)
	}
	b.at(sigName).content = text
	wantValid(t, validate(t, b.bytes(), w.Trust(false)), sign.LevelLT)
}
