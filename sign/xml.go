package sign

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

// nsReport is the namespace of the validation report (ETSI TS 119 102-2 V1.4.1).
const nsReport = "http://uri.etsi.org/19102/v1.4.1#"

// noSignature is the indication of a document without signatures, for which ETSI
// has none; EU DSS uses this one.
const noSignature = "urn:cef:dss:mainindication:noSignatureFound"

// XML renders the report as an ETSI TS 119 102-2 validation report: a
// SignatureValidationReport for each signature and every certificate, revocation
// answer and time-stamp the verdicts rest on, in full. The report itself is not
// signed.
//
// Document time-stamps are validation objects with a report of their own, as
// the standard has them (§4.2.3, §4.3); a document that has nothing else gets a
// report for the first of them too.
func (r *Report) XML() ([]byte, error) {
	w := &xmlReport{r: r, objects: map[string]*xmlObject{}}
	out := xmlValidationReport{
		Report: nsReport, DSig: "http://www.w3.org/2000/09/xmldsig#", XAdES: "http://uri.etsi.org/01903/v1.3.2#",
	}
	for i, s := range r.Signatures {
		if s.Kind == KindSignature {
			out.Signatures = append(out.Signatures, w.signature(i, s))
		} else {
			w.stamps(s)
		}
	}
	if len(out.Signatures) == 0 {
		out.Signatures = []*xmlSignature{w.withoutSignature()}
	}
	if len(w.order) > 0 {
		out.Objects = &xmlObjects{w.order}
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(&out); err != nil {
		return nil, fmt.Errorf("writing the validation report: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// xmlReport is a report on its way into XML.
type xmlReport struct {
	r       *Report
	objects map[string]*xmlObject
	order   []*xmlObject
}

// signature is the report on one signature (§4.2).
func (w *xmlReport) signature(n int, s *Signature) *xmlSignature {
	m := &s.Material
	out := &xmlSignature{
		Constraints: w.constraints(s), Process: xmlProcess{"urn:etsi:019102:validationprocess:LTA"},
	}
	id := fmt.Sprintf("S-%d", n+1)
	out.Identifier = &xmlIdentifier{ID: id, Digest: digestOf(m.Hash, m.ToBeSigned), DAIdentifier: xmlText(s.ID)}
	if len(m.Value) > 0 {
		out.Identifier.Value = (*base64Bytes)(&m.Value)
	}
	tokens := w.stamps(s)
	documents := w.documents(s, tokens)
	out.Time = w.time(s, tokens)
	out.Document = w.signersDocument(s, documents)
	out.Attributes = w.attributes(s, tokens)
	chain := w.chain(m.Path, s.Anchor != nil)
	if chain != nil {
		out.Signer = &xmlSigner{Certificate: chain.Signing, Name: signerName(s)}
	}
	out.Status = w.status(s.Verdict, false)
	out.Status.Data = w.data(s, id, chain)
	return out
}

// signerName is who the verified certificate names.
func signerName(s *Signature) string {
	if s.Signer == nil {
		return ""
	}
	return xmlText(s.Signer.FullName() + ", " + s.Signer.Identifier.Reveal())
}

// withoutSignature is the report on a document that nobody signed; one with
// document time-stamps alone has the verdict on the first.
func (w *xmlReport) withoutSignature() *xmlSignature {
	out := &xmlSignature{Process: xmlProcess{"urn:etsi:019102:validationprocess:LTA"}}
	out.Status = &xmlStatus{Main: noSignature}
	for _, s := range w.r.Signatures {
		out.Constraints, out.Status = w.constraints(s), w.status(s.Verdict, false)
		out.Time = w.time(s, w.stamps(s))
		break
	}
	return out
}

// status are the indications (§4.2.11): those of a building block when part is
// set, of a whole signature otherwise.
func (*xmlReport) status(v Verdict, part bool) *xmlStatus {
	out := &xmlStatus{Main: "urn:etsi:019102:mainindication:indeterminate"}
	prefix := "total-"
	if part {
		prefix = ""
	}
	switch v.Indication {
	case TotalPassed:
		out.Main = "urn:etsi:019102:mainindication:" + prefix + "passed"
	case TotalFailed:
		out.Main = "urn:etsi:019102:mainindication:" + prefix + "failed"
	case NotSigned:
		out.Main = noSignature
	case Indeterminate:
	}
	if v.SubIndication != "" {
		out.Sub = "urn:etsi:019102:subindication:" + string(v.SubIndication)
	}
	return out
}

// time says when the signature existed at the latest (§4.2.6).
func (w *xmlReport) time(s *Signature, tokens []string) *xmlTimeInfo {
	out := &xmlTimeInfo{At: xmlTime(w.r.CheckedAt), Best: xmlPOE{xmlTime(w.r.CheckedAt), poeValidation, nil}}
	if s.Proven.IsZero() {
		return out
	}
	out.Best.Time = xmlTime(s.Proven)
	for i, t := range s.Timestamps {
		if t.Indication == TotalPassed && t.Time.Equal(s.Proven) {
			out.Best.Object = refer(tokens[i])
			break
		}
	}
	return out
}

const poeValidation = "urn:etsi:019102:poetype:validation"

func xmlTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
