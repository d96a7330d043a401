package cms_test

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mozilla.org/pkcs7"

	"eidgate/internal/cms"
)

// What we sign, OpenSSL and go.mozilla.org/pkcs7 accept, and the key is used
// once.
func TestOthersAcceptOurMessages(t *testing.T) {
	for _, c := range []struct {
		kind string
		hash crypto.Hash
		pss  bool
	}{
		{"P-256", crypto.SHA256, false}, {"P-384", crypto.SHA256, false}, {"P-384", crypto.SHA384, false},
		{"P-521", crypto.SHA512, false}, {"RSA", crypto.SHA256, false}, {"RSA", crypto.SHA512, false},
		{"RSA", crypto.SHA256, true}, {"RSA", crypto.SHA384, true},
	} {
		t.Run(fmt.Sprintf("%s %v pss=%v", c.kind, c.hash, c.pss), func(t *testing.T) {
			t.Parallel()
			id := newIdentity(t, c.kind)
			tmpl := id.template(c.hash)
			tmpl.PSS = c.pss
			p := must(cms.Prepare(tmpl))(t)
			der := must(p.Sign(rand.Reader, id.key))(t)
			if id.key.used != 1 {
				t.Errorf("the key was used %d times", id.key.used)
			}
			if len(der) > p.MaxSize() {
				t.Errorf("%d bytes, at most %d announced", len(der), p.MaxSize())
			}
			if _, err := must(cms.Parse(der))(t).Verify(cms.Rules{}, contentDigest); err != nil {
				t.Errorf("our own verification: %v", err)
			}
			out := id.run(t, "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER",
				"-in", id.file(t, "s.der", der), "-content", id.file(t, "doc", document),
				"-CAfile", id.caFile, "-purpose", "any", "-out", "/dev/null")
			if !strings.Contains(out, "CAdES Verification successful") {
				t.Errorf("openssl: %s", out)
			}
			if c.pss {
				return // not known to go.mozilla.org/pkcs7
			}
			p7 := must(pkcs7.Parse(der))(t)
			p7.Content = document
			if err := p7.Verify(); err != nil {
				t.Errorf("pkcs7: %v", err)
			}
		})
	}
}

// What OpenSSL signs in its many ways, we accept, and not for another document.
func TestWeAcceptOthersMessages(t *testing.T) {
	for name, c := range map[string]struct {
		kind string
		args []string
	}{
		"plain":          {"P-256", nil},
		"p-384":          {"P-384", nil},
		"key identifier": {"P-256", []string{"-keyid"}},
		"rsa":            {"RSA", nil},
		"rsa pss":        {"RSA", []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32", "-keyopt", "rsa_mgf1_md:sha256"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := newIdentity(t, c.kind)
			doc := id.file(t, "doc", document)
			args := append([]string{"cms", "-sign", "-cades", "-binary", "-md", "sha256", "-in", doc, "-outform", "DER",
				"-signer", id.certFile, "-inkey", id.keyFile, "-out", "s.der"}, c.args...)
			id.run(t, "openssl", args...)
			der := must(os.ReadFile(filepath.Join(id.dir, "s.der")))(t)
			sd := must(cms.Parse(der))(t)
			r, err := sd.Verify(cms.Rules{}, contentDigest)
			if err != nil {
				t.Fatal(err)
			}
			if r.SigningTime.IsZero() || !r.Certificate.Equal(id.cert) {
				t.Errorf("signing time %v, certificate %v", r.SigningTime, r.Certificate.Subject)
			}
			_, err = sd.Verify(cms.Rules{}, func(h crypto.Hash) ([]byte, error) { return digestOf(h, []byte("another")), nil })
			wantCode(t, err, cms.ErrWrongDigest)
		})
	}
}

// An attached message in pieces (constructed octet strings) reads as one.
func TestAttachedInPieces(t *testing.T) {
	id := newIdentity(t, "P-256")
	big := make([]byte, 100_000)
	doc := id.file(t, "doc", big)
	id.run(t, "openssl", "cms", "-sign", "-cades", "-binary", "-nodetach", "-stream", "-indef", "-md", "sha256", "-in", doc,
		"-outform", "DER", "-signer", id.certFile, "-inkey", id.keyFile, "-out", "s.der")
	sd := must(cms.Parse(must(os.ReadFile(filepath.Join(id.dir, "s.der")))(t)))(t)
	if len(sd.Content) != len(big) {
		t.Fatalf("content of %d bytes", len(sd.Content))
	}
	if _, err := sd.Verify(cms.Rules{Attached: true}, nil); err != nil {
		t.Error(err)
	}
	_, err := sd.Verify(cms.Rules{}, contentDigest)
	wantCode(t, err, cms.ErrContentPresent)
}
