package certs

import (
	"crypto/x509"
	"testing"
)

// What is remembered of an anchor's signature is about these very certificates,
// about services alone, and bounded.
func TestIssued(t *testing.T) {
	ca := func(raw string) *x509.Certificate { return &x509.Certificate{Raw: []byte(raw), IsCA: true} }
	var i issued
	i.add(ca("child"), ca("issuer"))
	if !i.has(ca("child"), ca("issuer")) {
		t.Error("forgotten")
	}
	for _, pair := range [][2]string{{"child", "other"}, {"other", "issuer"}, {"childi", "ssuer"}, {"issuer", "child"}} {
		if i.has(ca(pair[0]), ca(pair[1])) {
			t.Error("remembered", pair)
		}
	}
	person := &x509.Certificate{Raw: []byte("person"), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if i.add(person, ca("issuer")); i.has(person, ca("issuer")) {
		t.Error("a person is remembered")
	}
	for n := range 3 * maxIssued {
		i.add(ca(string(rune(n))), ca("issuer"))
	}
	if len(i.known) > maxIssued {
		t.Error(len(i.known))
	}
}
