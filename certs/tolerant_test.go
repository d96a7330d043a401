package certs_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"eidgate/certs"
)

// negativeModulus is an RSA key whose modulus lacks the zero octet that makes
// it positive, as on Estonian cards of 2011 to 2015.
func negativeModulus(t *testing.T) asn1.RawValue {
	t.Helper()
	modulus := new(big.Int).Lsh(big.NewInt(-1), 2047)
	key := marshal(t, struct{ N, E *big.Int }{modulus, big.NewInt(65537)})
	algorithm := struct {
		OID  asn1.ObjectIdentifier
		Null asn1.RawValue
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, asn1.NullRawValue}
	der := marshal(t, struct {
		Algorithm any
		Key       asn1.BitString
	}{algorithm, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}})
	return asn1.RawValue{FullBytes: der}
}

func TestUnusableKeysGetAnHonestVerdict(t *testing.T) {
	root := newRoot(t, "Root of tests")
	issuer := root.issueCA(t, "Issuer of tests")
	spoil := func(b *tbs) { b.PublicKey = negativeModulus(t) }
	card := issuer.issueAuth(t)
	old := issuer.forge(t, card.Cert, spoil)
	if old.PublicKey != nil {
		t.Fatal("the key was read")
	}
	if _, err := x509.ParseCertificate(old.Raw); err == nil {
		t.Skip("the standard library reads negative moduli now")
	}

	p, err := certs.PersonOf(old)
	must(t, err)
	if p.Identifier.Reveal() != "PNOEE-38001085718" || len(p.Policies) != 2 || old.KeyUsage != card.Cert.KeyUsage ||
		len(old.ExtKeyUsage) != 1 || old.Subject.String() != card.Cert.Subject.String() {
		t.Errorf("read %q, %v, %v, %v", p.Identifier.Reveal(), p.Policies, old.KeyUsage, old.ExtKeyUsage)
	}

	v := verifierFor(t, certs.Test, root.Cert)
	_, err = v.Verify(t.Context(), certs.Request{Certificate: old, Intermediates: list(issuer.Cert), Purpose: certs.Authentication})
	wantCode(t, err, "certificate.unsupported-key")

	spoiledIssuer := root.forge(t, issuer.Cert, spoil)
	_, err = v.Verify(t.Context(), certs.Request{Certificate: card.Cert, Intermediates: list(spoiledIssuer), Purpose: certs.Authentication})
	wantCode(t, err, "certificate.unsupported-key")

	dsa := root.forge(t, card.Cert, func(b *tbs) {
		b.SignatureAlgorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 3}
	})
	_, err = v.Verify(t.Context(), certs.Request{Certificate: dsa, Intermediates: list(issuer.Cert), Purpose: certs.Authentication})
	wantOneOf(t, err, []string{"certificate.unsupported-algorithm"})
}

// Old documents may rest on SHA-1, when the caller says up to when and the
// time is proven; never today.
func TestHistoricAllowance(t *testing.T) {
	root := newRoot(t, "Root of tests", validity(-20*8760*3600e9, 8760*3600e9))
	leaf := root.forge(t, root.issueAuth(t, validity(-20*8760*3600e9, 8760*3600e9)).Cert, func(b *tbs) {
		b.SignatureAlgorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}
	})
	v := verifierFor(t, certs.Test, root.Cert)
	request := certs.Request{Certificate: leaf, Purpose: certs.Authentication, At: noon.AddDate(-15, 0, 0)}
	_, err := v.Verify(t.Context(), request)
	wantCode(t, err, "path.weak-signature")
	v.HistoricUntil = noon.AddDate(-10, 0, 0)
	_, err = v.Verify(t.Context(), request)
	wantCode(t, err, "")
	request.At = v.HistoricUntil
	_, err = v.Verify(t.Context(), request)
	wantCode(t, err, "path.weak-signature")
	request.At = noon
	_, err = v.Verify(t.Context(), request)
	wantCode(t, err, "path.weak-signature")
}

// The same for the lists an old document carries.
func TestHistoricLists(t *testing.T) {
	root := newRoot(t, "Root of tests", validity(-20*8760*3600e9, 8760*3600e9))
	leaf := root.issueSign(t, validity(-20*8760*3600e9, 8760*3600e9)).Cert
	then := noon.AddDate(-15, 0, 0)
	sha1 := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}}
	body := marshal(t, struct {
		Version    int
		Algorithm  pkix.AlgorithmIdentifier
		Issuer     asn1.RawValue
		Made, Next time.Time
	}{1, sha1, asn1.RawValue{FullBytes: root.Cert.RawSubject}, then.Add(-time.Hour), then.Add(time.Hour)})
	signature := root.signRaw(t, sha1.Algorithm.String(), body)
	der := marshal(t, signedCertificate{asn1.RawValue{FullBytes: body}, sha1, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	v := verifierFor(t, certs.Test, root.Cert)
	for until, code := range map[time.Time]string{{}: "crl.signature", then: "crl.signature", then.Add(time.Second): ""} {
		source, err := certs.NewRevocationLists(v.Store, [][]byte{der})
		must(t, err)
		source.HistoricUntil, v.Revocation = until, source
		_, err = v.Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.DocumentSigning, At: then})
		wantCode(t, err, code)
	}
}
