package certs_test

import (
	"crypto/x509"
	"testing"
	"time"

	xocsp "golang.org/x/crypto/ocsp"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki/pkitest"
)

// signature is one raw signature verification.
type signature struct {
	signer    *x509.Certificate
	algorithm x509.SignatureAlgorithm
	tbs, sig  []byte
}

func (s signature) check(b *testing.B) {
	if err := s.signer.CheckSignature(s.algorithm, s.tbs, s.sig); err != nil {
		b.Fatal(err)
	}
}

func ofCertificate(c, signer *x509.Certificate) signature {
	return signature{signer, c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature}
}

// ofAnswer gives the signatures of an OCSP response: its own and, when a
// delegate signed it, the delegate's certificate's.
func ofAnswer(b *testing.B, der []byte, issuer *x509.Certificate) []signature {
	b.Helper()
	r, err := xocsp.ParseResponse(der, nil)
	must(b, err)
	signer, out := issuer, []signature(nil)
	if r.Certificate != nil {
		signer, out = r.Certificate, []signature{ofCertificate(r.Certificate, issuer)}
	}
	return append(out, signature{signer, r.SignatureAlgorithm, r.TBSResponseData, r.Signature})
}

// BenchmarkPathAndRevocation verifies a demo card's login certificate, path
// and OCSP answers at hand for it and its issuer, against the sum of the raw
// signature verifications in it ("x-raw", budget 2).
func BenchmarkPathAndRevocation(b *testing.B) {
	w := pkitest.Start(b, nil)
	leaf := readPEM(b, w.Card.Authentication.Certificate)
	chain := []*x509.Certificate{leaf, w.IssuingCA(), w.Root()}
	var answers [][]byte
	var raw []signature
	for i, c := range chain[:2] {
		der, err := w.OCSP().Fetch(b.Context(), c, chain[i+1])
		must(b, err)
		answers = append(answers, der)
		raw = append(raw, ofCertificate(c, chain[i+1]))
		raw = append(raw, ofAnswer(b, der, chain[i+1])...)
	}
	v := &certs.Verifier{Store: w.Store(b), Revocation: &ocsp.Responses{DER: answers}}
	request := certs.Request{
		Certificate: leaf, Intermediates: w.Intermediates(), Purpose: certs.Authentication,
		At: time.Now(), Revocation: certs.RevocationRequired,
	}
	compare(b, raw, func() error {
		_, err := v.Verify(b.Context(), request)
		return err
	})
}

// BenchmarkPath is the path alone.
func BenchmarkPath(b *testing.B) {
	w := pkitest.Start(b, nil)
	leaf := readPEM(b, w.Card.Authentication.Certificate)
	v := &certs.Verifier{Store: w.Store(b)}
	raw := []signature{ofCertificate(leaf, w.IssuingCA()), ofCertificate(w.IssuingCA(), w.Root())}
	compare(b, raw, func() error {
		_, err := v.Verify(b.Context(), certs.Request{Certificate: leaf, Intermediates: w.Intermediates(), Purpose: certs.Authentication})
		return err
	})
}

// BenchmarkLongList looks a certificate up in a revocation list of 100,000.
func BenchmarkLongList(b *testing.B) {
	root := newRoot(b, "Root of tests")
	leaf := root.issueAuth(b).Cert
	v := verifierFor(b, certs.Test, root.Cert)
	lists := [][]byte{longList(b, root, 100_000)}
	for b.Loop() {
		source, err := certs.NewRevocationLists(v.Store, lists)
		must(b, err)
		v.Revocation = source
		if _, err := v.Verify(b.Context(), certs.Request{Certificate: leaf, Purpose: certs.Authentication}); err != nil {
			b.Fatal(err)
		}
	}
}

// compare runs work and the raw signatures by turns, so that both meet the
// same machine, and reports their ratio.
func compare(b *testing.B, raw []signature, work func() error) {
	b.Helper()
	must(b, work())
	var ours, floor time.Duration
	for b.Loop() {
		start := time.Now()
		if err := work(); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		for _, s := range raw {
			s.check(b)
		}
		ours, floor = ours+middle.Sub(start), floor+time.Since(middle)
	}
	b.ReportMetric(float64(ours)/float64(floor), "x-raw")
	b.ReportMetric(float64(b.N)/ours.Seconds(), "verified/s")
}

func readPEM(b *testing.B, text string) *x509.Certificate {
	b.Helper()
	list, err := certs.ParseCertificates([]byte(text))
	must(b, err)
	return list[0]
}
