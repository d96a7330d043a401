package sign

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"strings"
)

// object adds a validation object once and gives its id (§4.4).
func (w *xmlReport) object(letter, kind string, der []byte) string {
	sum := sha256.Sum256(der)
	id := letter + "-" + strings.ToUpper(hex.EncodeToString(sum[:]))
	if w.objects[id] == nil {
		w.add(&xmlObject{ID: id, Type: "urn:etsi:019102:validationObject:" + kind, Content: xmlContent{Base64: (*base64Bytes)(&der)}})
	}
	return id
}

func (w *xmlReport) add(o *xmlObject) {
	if o.POE == nil {
		o.POE = &xmlPOE{Time: xmlTime(w.r.CheckedAt), Type: poeValidation}
	}
	w.objects[o.ID] = o
	w.order = append(w.order, o)
}

func (w *xmlReport) certificate(c *x509.Certificate) string {
	return w.object("C", "certificate", c.Raw)
}

// stamps adds the time-stamps of a signature, each with its own verdict, and
// gives their ids in order; a token that is not known has none.
func (w *xmlReport) stamps(s *Signature) []string {
	ids := make([]string, len(s.Timestamps))
	for i := range s.Timestamps {
		t := &s.Timestamps[i]
		if len(t.Token) == 0 {
			continue
		}
		id := w.object("T", "timestamp", t.Token)
		ids[i] = id
		if w.objects[id].Report != nil {
			continue
		}
		report := &xmlSignature{Process: xmlProcess{"urn:etsi:019102:validationprocess:Basic"}, Status: w.status(t.Verdict, true)}
		if chain := w.chain(t.Path, t.Anchor != nil); chain != nil {
			report.Signer = &xmlSigner{Certificate: chain.Signing, Name: xmlText(t.Authority.Subject)}
			report.Status.Data = &xmlData{Anchor: chain.Anchor, Chain: chain}
		}
		w.objects[id].Report = report
		if t.Indication == TotalPassed {
			w.objects[id].Provisioning = &xmlProvisioning{Time: xmlTime(t.Time)}
		}
	}
	return ids
}

// documents adds what was signed, by digest; the time-stamps that hold prove
// that it existed.
func (w *xmlReport) documents(s *Signature, tokens []string) []string {
	var ids []string
	for _, d := range s.Material.Documents {
		method := digestURI(d.Hash)
		if method == "" {
			continue
		}
		sum := sha256.Sum256(append([]byte(method+"\x00"+d.Name+"\x00"), d.Digest...))
		id := "D-" + strings.ToUpper(hex.EncodeToString(sum[:]))
		if w.objects[id] == nil {
			w.add(&xmlObject{
				ID: id, Type: "urn:etsi:019102:validationObject:signedData",
				Content: xmlContent{Digest: digestOf(d.Hash, d.Digest)}, POE: w.poe(s, tokens),
			})
		}
		ids = append(ids, id)
	}
	for i, id := range tokens {
		if id != "" && s.Timestamps[i].Indication == TotalPassed && len(ids) > 0 {
			w.objects[id].Provisioning.cover(ids)
		}
	}
	return ids
}

// poe is the proof of existence of what a signature covers.
func (w *xmlReport) poe(s *Signature, tokens []string) *xmlPOE {
	best := w.time(s, tokens).Best
	return &best
}

// chain is a certificate path (§4.2.11.3); nil without certificates.
func (w *xmlReport) chain(path []*x509.Certificate, anchored bool) *xmlChain {
	if len(path) == 0 {
		return nil
	}
	out := &xmlChain{Signing: refer(w.certificate(path[0]))}
	for i, c := range path[1:] {
		if anchored && i == len(path)-2 {
			out.Anchor = refer(w.certificate(c))
			continue
		}
		out.Intermediate = append(out.Intermediate, refer(w.certificate(c)))
	}
	return out
}

// data is what the verdict rests on (§4.2.11.3): trust anchor, path, revocation
// and algorithm.
func (w *xmlReport) data(s *Signature, id string, chain *xmlChain) *xmlData {
	out := &xmlData{Chain: chain}
	if chain != nil {
		out.Anchor = chain.Anchor
	}
	var answers []string
	for _, e := range s.Evidence {
		if len(e.DER) == 0 {
			continue
		}
		kind, letter := "OCSPResponse", "O"
		if e.Source == "crl" {
			kind, letter = "CRL", "L"
		}
		answer := w.object(letter, kind, e.DER)
		answers = append(answers, answer)
		if !e.RevokedAt.IsZero() && e.Certificate != nil && out.Revocation == nil {
			out.Revocation = &xmlRevocation{refer(w.certificate(e.Certificate)), xmlTime(e.RevokedAt), refer(answer)}
		}
	}
	for _, answer := range unique(answers) {
		out.Related = append(out.Related, refer(answer))
	}
	if s.Material.Method != "" {
		out.Crypto = &xmlCrypto{Object: refer(id), Algorithm: s.Material.Method, Secure: s.SubIndication != CryptoConstraintsFailure}
	}
	return out
}

func unique(list []string) []string {
	known := map[string]bool{}
	var out []string
	for _, item := range list {
		if !known[item] {
			known[item] = true
			out = append(out, item)
		}
	}
	return out
}
