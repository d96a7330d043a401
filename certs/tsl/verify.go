package tsl

import (
	"crypto/x509"
	"slices"
	"time"

	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/internal/xmlsec"
)

// MaxList is the largest list that is read, in bytes. The largest national
// lists have about 2 MB.
const MaxList = 16 << 20

// maxSkew is how far a list may come from a clock that is ahead of ours.
const maxSkew = 15 * time.Minute

// Expect is what a list must be.
type Expect struct {
	// Signers are the pinned certificates: one of them, and no other, must
	// have signed. A certificate that they issued is not one of them.
	Signers []*x509.Certificate
	// Type is ListOfLists or NationalList.
	Type string
	// Territory is the list's SchemeTerritory, "EU" for the list of lists.
	Territory string
	// Now is the time of the verdict.
	Now time.Time
	// Sequence and Issued are those of the newest list seen before; an older
	// one is refused.
	Sequence int
	Issued   time.Time
	// AllowExpired accepts a list past its NextUpdate; List.Expired tells.
	AllowExpired bool
}

// Verify judges a list and reads it. Refusals: "tsl.not-a-list", "tsl.unsigned",
// "tsl.several-signatures", "tsl.unpinned-signer", "tsl.signer-expired",
// "tsl.not-covered", "tsl.signed-properties", "tsl.malformed", "tsl.version",
// "tsl.wrong-type", "tsl.wrong-territory", "tsl.rolled-back", "tsl.from-the-future",
// "tsl.closed", "tsl.expired", and the "xml." and "xmldsig." codes.
func Verify(text []byte, e Expect) (*List, error) {
	doc, err := xmlsec.Parse(text, xmlsec.Limits{Size: MaxList})
	if err != nil {
		return nil, refuse(err, nil)
	}
	if !doc.Root.Is(nsTSL, "TrustServiceStatusList") {
		return nil, certs.Refuse("tsl.not-a-list", nil, "the document is not a trusted list")
	}
	signature, err := theSignature(doc)
	if err != nil {
		return nil, err
	}
	signer, err := e.signer(signature)
	if err != nil {
		return nil, err
	}
	covered, err := signature.Verify(signer.PublicKey, xmlsec.Rules{})
	if err != nil {
		return nil, refuse(err, signer)
	}
	properties, err := checkCovered(doc, covered)
	if err != nil {
		return nil, err
	}
	signed, err := checkProperties(signature, properties, signer)
	if err != nil {
		return nil, err
	}
	l, err := read(doc.Root)
	if err != nil {
		return nil, err
	}
	l.Signer, l.Signed = signer, signed
	if err := e.check(l); err != nil {
		return nil, err
	}
	return l, nil
}

func refuse(err error, cert *x509.Certificate) error {
	return certs.Refuse(fault.CodeOf(err), cert, "verifying the trusted list: %w", err)
}

// theSignature is the only signature in the whole document, and the last child
// of the root, where the schema has it.
func theSignature(doc *xmlsec.Document) (*xmlsec.Signature, error) {
	all := signatures(doc.Root, nil)
	children := doc.Root.Elements()
	switch {
	case len(all) == 0:
		return nil, certs.Refuse("tsl.unsigned", nil, "the trusted list is not signed")
	case len(all) > 1:
		return nil, certs.Refuse("tsl.several-signatures", nil, "the trusted list has %d signatures; one is allowed", len(all))
	case all[0] != children[len(children)-1]:
		return nil, certs.Refuse("tsl.not-covered", nil, "the trusted list's signature is not at its end")
	}
	s, err := xmlsec.ReadSignature(doc, all[0])
	if err != nil {
		return nil, refuse(err, nil)
	}
	return s, nil
}

func signatures(e *xmlsec.Element, found []*xmlsec.Element) []*xmlsec.Element {
	if e.Is(xmlsec.NSDSig, "Signature") {
		found = append(found, e)
	}
	for i := range e.Children {
		if c := e.Children[i].Element; c != nil {
			found = signatures(c, found)
		}
	}
	return found
}

// signer is the pinned certificate that KeyInfo names. KeyInfo only chooses
// among the pinned ones.
func (e *Expect) signer(s *xmlsec.Signature) (*x509.Certificate, error) {
	for _, der := range s.X509Certificates() {
		i := slices.IndexFunc(e.Signers, func(c *x509.Certificate) bool { return string(c.Raw) == string(der) })
		if i < 0 {
			continue
		}
		c := e.Signers[i]
		if e.Now.Before(c.NotBefore) || e.Now.After(c.NotAfter) {
			return nil, certs.Refuse("tsl.signer-expired", c, "the certificate of the trusted list's signer is not valid now")
		}
		return c, nil
	}
	return nil, certs.Refuse("tsl.unpinned-signer", nil, "the trusted list is not signed by one of the certificates it must be signed by").
		WithHint("If the issuer has announced a new certificate, pin that one.")
}

// checkCovered makes sure that the signature is over the whole list, and gives
// the XAdES properties it is over.
func checkCovered(doc *xmlsec.Document, covered []xmlsec.Signed) (properties *xmlsec.Element, err error) {
	whole := 0
	for _, c := range covered {
		switch {
		case c.Element == doc.Root && c.Enveloped:
			whole++
		case c.Element.Is(nsXAdES, "SignedProperties"):
			if properties != nil {
				return nil, certs.Refuse("tsl.signed-properties", nil, "the trusted list's signature has two sets of properties")
			}
			properties = c.Element
		}
	}
	if whole != 1 {
		return nil, certs.Refuse("tsl.not-covered", nil, "the trusted list's signature does not cover the whole list")
	}
	return properties, nil
}

// check compares the list's own words with what is expected.
func (e *Expect) check(l *List) error {
	switch {
	case l.Type != e.Type:
		return certs.Refuse("tsl.wrong-type", nil, "the trusted list is of another type")
	case l.Territory != e.Territory:
		return certs.Refuse("tsl.wrong-territory", nil, "the trusted list is of territory %q, not %q", l.Territory, e.Territory)
	case l.Issued.After(e.Now.Add(maxSkew)) || l.Signed.After(e.Now.Add(maxSkew)):
		return certs.Refuse("tsl.from-the-future", nil, "the trusted list was issued in the future")
	case l.Sequence < e.Sequence || l.Sequence == e.Sequence && l.Issued.Before(e.Issued):
		return certs.Refuse("tsl.rolled-back", nil, "the trusted list is number %d, older than number %d seen before", l.Sequence, e.Sequence)
	case l.NextUpdate.IsZero():
		return certs.Refuse("tsl.closed", nil, "the trusted list is closed: it will have no next issue")
	}
	if l.Expired = !e.Now.Before(l.NextUpdate); l.Expired && !e.AllowExpired {
		return certs.Missing("tsl.expired", nil, "the trusted list expired on %s", l.NextUpdate.Format(time.DateOnly)).
			WithHint("Update the trusted lists: eid trust update.")
	}
	return nil
}
