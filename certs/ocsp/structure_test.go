package ocsp_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"eidgate/certs/internal/dertest"
	"eidgate/certs/ocsp"
)

// TestResponseStructure adds, leaves out and repeats every element of an
// answer that has all there can be: none of it is believed, whether signed or
// not. Sending the same certificate twice, or one more, changes nothing.
func TestResponseStructure(t *testing.T) {
	w := newWorld(t)
	a := w.good(t)
	a.NextUpdate = w.now.Add(time.Minute)
	a.Extensions = append(a.Extensions, ocsp.ArchiveCutoff(w.ca.cert.NotBefore))
	template := w.template(a)
	template.Certificates = []*x509.Certificate{w.responder.cert, w.mate.cert}
	honest := w.sign(t, template, w.responder)
	q := w.query(t)
	if _, err := ocsp.Verify(context.Background(), honest, q); err != nil {
		t.Fatal(err)
	}
	const certificates = "/30[1]/a0[0]/30[1]/04[0]/30[3]/a0[0]/30"
	variants := dertest.Variants(honest)
	for _, v := range variants {
		_, err := ocsp.Verify(context.Background(), v.DER, q)
		switch harmless := map[string]bool{
			"element 0 (30) twice in " + certificates: true,
			"element 1 (30) twice in " + certificates: true,
			"element 1 left out of " + certificates:   true,
		}; {
		case harmless[v.Name] && err != nil:
			t.Errorf("%s: %v", v.Name, err)
		case !harmless[v.Name] && err == nil && !inside(v.Name, certificates+"[1]"):
			t.Errorf("%s is still good", v.Name)
		}
	}
	if len(variants) < 300 {
		t.Errorf("only %d variants", len(variants))
	}
}

// inside says whether a variant changes something below a path: here the
// certificate of somebody who signed nothing.
func inside(name, path string) bool {
	return strings.HasPrefix(name[strings.Index(name, "/"):], path)
}

// TestRequestStructure does the same to a request; what may be there (a
// signature, the requestor's name, more certificates, other extensions) is
// tested by name elsewhere, everything else is refused.
func TestRequestStructure(t *testing.T) {
	w := newWorld(t)
	der, err := (&ocsp.Request{IDs: []ocsp.CertID{w.id(t, w.card.cert, w.ca, crypto.SHA1)}, Nonce: []byte("0123456789abcdef")}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	const tbs = "/30[0]/30"
	allowed := map[string]bool{
		"element 1 left out of " + tbs:                              true, // no nonce
		"element 0 (30) twice in " + tbs + "[0]/30":                 true, // two certificates
		"element 1 left out of " + tbs + "[0]/30[0]/30[0]/30[0]/30": true, // algorithm without NULL
		"element 0 left out of " + tbs + "[1]/a2[0]/30":             true, // no extension
	}
	for _, v := range dertest.Variants(der) {
		if r, err := ocsp.ParseRequest(v.DER); (err == nil) != allowed[v.Name] {
			t.Errorf("%s: %+v, %v", v.Name, r, err)
		}
	}
}
