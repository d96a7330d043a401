package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
)

// Algorithms that are weak, unknown, or named in two ways.
func TestRefusedAlgorithms(t *testing.T) {
	id := newIdentity(t, "P-256")
	tmpl := id.template(crypto.SHA256)
	tmpl.OmitCertificates = true
	good := must(must(cms.Prepare(tmpl))(t).Sign(rand.Reader, id.key))(t)
	rules := cms.Rules{}
	rules.Candidates = append(rules.Candidates, id.cert)
	oid := func(arcs ...int) []byte { return must(asn1.Marshal(asn1.ObjectIdentifier(arcs)))(t) }
	sha256, sha512 := oid(2, 16, 840, 1, 101, 3, 4, 2, 1), oid(2, 16, 840, 1, 101, 3, 4, 2, 3)
	withSHA256, withSHA384 := oid(1, 2, 840, 10045, 4, 3, 2), oid(1, 2, 840, 10045, 4, 3, 3)
	sha3, brainpool := oid(2, 16, 840, 1, 101, 3, 4, 2, 8), oid(1, 2, 840, 10045, 4, 3, 9)
	for name, c := range map[string]struct {
		in   []byte
		want *fault.Error
	}{
		"head lists another":      {bytes.Replace(good, sha256, sha512, 1), cms.ErrAlgorithmMismatch},
		"signature with another":  {bytes.Replace(good, withSHA256, withSHA384, 1), cms.ErrAlgorithmMismatch},
		"unknown digest":          {bytes.ReplaceAll(good, sha256, sha3), cms.ErrUnsupported},
		"unknown signature":       {bytes.Replace(good, withSHA256, brainpool, 1), cms.ErrUnsupported},
		"attributes out of order": {cms.Disorder(good), cms.ErrAttributesNotDER},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := must(cms.Parse(c.in))(t).Verify(rules, contentDigest)
			wantCode(t, err, c.want)
		})
	}
}

// SHA-1, as old programs still offer it.
func TestRefusedSHA1(t *testing.T) {
	id := newIdentity(t, "P-256")
	id.run(t, "openssl", "cms", "-sign", "-cades", "-binary", "-md", "sha1", "-in", id.file(t, "doc", document), "-outform", "DER",
		"-signer", id.certFile, "-inkey", id.keyFile, "-out", "s.der")
	der := must(os.ReadFile(filepath.Join(id.dir, "s.der")))(t)
	_, err := must(cms.Parse(der))(t).Verify(cms.Rules{}, contentDigest)
	wantCode(t, err, cms.ErrWeakDigest)
}

// Keys that are too short or of a kind that is not used here.
func TestRefusedKeys(t *testing.T) {
	id := newIdentity(t, "P-256")
	short := must(rsa.GenerateKey(rand.Reader, 1024))(t)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.Signer{short, edwards} {
		cert := *id.cert
		cert.PublicKey = key.Public()
		_, err := cms.Prepare(cms.Template{Hash: crypto.SHA256, Digest: make([]byte, 32), Certificate: &cert})
		wantCode(t, err, cms.ErrKeyUnsupported)
	}
	_, err = cms.Prepare(cms.Template{Hash: crypto.SHA1, Digest: make([]byte, 20), Certificate: id.cert})
	wantCode(t, err, cms.ErrUnsupported)
}
