package certs_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"eidgate/certs"
)

// crl makes a list signed by p; edits change its template.
func (p pair) crl(t testing.TB, edits ...func(*x509.RevocationList)) []byte {
	t.Helper()
	l := &x509.RevocationList{
		Number: big.NewInt(5), ThisUpdate: noon.Add(-time.Hour), NextUpdate: noon.Add(time.Hour),
	}
	for _, e := range edits {
		e(l)
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, p.Cert, p.Key)
	must(t, err)
	return der
}

func entry(c *x509.Certificate, when time.Time, reason int) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: c.SerialNumber, RevocationTime: when, ReasonCode: reason,
		})
	}
}

func listExtension(critical bool, value []byte, last int) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		l.ExtraExtensions = append(l.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, last}, Critical: critical, Value: value})
	}
}

// idp is a critical issuingDistributionPoint of DER content.
func idp(content ...byte) func(*x509.RevocationList) {
	return listExtension(true, append([]byte{0x30, byte(len(content))}, content...), 28)
}

// point is the DER DistributionPointName of one URI.
func point(uri string) []byte {
	name := append([]byte{0x86, byte(len(uri))}, uri...)
	full := append([]byte{0xa0, byte(len(name))}, name...)
	return append([]byte{0xa0, byte(len(full))}, full...)
}

func dates(from, to time.Duration) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = noon.Add(from), noon.Add(to) }
}

func delta(base byte, number int64) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		listExtension(true, []byte{2, 1, base}, 27)(l)
		l.Number = big.NewInt(number)
	}
}

// withPoints puts a cRLDistributionPoints of one URI into a certificate.
func withPoints(uris ...string) edit {
	return func(c *x509.Certificate) { c.CRLDistributionPoints = uris }
}

func TestRevocationLists(t *testing.T) {
	const uri, other = "http://crl.example/1", "http://crl.example/2"
	root := newRoot(t, "Root of tests")
	leaf := root.issueAuth(t, withPoints(uri)).Cert
	plain := root.issueAuth(t).Cert
	stranger := newRoot(t, "Root of tests")
	mute := newRoot(t, "Mute", usage(x509.KeyUsageCertSign|x509.KeyUsageCRLSign))
	before, later := noon.Add(-30*time.Minute), noon.Add(-time.Minute)
	revoked := func(c *x509.Certificate) func(*x509.RevocationList) { return entry(c, before, 1) }
	type lists = [][]byte
	for _, c := range []struct {
		name  string
		cert  *x509.Certificate
		lists lists
		code  string
		at    time.Duration
	}{
		{"good", plain, lists{root.crl(t)}, "", 0},
		{"good with distribution point", leaf, lists{root.crl(t)}, "", 0},
		{"revoked", leaf, lists{root.crl(t, revoked(leaf))}, "revocation.revoked", 0},
		{"revoked after the time asked about", leaf, lists{root.crl(t, entry(leaf, later, 1))}, "", -10 * time.Minute},
		{"on hold", leaf, lists{root.crl(t, entry(leaf, before, 6))}, "revocation.revoked", 0},
		{"another certificate revoked", leaf, lists{root.crl(t, revoked(plain))}, "", 0},
		{"no list", leaf, nil, "revocation.missing", 0},
		{"list of another issuer", leaf, lists{mute.crl(t)}, "revocation.missing", 0},
		{"signed by another key", leaf, lists{stranger.crl(t)}, "crl.signature", 0},
		{"signed by another key, revoked", leaf, lists{stranger.crl(t, revoked(leaf))}, "crl.signature", 0},
		{"another key's list and a good one", leaf, lists{stranger.crl(t, revoked(leaf)), root.crl(t)}, "", 0},
		{"ended", leaf, lists{root.crl(t, dates(-2*time.Hour, -time.Second))}, "crl.expired", 0},
		{"ended but not for the time asked about", leaf, lists{root.crl(t, dates(-2*time.Hour, -time.Minute))}, "", -time.Hour},
		{"from the future", leaf, lists{root.crl(t, dates(time.Hour, 2*time.Hour))}, "crl.not-yet-valid", 0},
		{"garbage", leaf, lists{{0x30, 1, 2}}, "crl.malformed", 0},
		{"garbage and a good one", leaf, lists{{1, 2, 3}, root.crl(t)}, "", 0},
		{"unknown critical extension", leaf, lists{root.crl(t, listExtension(true, []byte{5, 0}, 99))}, "crl.critical-extension", 0},
		{"unknown extension", leaf, lists{root.crl(t, listExtension(false, []byte{5, 0}, 99))}, "", 0},
		{"for users", leaf, lists{root.crl(t, idp(0x81, 1, 0xff))}, "", 0},
		{"for authorities", leaf, lists{root.crl(t, idp(0x82, 1, 0xff))}, "revocation.missing", 0},
		{"for attribute certificates", leaf, lists{root.crl(t, idp(0x85, 1, 0xff))}, "revocation.missing", 0},
		{"partition of the certificate", leaf, lists{root.crl(t, idp(point(uri)...))}, "", 0},
		{"partition of the certificate, revoked", leaf, lists{root.crl(t, idp(point(uri)...), revoked(leaf))}, "revocation.revoked", 0},
		{"another partition", leaf, lists{root.crl(t, idp(point(other)...))}, "revocation.missing", 0},
		{"a partition for a certificate that names none", plain, lists{root.crl(t, idp(point(uri)...))}, "revocation.missing", 0},
		{"some reasons", leaf, lists{root.crl(t, idp(0x83, 2, 1, 0x40))}, "crl.some-reasons", 0},
		{"some reasons, revoked", leaf, lists{root.crl(t, idp(0x83, 2, 1, 0x40), revoked(leaf))}, "revocation.revoked", 0},
		{"all reasons in two lists", leaf, lists{root.crl(t, idp(0x83, 2, 1, 0x7e)), root.crl(t, idp(0x83, 3, 7, 0x01, 0x80))}, "", 0},
		{"all reasons in two lists, revoked in the second", leaf, lists{root.crl(t, idp(0x83, 2, 1, 0x7e)), root.crl(t, idp(0x83, 3, 7, 0x01, 0x80), entry(leaf, before, 9))}, "revocation.revoked", 0},
		{"delta alone", leaf, lists{root.crl(t, delta(4, 5))}, "revocation.missing", 0},
		{"delta revokes", leaf, lists{root.crl(t), root.crl(t, delta(5, 6), revoked(leaf))}, "revocation.revoked", 0},
		{"delta of a newer base", leaf, lists{root.crl(t), root.crl(t, delta(6, 7), revoked(leaf))}, "", 0},
		{"delta not newer than the list", leaf, lists{root.crl(t), root.crl(t, delta(3, 5), revoked(leaf))}, "", 0},
		{"delta releases", leaf, lists{root.crl(t, entry(leaf, before, 6)), root.crl(t, delta(5, 6), entry(leaf, before, 8))}, "", 0},
		{"delta of another scope", leaf, lists{root.crl(t), root.crl(t, delta(5, 6), idp(0x81, 1, 0xff), revoked(leaf))}, "", 0},
		{"delta without the list's scope", leaf, lists{root.crl(t, idp(0x81, 1, 0xff)), root.crl(t, delta(5, 6), revoked(leaf))}, "", 0},
		{"delta of the same scope", leaf, lists{root.crl(t, idp(0x81, 1, 0xff)), root.crl(t, delta(5, 6), idp(0x81, 1, 0xff), revoked(leaf))}, "revocation.revoked", 0},
		{"partition named by a directory name", leaf, lists{root.crl(t, idp(append([]byte{0xa0, byte(len(root.Cert.RawSubject) + 4), 0xa0, byte(len(root.Cert.RawSubject) + 2), 0xa4, byte(len(root.Cert.RawSubject))}, root.Cert.RawSubject...)...))}, "", 0},
		{"newest delta counts", leaf, lists{root.crl(t), root.crl(t, delta(5, 7), revoked(leaf)), root.crl(t, delta(5, 6))}, "revocation.revoked", 0},
		{"another key's delta", leaf, lists{root.crl(t, revoked(leaf)), stranger.crl(t, delta(5, 6), entry(leaf, before, 8))}, "revocation.revoked", 0},
		{"ended delta", leaf, lists{root.crl(t, revoked(leaf)), root.crl(t, delta(5, 6), entry(leaf, before, 8), dates(-2*time.Hour, -time.Hour))}, "revocation.revoked", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verifierFor(t, certs.Test, root.Cert)
			source, err := certs.NewRevocationLists(v.Store, c.lists)
			must(t, err)
			v.Revocation = source
			path, err := v.Verify(t.Context(), certs.Request{Certificate: c.cert, Purpose: certs.Authentication, At: noon.Add(c.at)})
			wantCode(t, err, c.code)
			if err == nil && (len(path.Statuses) != 1 || path.Statuses[0].Source != "crl" || len(path.Statuses[0].DER) == 0) {
				t.Errorf("statuses = %+v", path.Statuses)
			}
		})
	}
}

// A list made after a certificate expired need not name it any more, so it
// proves nothing about a signature from before, unless it says that it keeps
// expired certificates.
func TestListMadeAfterExpiry(t *testing.T) {
	root := newRoot(t, "Root of tests")
	leaf := root.issueSign(t, validity(-48*time.Hour, -24*time.Hour)).Cert
	keeps := listExtension(false, append([]byte{0x18, 15}, "20200101000000Z"...), 60)
	keepsLess := listExtension(false, append([]byte{0x18, 15}, "20261123000000Z"...), 60)
	for _, c := range []struct {
		name string
		list []byte
		code string
	}{
		{"made after", root.crl(t), "crl.after-expiry"},
		{"made after, keeps the expired", root.crl(t, keeps), ""},
		{"made after, keeps only newer ones", root.crl(t, keepsLess), "crl.after-expiry"},
		{"made in time", root.crl(t, dates(-30*time.Hour, 0)), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verifierFor(t, certs.Test, root.Cert)
			source, err := certs.NewRevocationLists(v.Store, [][]byte{c.list})
			must(t, err)
			v.Revocation = source
			_, err = v.Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.DocumentSigning, At: noon.Add(-26 * time.Hour)})
			wantCode(t, err, c.code)
		})
	}
}

func TestLongList(t *testing.T) {
	root := newRoot(t, "Root of tests")
	leaf := root.issueAuth(t).Cert
	der := longList(t, root, 100_000)
	v := verifierFor(t, certs.Test, root.Cert)
	source, err := certs.NewRevocationLists(v.Store, [][]byte{der})
	must(t, err)
	v.Revocation = source
	_, err = v.Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.Authentication})
	wantCode(t, err, "")
}

func longList(t testing.TB, p pair, n int64) []byte {
	t.Helper()
	return p.crl(t, func(l *x509.RevocationList) {
		for i := range n {
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{
				SerialNumber: big.NewInt(1_000_000_000 + i), RevocationTime: noon.Add(-time.Hour),
			})
		}
	})
}

// Whatever the order and the keys, a revocation is found; a newer list of the
// same key replaces an older one, both ways.
func TestRevokedWinsInAnyOrder(t *testing.T) {
	root := newRoot(t, "Root of tests")
	issuer := root.issueCA(t, "Issuer of tests")
	// The same authority's next key, certified by the root.
	next := root.issueCA(t, "Issuer of tests")
	leaf := issuer.issueAuth(t).Cert
	revoked := entry(leaf, noon.Add(-time.Minute), 1)
	older, newer := dates(-2*time.Hour, time.Hour), dates(-time.Hour, time.Hour)
	clean := root.crl(t)
	for _, c := range []struct {
		name string
		a, b []byte
		code string
	}{
		{"other key revokes", issuer.crl(t), next.crl(t, revoked), "revocation.revoked"},
		{"own key revokes", issuer.crl(t, revoked), next.crl(t), "revocation.revoked"},
		{"newer list of the same key releases", issuer.crl(t, older, revoked), issuer.crl(t, newer), ""},
		{"newer list of the same key revokes", issuer.crl(t, older), issuer.crl(t, newer, revoked), "revocation.revoked"},
		{"newer list of the same key has ended", issuer.crl(t, older, revoked), issuer.crl(t, dates(-time.Hour, -time.Minute)), "revocation.revoked"},
		{"partition revokes beside the full list", issuer.crl(t), issuer.crl(t, newer, idp(0x81, 1, 0xff), revoked), "revocation.revoked"},
	} {
		for _, lists := range [][][]byte{{clean, c.a, c.b}, {c.b, c.a, clean}} {
			t.Run(c.name, func(t *testing.T) {
				v := verifierFor(t, certs.Test, root.Cert)
				source, err := certs.NewRevocationLists(v.Store, lists, next.Cert)
				must(t, err)
				v.Revocation = source
				_, err = v.Verify(t.Context(), certs.Request{
					Certificate: leaf, Intermediates: list(issuer.Cert), Purpose: certs.Authentication,
				})
				wantCode(t, err, c.code)
			})
		}
	}
}

// An entry's invalidity date is when the key was lost: it counts when it is
// before the revocation.
func TestInvalidityDate(t *testing.T) {
	root := newRoot(t, "Root of tests")
	leaf := root.issueSign(t).Cert
	lost := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 24}, Value: append([]byte{0x18, 15}, "20261123090000Z"...)}
	der := root.crl(t, func(l *x509.RevocationList) {
		l.RevokedCertificateEntries = []x509.RevocationListEntry{{
			SerialNumber: leaf.SerialNumber, RevocationTime: noon.Add(-time.Minute), ExtraExtensions: []pkix.Extension{lost},
		}}
	})
	v := verifierFor(t, certs.Test, root.Cert)
	source, err := certs.NewRevocationLists(v.Store, [][]byte{der})
	must(t, err)
	v.Revocation = source
	for at, code := range map[time.Duration]string{-time.Hour: "revocation.revoked", -4 * time.Hour: ""} {
		_, err := v.Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.DocumentSigning, At: noon.Add(at)})
		wantCode(t, err, code)
	}
}

// Lists that the standard library does not make are made by hand.
func TestListsWithOddDates(t *testing.T) {
	root := newRoot(t, "Root of tests")
	leaf := root.issueAuth(t).Cert
	algorithm := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
	for _, c := range []struct {
		name       string
		made, next time.Time
		code       string
	}{
		{"an hour each way", noon.Add(-time.Hour), noon.Add(time.Hour), ""},
		{"no next update", noon.Add(-time.Hour), time.Time{}, "crl.no-next-update"},
		{"ends before it begins", noon.Add(10 * time.Minute), noon.Add(5 * time.Minute), "crl.not-yet-valid"},
		{"made a little ahead of our clock", noon.Add(10 * time.Minute), noon.Add(time.Hour), ""},
		{"made far ahead of our clock", noon.Add(16 * time.Minute), noon.Add(time.Hour), "crl.not-yet-valid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := marshal(t, struct {
				Version   int
				Algorithm pkix.AlgorithmIdentifier
				Issuer    asn1.RawValue
				Made      time.Time
				Next      time.Time `asn1:"optional"`
			}{1, algorithm, asn1.RawValue{FullBytes: root.Cert.RawSubject}, c.made, c.next})
			signature := root.signRaw(t, algorithm.Algorithm.String(), body)
			der := marshal(t, signedCertificate{
				asn1.RawValue{FullBytes: body}, algorithm, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)},
			})
			v := verifierFor(t, certs.Test, root.Cert)
			source, err := certs.NewRevocationLists(v.Store, [][]byte{der})
			must(t, err)
			v.Revocation = source
			_, err = v.Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.Authentication})
			wantCode(t, err, c.code)
		})
	}
}
