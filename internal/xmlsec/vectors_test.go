package xmlsec_test

import (
	"crypto/x509"
	"os"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/internal/xmlsec"
)

// find gives the only ds:Signature below e.
func find(t testing.TB, e *xmlsec.Element) *xmlsec.Element {
	t.Helper()
	var found []*xmlsec.Element
	var walk func(*xmlsec.Element)
	walk = func(e *xmlsec.Element) {
		if e.Is(xmlsec.NSDSig, "Signature") {
			found = append(found, e)
		}
		for _, c := range e.Elements() {
			walk(c)
		}
	}
	walk(e)
	if len(found) != 1 {
		t.Fatalf("%d signatures", len(found))
	}
	return found[0]
}

func TestTrustedListOfEstonia(t *testing.T) {
	text, err := os.ReadFile(testtool.Shared(t, "tsl", "EE_T.xml"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := xmlsec.Parse(text, xmlsec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := xmlsec.ReadSignature(doc, find(t, doc.Root))
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(s.X509Certificates()[0])
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Verify(c.PublicKey, xmlsec.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if len(signed) != 2 || signed[0].Element != doc.Root || !signed[0].Enveloped || signed[1].Element.Local != "SignedProperties" {
		t.Errorf("covered: %+v", signed)
	}
}
