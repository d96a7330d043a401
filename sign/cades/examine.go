package cades

import (
	"crypto"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/internal/judge"
)

// Profile is the set of rules a CMS signature is held against.
type Profile int

// The profiles.
const (
	// Detached is a CAdES signature in a file of its own (EN 319 122-1 §6).
	Detached Profile = iota
	// InPDF is the signature of a PAdES document, ETSI.CAdES.detached
	// (EN 319 142-1 §6).
	InPDF
	// Legacy is adbe.pkcs7.detached (ISO 32000-1 §12.8.3.3).
	Legacy
)

// Examined is a message whose value and digest hold.
type Examined struct {
	*cms.Result
	// Baseline says that the rules of level B are kept; when they are not, the
	// report has a note that says why.
	Baseline bool
	// Evidence and Stamps are what the message carries for its own verdict.
	Evidence judge.Evidence
	Stamps   []judge.Stamp

	message *cms.SignedData
}

// refuse writes a refusal into a verdict.
func refuse(out *sign.Signature, err error) {
	out.Verdict, out.Code, out.Sentence = sign.VerdictOf(err), fault.CodeOf(err), err.Error()
}

// Examine checks everything about a message but trust and writes each check
// into the report. On a refusal it writes the verdict too and returns nil.
func Examine(out *sign.Signature, message *cms.SignedData, p Profile, extra judge.Evidence, digest func(crypto.Hash) ([]byte, error)) *Examined {
	rules := cms.Rules{Candidates: extra.Certificates}
	if p == Legacy {
		rules.Binding = cms.BindIfPresent
	}
	result, err := message.Verify(rules, digest)
	for _, c := range result.Checks {
		if c.Err == nil {
			out.Checks = append(out.Checks, sign.Pass(string(c.Step), sentenceFor(c.Step)))
		} else {
			out.Checks = append(out.Checks, sign.FailedCheck(string(c.Step), c.Err))
		}
	}
	if !result.SigningTime.IsZero() {
		out.Claimed.Time = result.SigningTime
	}
	out.Material = materialOf(message, result)
	if err != nil {
		refuse(out, err)
		return nil
	}
	e := &Examined{Result: result, message: message, Evidence: EvidenceIn(message), Stamps: stampsIn(result.Signer)}
	e.Baseline = e.checkBaseline(out, message, p)
	e.unjudged(out)
	out.Claimed.Commitments = commitments(result.Signer)
	return e
}

func sentenceFor(step cms.Step) string {
	switch step {
	case cms.StepStructure:
		return "the message has one signer and nothing it should not have"
	case cms.StepAttributes:
		return "the signed attributes are there, each once"
	case cms.StepAlgorithms:
		return "the algorithms are strong and named alike"
	case cms.StepCertificate:
		return "the signed attributes bind the signing certificate"
	case cms.StepDigest:
		return "the signed digest is that of the content"
	case cms.StepSignature:
		return "the signature value was made with the certificate's key"
	}
	return string(step)
}

// checkBaseline notes each rule of level B that is not kept. None of them
// endangers the verdict; those that do are refusals of cms.
func (e *Examined) checkBaseline(out *sign.Signature, message *cms.SignedData, p Profile) bool {
	kept := true
	note := func(broken bool, sentence string) {
		if broken {
			kept = false
			out.Checks = append(out.Checks, sign.Note("baseline", sentence))
		}
	}
	signed, unsigned := e.Signer.Signed, e.Signer.Unsigned
	inMessage := false
	for _, c := range message.X509() {
		inMessage = inMessage || c.Equal(e.Certificate)
	}
	note(!inMessage, "the signing certificate is not in the message (EN 319 122-1 §6.3)")
	switch p {
	case Detached:
		note(!signed.Has(cms.OIDSigningTime), "signing-time is missing (EN 319 122-1 §6.3)")
	case InPDF:
		note(signed.Has(cms.OIDSigningTime), "signing-time is present, a PAdES signature has it in /M (EN 319 142-1 §6.3)")
		note(unsigned.Has(cms.OIDCertificateValues) || unsigned.Has(cms.OIDRevocationValues),
			"certificate-values or revocation-values are present, a PAdES signature has a DSS (EN 319 142-1 §6.3)")
	case Legacy:
		return false
	}
	return kept
}

// unjudged tells of what the message carries and the verdict says nothing about:
// policy row "not-judged".
func (e *Examined) unjudged(out *sign.Signature) {
	for _, row := range []struct {
		in       cms.Attributes
		oid      asn1.ObjectIdentifier
		sentence string
	}{
		{e.Signer.Unsigned, oidCounterSignature(), "the signature has a counter-signature, which is not judged"},
		{e.Signer.Unsigned, oidArchiveTimestampV2(), "the signature carries an archive time-stamp of an older form, which is not judged"},
		{e.Signer.Signed, cms.OIDSignaturePolicy, "the signature names a signature policy, which is not judged"},
	} {
		if row.in.Has(row.oid) {
			out.Checks = append(out.Checks, sign.Note("not-judged", row.sentence))
		}
	}
}

// oidCounterSignature is countersignature (RFC 5652 §11.4), and
// oidArchiveTimestampV2 archive-time-stamp-v2 (ETSI TS 101 733 §6.4.1).
func oidCounterSignature() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 6}
}

func oidArchiveTimestampV2() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 48}
}

// commitments is the commitment that the signer claims to make
// (EN 319 122-1 §5.2.3), as a URI.
func commitments(signer *cms.Signer) []string {
	var out []string
	for _, der := range signer.Signed.All(cms.OIDCommitmentType) {
		s := cryptobyte.String(der)
		var body cryptobyte.String
		var id asn1.ObjectIdentifier
		if s.ReadASN1(&body, cbasn1.SEQUENCE) && body.ReadASN1ObjectIdentifier(&id) {
			out = append(out, "urn:oid:"+id.String())
		}
	}
	return out
}

// stampsIn are the signature time-stamps of a signer.
func stampsIn(signer *cms.Signer) []judge.Stamp {
	var stamps []judge.Stamp
	for _, der := range signer.Unsigned.All(cms.OIDSignatureTimestamp) {
		stamps = append(stamps, judge.Stamp{
			Kind: "signature-time-stamp", DER: der,
			Digest: func(h crypto.Hash) ([]byte, error) {
				f := h.New()
				f.Write(signer.Signature)
				return f.Sum(nil), nil
			},
		})
	}
	return stamps
}

// oidOCSP is id-ri-ocsp-response (RFC 5940 §2.1).
func oidOCSP() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}
}

// EvidenceIn is what the message carries: certificates, and revocation lists
// and OCSP responses among its revocation information (RFC 5652 §10.2.1).
func EvidenceIn(message *cms.SignedData) judge.Evidence {
	e := judge.Evidence{Certificates: message.X509()}
	for _, choice := range message.Revocations {
		s := cryptobyte.String(choice)
		if s.PeekASN1Tag(cbasn1.SEQUENCE) {
			e.CRLs = append(e.CRLs, choice)
			continue
		}
		var other, info cryptobyte.String
		var format asn1.ObjectIdentifier
		if s.ReadASN1(&other, cbasn1.Tag(1).ContextSpecific().Constructed()) && other.ReadASN1ObjectIdentifier(&format) &&
			format.Equal(oidOCSP()) && other.ReadASN1Element(&info, cbasn1.SEQUENCE) && other.Empty() {
			e.OCSP = append(e.OCSP, info)
		}
	}
	return e
}
