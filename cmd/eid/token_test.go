//go:build cgo && unix

package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// token is a private SoftHSM with one key of a kind, and the trust folder with
// the root that certifies it. Nobody answers for revocation: the certificates
// are for signatures at level B.
type token struct {
	*world

	trust, root, uri string
	public           crypto.PublicKey
}

const tokenPIN = "918273"

func newToken(t *testing.T, kind string, always bool) *token {
	t.Helper()
	module := ""
	for _, path := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(path); err == nil {
			module = path
		}
	}
	softhsm, tool := testtool.Need(t, "softhsm2-util"), testtool.Need(t, "pkcs11-tool")
	if module == "" {
		t.Fatal("softhsm2-util is there and its module is not")
	}
	dir := t.TempDir()
	put := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(filepath.Join(dir, "tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", put("softhsm2.conf", []byte("directories.tokendir = "+dir+"/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")))
	key, root, leaf := certified(t, kind)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	keyFile := put("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	certFile := put("cert.der", leaf)
	put("trust/domain", []byte("test\n"))
	rootFile := put("trust/root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}))
	testtool.Run(t, softhsm, "--init-token", "--free", "--label", "eid-test", "--so-pin", tokenPIN, "--pin", tokenPIN)
	if always {
		plain := put("key.der", der)
		testtool.Run(t, tool, "--module", module, "--login", "--pin", tokenPIN, "--token-label", "eid-test",
			"--write-object", plain, "--type", "privkey", "--id", "01", "--label", "sign", "--usage-sign", "--always-auth")
	} else {
		testtool.Run(t, softhsm, "--import", keyFile, "--token", "eid-test", "--label", "sign", "--id", "01", "--pin", tokenPIN)
	}
	testtool.Run(t, tool, "--module", module, "--login", "--pin", tokenPIN, "--token-label", "eid-test", "--write-object", certFile, "--type", "cert", "--id", "01", "--label", "sign")
	return &token{&world{}, filepath.Join(dir, "trust"), rootFile, "pkcs11:token=eid-test?module-path=" + module, key.Public()}
}

// certified makes a key and the certificate of a person's signing key, the
// issuer its root.
func certified(t *testing.T, kind string) (key crypto.Signer, root, leaf []byte) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	var err error
	if curve := curves[kind]; curve != nil {
		key, err = ecdsa.GenerateKey(curve, rand.Reader)
	} else {
		bits, convErr := strconv.Atoi(strings.TrimPrefix(kind, "RSA-"))
		ok(convErr)
		key, err = rsa.GenerateKey(rand.Reader, bits)
	}
	ok(err)
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(err)
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Token Test Root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
	}
	root, err = x509.CreateCertificate(rand.Reader, ca, ca, authority.Public(), authority)
	ok(err)
	name := func(last int, value string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, last}, Value: value}
	}
	var policies []x509.OID
	for _, text := range []string{"2.999.1.3.6.1.4.1.51361.1.1.4", "0.4.0.194112.1.2"} {
		oid, err := x509.ParseOID(text)
		ok(err)
		policies = append(policies, oid)
	}
	person := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 6, 0), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageContentCommitment, Policies: policies,
		Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			name(6, "EE"), name(3, "MÄNNIK,MARI,60001019906"), name(4, "MÄNNIK"), name(42, "MARI"), name(5, "PNOEE-60001019906"),
		}},
	}
	leaf, err = x509.CreateCertificate(rand.Reader, person, ca, key.Public(), authority)
	ok(err)
	return key, root, leaf
}

// bits are those of an RSA key, 0 for others.
func (k *token) bits() int {
	if key, ok := k.public.(*rsa.PublicKey); ok {
		return key.N.BitLen()
	}
	return 0
}

func (k *token) sign(t *testing.T, args ...string) outcome {
	t.Helper()
	return k.run(t, append([]string{"sign", "--key", k.uri, "--pin-fd", strconv.Itoa(pinDescriptor(t, tokenPIN)), "--trust", k.trust, "--level", "B"}, args...)...)
}

// TestEveryKeyOfATokenInEveryFormat signs with each kind of key in each format
// that it can be used in; openssl, xmlsec1 and pdfsig judge beside us.
func TestEveryKeyOfATokenInEveryFormat(t *testing.T) {
	text := filepath.Join(t.TempDir(), "leping.txt")
	if err := os.WriteFile(text, []byte("Ostja maksab müüjale 100 eurot.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "RSA-4096"} {
		t.Run(kind, func(t *testing.T) {
			k := newToken(t, kind, false)
			for _, pss := range []bool{false, true} {
				if pss && !strings.HasPrefix(kind, "RSA") {
					k.sign(t, "--pss", "-o", filepath.Join(t.TempDir(), "x.pdf"), document(t)).want(t, exitInput)
					continue
				}
				for _, format := range []string{"pades", "adbe", "cades", "asice", "asics", "asice-cades", "asics-cades"} {
					if pss && format == "adbe" {
						continue // refused, see TestFlagsOfOtherFormats
					}
					t.Run(fmt.Sprint(format, " PSS ", pss), func(t *testing.T) { k.check(t, format, pss, text) })
				}
			}
		})
	}
}

func (k *token) check(t *testing.T, format string, pss bool, text string) {
	t.Helper()
	in, out := text, filepath.Join(t.TempDir(), "out")
	if format == "pades" || format == "adbe" {
		in = document(t)
	}
	args := []string{"--format", format, "-o", out, in}
	if pss {
		args = append(args, "--pss")
	}
	if format == "adbe" && k.bits() > 2048 {
		// pdfsign keeps too little room for such a key under an EC issuer; that is
		// seen before the key is used.
		k.sign(t, args...).want(t, exitInput, "PAdES")
		return
	}
	k.sign(t, args...).want(t, exitOK, "MARI MÄNNIK", "token eid-test")
	verify := []string{"verify", "--offline", "--trust", k.trust, out}
	if format == "cades" {
		verify = append(verify, "--content", in)
	}
	// Everything holds but that nobody answers for revocation.
	k.run(t, verify...).want(t, exitIndeterminate, "TRY_LATER", "MARI MÄNNIK")
	switch format {
	case "pades", "adbe":
		judged, _ := exec.Command(testtool.Need(t, "pdfsig"), "-nocert", out).CombinedOutput()
		if !strings.Contains(string(judged), "Signature is Valid") {
			t.Errorf("pdfsig: %s", judged)
		}
	case "cades":
		k.openssl(t, out, in)
	default:
		dir := t.TempDir()
		testtool.Run(t, testtool.Need(t, "unzip"), "-q", out, "-d", dir)
		meta := filepath.Join(dir, "META-INF")
		switch format {
		case "asice-cades":
			k.openssl(t, filepath.Join(meta, "signature001.p7s"), filepath.Join(meta, "ASiCManifest001.xml"))
		case "asics-cades":
			k.openssl(t, filepath.Join(meta, "signature.p7s"), filepath.Join(dir, "leping.txt"))
		default:
			if pss {
				return // xmlsec1 knows RSASSA-PSS from version 1.3 on
			}
			name := map[string]string{"asice": "signatures0.xml", "asics": "signatures.xml"}[format]
			c := exec.Command(testtool.Need(t, "xmlsec1"), "--verify", "--id-attr:Id", "SignedProperties", "--enabled-key-data", "x509", "--insecure", "META-INF/"+name)
			c.Dir = dir
			if judged, err := c.CombinedOutput(); err != nil {
				t.Errorf("xmlsec1: %v\n%s", err, judged)
			}
		}
	}
}

func (k *token) openssl(t *testing.T, signature, content string) {
	t.Helper()
	testtool.Run(t, testtool.Need(t, "openssl"), "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", signature,
		"-content", content, "-CAfile", k.root, "-purpose", "any", "-out", os.DevNull)
}

// TestBatchOfAToken asks for the PIN of a token once for many signatures, and
// each time for a key that wants that.
func TestBatchOfAToken(t *testing.T) {
	for _, c := range []struct {
		always  bool
		prompts []string
	}{
		{false, []string{"3 signatures with this PIN"}},
		{true, []string{"3 signatures with this PIN", "Signature 2 of 3", "Signature 3 of 3"}},
	} {
		t.Run(fmt.Sprint("always ", c.always), func(t *testing.T) {
			k := newToken(t, "P-256", c.always)
			_, files := papers(t, 3)
			keyboard, open := pseudoTerminal(t)
			var s screen
			go s.watch(keyboard)
			var out, errOut bytes.Buffer
			a := &app{out: &out, err: &errOut, now: time.Now, terminal: open}
			done := make(chan int, 1)
			go func() {
				done <- a.run(t.Context(), append([]string{"--config", k.file(t, "eid.yaml", ""), "sign", "--key", k.uri, "--trust", k.trust, "--level", "B"}, files...))
			}()
			for _, prompt := range c.prompts {
				s.answer(t, keyboard, prompt, tokenPIN)
			}
			if exit := <-done; exit != exitOK || !strings.Contains(out.String(), "3 of 3 signed") {
				t.Errorf("exit code %d\nout: %s\nerr: %s", exit, out.String(), errOut.String())
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if n := strings.Count(s.text.String(), "PIN for "); n != len(c.prompts) {
				t.Errorf("%d prompts, want %d:\n%s", n, len(c.prompts), s.text.String())
			}
		})
	}
}
