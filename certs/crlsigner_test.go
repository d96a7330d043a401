package certs_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"eidgate/certs"
)

// An indirect list speaks for an issuer that names it, and for no other.
func TestIndirectLists(t *testing.T) {
	root := newRoot(t, "Root of tests")
	const listers = "http://crl.example/listers"
	lister := root.issue(t, authorityTemplate("Lister"), notCA, keyID, usage(x509.KeyUsageCRLSign), withPoints(listers))
	silent := root.issue(t, authorityTemplate("Lister"), notCA, keyID, usage(sigKey))
	stranger := newRoot(t, "Stranger")
	outside := stranger.issue(t, authorityTemplate("Lister"), notCA, keyID, usage(x509.KeyUsageCRLSign))
	// DistributionPoint { cRLIssuer { directoryName Lister } }
	der := lister.Cert.RawSubject
	names := append([]byte{0xa4, byte(len(der))}, der...)
	issuer := append([]byte{0xa2, byte(len(names))}, names...)
	dp := append([]byte{0x30, byte(len(issuer))}, issuer...)
	points := append([]byte{0x30, byte(len(dp))}, dp...)
	leaf := root.issueAuth(t, withExtension(false, points, 2, 5, 29, 31)).Cert
	plain := root.issueAuth(t).Cert

	rootName := append([]byte{0xa4, byte(len(root.Cert.RawSubject))}, root.Cert.RawSubject...)
	certIssuer := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: append([]byte{0x30, byte(len(rootName))}, rootName...)}
	revokedOfRoot := func(c *x509.Certificate) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) {
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{
				SerialNumber: c.SerialNumber, RevocationTime: noon.Add(-time.Minute), ExtraExtensions: []pkix.Extension{certIssuer},
			})
		}
	}
	indirect := idp(0x84, 1, 0xff)
	late := root.issue(t, authorityTemplate("Lister"), notCA, keyID, usage(x509.KeyUsageCRLSign), validity(-30*time.Minute, time.Hour))
	gone := root.issue(t, authorityTemplate("Lister"), notCA, keyID, usage(x509.KeyUsageCRLSign), validity(-3*time.Hour, -2*time.Hour))
	onlyCA := root.crl(t, idp(0x82, 1, 0xff))
	itself := append([]byte{0xa0, byte(len(names) + 2), 0xa0, byte(len(names))}, names...)
	foreign := append([]byte{0xa0, byte(len(rootName) + 2), 0xa0, byte(len(rootName))}, rootName...)
	for _, c := range []struct {
		name   string
		cert   *x509.Certificate
		lists  [][]byte
		signer pair
		code   string
	}{
		{"signer expired", leaf, [][]byte{gone.crl(t, indirect), onlyCA}, gone, "crl.signer"},
		{"signer new, list from its time", leaf, [][]byte{late.crl(t, indirect, dates(-time.Minute, time.Hour)), root.crl(t)}, late, ""},
		{"partition named as the lister", leaf, [][]byte{lister.crl(t, idp(append(itself, 0x84, 1, 0xff)...)), root.crl(t)}, lister, ""},
		{"partition named as another", leaf, [][]byte{lister.crl(t, idp(append(foreign, 0x84, 1, 0xff)...)), onlyCA}, lister, "revocation.missing"},
		{"good", leaf, [][]byte{lister.crl(t, indirect), root.crl(t)}, lister, ""},
		{"revoked", leaf, [][]byte{lister.crl(t, indirect, revokedOfRoot(leaf)), root.crl(t)}, lister, "revocation.revoked"},
		{"same serial number of the lister's own", leaf, [][]byte{lister.crl(t, indirect, entry(leaf, noon.Add(-time.Minute), 1)), root.crl(t)}, lister, ""},
		{"not marked indirect", leaf, [][]byte{lister.crl(t), root.crl(t, idp(0x82, 1, 0xff))}, lister, "revocation.missing"},
		{"for a certificate that does not name it", plain, [][]byte{lister.crl(t, indirect)}, lister, "revocation.missing"},
		{"signer may not sign lists", leaf, [][]byte{reissue(t, silent).crl(t, indirect), root.crl(t, idp(0x82, 1, 0xff))}, silent, "crl.key-usage"},
		{"signer of another root", leaf, [][]byte{outside.crl(t, indirect), root.crl(t, idp(0x82, 1, 0xff))}, outside, "crl.signer"},
		{"signer not at hand", leaf, [][]byte{lister.crl(t, indirect), root.crl(t, idp(0x82, 1, 0xff))}, root, "crl.signer"},
		{"signer revoked", leaf, [][]byte{lister.crl(t, indirect), root.crl(t, entry(lister.Cert, noon.Add(-time.Minute), 1), idp(point(listers)...))}, lister, "crl.signer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verifierFor(t, certs.Test, root.Cert)
			source, err := certs.NewRevocationLists(v.Store, c.lists, c.signer.Cert, stranger.Cert)
			must(t, err)
			v.Revocation = source
			_, err = v.Verify(t.Context(), certs.Request{Certificate: c.cert, Purpose: certs.Authentication})
			wantCode(t, err, c.code)
		})
	}
}

// keyID is needed to make the standard library sign a list.
func keyID(c *x509.Certificate) { c.SubjectKeyId = []byte(c.SerialNumber.String()) }

// reissue gives a key a certificate in memory that lets the standard library
// sign a list with it.
func reissue(t testing.TB, p pair) pair {
	t.Helper()
	c := *p.Cert
	c.KeyUsage |= x509.KeyUsageCRLSign
	return pair{&c, p.Key}
}

// Lists and signers made to be slow end in a refusal, not in a long wait.
func TestListsAreBounded(t *testing.T) {
	root := newRoot(t, "Root of tests")
	leaf := root.issueAuth(t).Cert
	var lists [][]byte
	var signers []*x509.Certificate
	for range 25 {
		// The same name, other keys: every list is tried with every key.
		lists = append(lists, newRoot(t, "Root of tests").crl(t))
		signers = append(signers, newRoot(t, "Root of tests").Cert)
	}
	v := verifierFor(t, certs.Test, root.Cert)
	ask := func(lists [][]byte) error {
		source, err := certs.NewRevocationLists(v.Store, lists, signers...)
		must(t, err)
		v.Revocation = source
		_, err = v.Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.Authentication})
		return err
	}
	wantCode(t, ask(append(lists[:10:10], root.crl(t))), "")
	wantCode(t, ask(append(lists[:25:25], root.crl(t))), "crl.too-complex")

	_, err := certs.NewRevocationLists(v.Store, make([][]byte, 1024), make([]*x509.Certificate, 1024)...)
	must(t, err)
	_, err = certs.NewRevocationLists(v.Store, make([][]byte, 1025))
	wantCode(t, err, "crl.too-many")
	_, err = certs.NewRevocationLists(v.Store, nil, make([]*x509.Certificate, 1025)...)
	wantCode(t, err, "crl.too-many")
	_, err = certs.NewRevocationLists(nil, nil)
	wantCode(t, err, "trust.no-anchors")
}

// listIssuer puts a distribution point into a certificate that names another
// as the issuer of its list.
func listIssuer(name []byte) edit {
	names := append([]byte{0xa4, byte(len(name))}, name...)
	issuer := append([]byte{0xa2, byte(len(names))}, names...)
	dp := append([]byte{0x30, byte(len(issuer))}, issuer...)
	return withExtension(false, append([]byte{0x30, byte(len(dp))}, dp...), 2, 5, 29, 31)
}

// Each lister's own status is in the next one's list, without end in sight.
func TestListersInARowEnd(t *testing.T) {
	root := newRoot(t, "Root of tests")
	var lists [][]byte
	var signers []*x509.Certificate
	next := pkix.Name{CommonName: "Lister 0"}
	leaf := root.issueAuth(t, listIssuer(marshal(t, next.ToRDNSequence()))).Cert
	for i := range 8 {
		c := authorityTemplate("")
		c.Subject = next
		next = pkix.Name{CommonName: "Lister " + string(rune('1'+i))}
		lister := root.issue(t, c, notCA, keyID, usage(x509.KeyUsageCRLSign), listIssuer(marshal(t, next.ToRDNSequence())))
		lists, signers = append(lists, lister.crl(t, idp(0x84, 1, 0xff))), append(signers, lister.Cert)
	}
	v := verifierFor(t, certs.Test, root.Cert)
	source, err := certs.NewRevocationLists(v.Store, lists, signers...)
	must(t, err)
	v.Revocation = source
	_, err = v.Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.Authentication})
	wantCode(t, err, "crl.signer")
	if !causedBy(err, "crl.too-nested") {
		t.Errorf("the cause is lost: %v", err)
	}
}

// causedBy looks for a code among a refusal's causes.
func causedBy(err error, code string) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		var r *certs.Refusal
		if errors.As(err, &r) && r.Code() == code {
			return true
		}
	}
	return false
}

// RFC 5280 §6.3.3 (f): the signer's path ends at the anchor of the
// certificate's own path, whatever else the store trusts.
func TestListSignerUnderAnotherAnchor(t *testing.T) {
	root, other := newRoot(t, "Root of tests"), newRoot(t, "Another root")
	lister := other.issue(t, authorityTemplate("Lister"), notCA, keyID, usage(x509.KeyUsageCRLSign))
	leaf := root.issueAuth(t, listIssuer(lister.Cert.RawSubject)).Cert
	v := verifierFor(t, certs.Test, root.Cert, other.Cert)
	source, err := certs.NewRevocationLists(v.Store, [][]byte{lister.crl(t, idp(0x84, 1, 0xff)), other.crl(t)}, lister.Cert, other.Cert)
	must(t, err)
	v.Revocation = source
	_, err = v.Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.Authentication})
	wantCode(t, err, "crl.signer")
}

func TestListsAboutNothing(t *testing.T) {
	root := newRoot(t, "Root of tests")
	leaf := root.issueAuth(t).Cert
	source, err := certs.NewRevocationLists(verifierFor(t, certs.Test, root.Cert).Store, [][]byte{root.crl(t)})
	must(t, err)
	for _, q := range []certs.RevocationQuery{
		{Issuer: root.Cert, At: noon, Now: noon},
		{Certificate: leaf, At: noon, Now: noon},
		{Certificate: &x509.Certificate{}, Issuer: root.Cert, At: noon, Now: noon},
	} {
		_, err := source.Status(t.Context(), q)
		wantCode(t, err, "certificate.malformed")
	}
	status, err := source.Status(t.Context(), certs.RevocationQuery{Certificate: leaf, Issuer: root.Cert, At: noon, Now: noon})
	if err != nil || status.Revoked {
		t.Errorf("without an anchor in the query: %+v, %v", status, err)
	}
}
