package xroad

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"testing"
	"time"

	"eidgate/internal/rawsig"
	"eidgate/sign/xades"
)

// TestFormIsFixed pins form 1: logged values were made over it.
func TestFormIsFixed(t *testing.T) {
	sum := sha256.Sum256([]byte(form1))
	if got := hex.EncodeToString(sum[:]); got != "72efa3a302219f2bb4dc122158d62ea952d8b39ad5a265774a5ecda7133aa72c" {
		t.Errorf("form1.xml has the digest %s: make another form instead of changing this one", got)
	}
}

// TestFormIsXAdES compares what is signed, and the file written, with what
// sign/xades makes for the same files, byte by byte.
func TestFormIsXAdES(t *testing.T) {
	key, cert := testSigner(t)
	s, err := newSigner(cert, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 20, 0, 1, 0, time.UTC)
	m, b := sha512.Sum512([]byte("message")), sha512.Sum512([]byte("body"))
	for name, d := range map[string]digests{"with a body": {m[:], b[:]}, "without": {m[:], nil}} {
		objects := []xades.Object{{Name: nameMessage, MediaType: mediaSigned, Digest: d.message}}
		if d.body != nil {
			sum := sha512.Sum512(digestFile(d.body))
			objects = append(objects, xades.Object{Name: nameDigest, MediaType: mediaSigned, Digest: sum[:]})
		}
		p, err := xades.Prepare(objects, xades.Options{Certificate: cert, Hash: crypto.SHA512, Time: at})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.Digest(), s.signed(d, at)) {
			t.Errorf("%s: what is signed differs", name)
		}
		value, err := s.sign(key, rand.Reader, d, at)
		if err != nil || !s.verify(d, at, value) {
			t.Fatalf("%s: %v", name, err)
		}
		der, err := rawsig.ToDER(value)
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.Complete(der)
		if err != nil || !bytes.Equal(want, s.file(d, at, value)) {
			t.Errorf("%s: %v\nwant %s\n got %s", name, err, want, s.file(d, at, value))
		}
	}
}

// TestOtherKeys: the form says ecdsa-sha512 with P-256.
func TestOtherKeys(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newSigner(&x509.Certificate{PublicKey: &key.PublicKey}, nil); err == nil {
		t.Error("a key on P-384 was taken")
	}
}

func testSigner(t testing.TB) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func BenchmarkSign(b *testing.B) {
	key, cert := testSigner(b)
	s, err := newSigner(cert, nil)
	if err != nil {
		b.Fatal(err)
	}
	m := sha512.Sum512([]byte("message"))
	for b.Loop() {
		if _, err := s.sign(key, rand.Reader, digests{m[:], m[:]}, time.Unix(1, 0)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	key, cert := testSigner(b)
	s, err := newSigner(cert, nil)
	if err != nil {
		b.Fatal(err)
	}
	m := sha512.Sum512([]byte("message"))
	d := digests{m[:], m[:]}
	value, err := s.sign(key, rand.Reader, d, time.Unix(1, 0))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !s.verify(d, time.Unix(1, 0), value) {
			b.Fatal("refused")
		}
	}
}
