package cades_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/internal/cms"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/cades"
	"eidgate/sign/internal/testpki"
)

var document = []byte("A document that is signed in the evening.\n")

// signed makes a level B signature and counts the key's work.
func signed(t *testing.T, w *testpki.World, id testpki.Identity, o cades.Options) []byte {
	t.Helper()
	o.Certificate, o.Chain = id.Cert, []*x509.Certificate{w.Issuer.Cert}
	if o.SigningTime.IsZero() {
		o.SigningTime = w.Now
	}
	p, err := cades.PrepareContent(t.Context(), bytes.NewReader(document), o)
	if err != nil {
		t.Fatal(err)
	}
	before := *id.Used
	value, err := id.Key.Sign(rand.Reader, p.Digest(), p.Options())
	if err != nil {
		t.Fatal(err)
	}
	file, err := p.Complete(value)
	if err != nil {
		t.Fatal(err)
	}
	if *id.Used != before+1 {
		t.Errorf("%d key operations", *id.Used-before)
	}
	return file
}

func stamped(t *testing.T, w *testpki.World, file []byte) []byte {
	t.Helper()
	out, _, err := cades.AddTimestamp(t.Context(), file, w)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func validate(t *testing.T, file, content []byte, trust sign.Trust) *sign.Signature {
	t.Helper()
	report, err := cades.Validate(t.Context(), file, bytes.NewReader(content), trust)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(report); err != nil {
		t.Error(err)
	}
	if strings.TrimSpace(report.Text()) == "" {
		t.Error("the report has no text")
	}
	return report.Signatures[0]
}

func want(t *testing.T, s *sign.Signature, v sign.Verdict, code string, level sign.Level) {
	t.Helper()
	if s.Verdict != v || s.Code != code || s.Level != level {
		t.Errorf("verdict %v, code %q, level %v (%s); want %v, %q, %v", s.Verdict, s.Code, s.Level, s.Sentence, v, code, level)
	}
}

var passed = sign.Verdict{Indication: sign.TotalPassed}

// Each key signs at B and T, OpenSSL accepts it as CAdES and so do we.
func TestKeysAndLevels(t *testing.T) {
	for _, c := range []struct {
		kind string
		o    cades.Options
	}{
		{"P-256", cades.Options{}}, {"P-384", cades.Options{}}, {"P-384", cades.Options{Hash: crypto.SHA384}},
		{"P-521", cades.Options{Hash: crypto.SHA512}}, {"RSA", cades.Options{}}, {"RSA", cades.Options{PSS: true}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			w := testpki.New(t)
			id := w.Card(c.kind)
			b := signed(t, w, id, c.o)
			want(t, validate(t, b, document, w.Trust(true)), passed, "", sign.LevelB)
			late := stamped(t, w, b)
			s := validate(t, late, document, w.Trust(true))
			want(t, s, passed, "", sign.LevelT)
			if s.Signer == nil || s.Signer.FullName() != "MARI-LIIS MÄNNIK" || !s.Proven.Equal(w.Now) {
				t.Errorf("signer %v, proven %v", s.Signer, s.Proven)
			}
			openssl(t, w, b)
			openssl(t, w, late)
		})
	}
}

func openssl(t *testing.T, w *testpki.World, file []byte) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	anchor := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.Root.Cert.Raw})
	out := testtool.Run(t, testtool.Need(t, "openssl"), "cms", "-verify", "-cades", "-binary", "-inform", "DER",
		"-in", write("sig", file), "-content", write("doc", document), "-CAfile", write("root.pem", anchor),
		"-purpose", "any", "-attime", "1780315200", "-out", filepath.Join(dir, "out"))
	if !strings.Contains(out, "CAdES Verification successful") {
		t.Errorf("openssl: %s", out)
	}
}

// Time, trust and revocation decide as the standard says.
func TestVerdicts(t *testing.T) {
	w := testpki.New(t)
	id := w.Card("P-256")
	b := signed(t, w, id, cades.Options{})
	late := stamped(t, w, b)
	signedAt := w.Now

	offline := w.Trust(false)
	want(t, validate(t, b, document, offline), sign.Unclear(sign.TryLater), "revocation.missing", sign.NoLevel)
	want(t, validate(t, b, []byte("another"), w.Trust(true)), sign.Failed(sign.HashFailure), "cms.wrong-digest", sign.NoLevel)
	want(t, validate(t, b[:100], document, w.Trust(true)), sign.Failed(sign.FormatFailure), "cms.malformed", sign.NoLevel)

	stranger := testpki.New(t)
	want(t, validate(t, b, document, stranger.Trust(true)), sign.Unclear(sign.NoCertificateChainFound), "path.signature", sign.NoLevel)

	w.Revoked[id.Cert.SerialNumber.String()] = signedAt.Add(time.Hour)
	w.Now = signedAt.Add(2 * time.Hour)
	want(t, validate(t, b, document, w.Trust(true)), sign.Unclear(sign.RevokedNoPOE), "revocation.revoked", sign.NoLevel)
	want(t, validate(t, late, document, w.Trust(true)), passed, "", sign.LevelT)

	w.Revoked[id.Cert.SerialNumber.String()] = signedAt.Add(-time.Hour)
	want(t, validate(t, late, document, w.Trust(true)), sign.Unclear(sign.RevokedNoPOE), "revocation.revoked", sign.NoLevel)

	delete(w.Revoked, id.Cert.SerialNumber.String())
	w.Now = id.Cert.NotAfter.Add(time.Hour)
	want(t, validate(t, b, document, w.Trust(true)), sign.Unclear(sign.OutOfBoundsNoPOE), "path.expired", sign.NoLevel)
}

// A login certificate, and a time-stamp of another signature, are refused.
func TestWrongPurposeAndForeignTimestamp(t *testing.T) {
	w := testpki.New(t)
	login := w.Card("P-256", func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	want(t, validate(t, signed(t, w, login, cades.Options{}), document, w.Trust(true)),
		sign.Unclear(sign.ChainConstraintsFailure), "purpose.key-usage", sign.NoLevel)

	id := w.Card("P-256")
	foreign := &borrowed{World: w, digest: bytes.Repeat([]byte{1}, 32)}
	file, _, err := cades.AddTimestamp(t.Context(), signed(t, w, id, cades.Options{}), foreign)
	if err != nil {
		t.Fatal(err)
	}
	want(t, validate(t, file, document, w.Trust(true)), sign.Unclear(sign.NoPOE), "timestamp.wrong-imprint", sign.NoLevel)
}

// TestNotJudgedIsTold names what a signature carries beside what the verdict is
// about.
func TestNotJudgedIsTold(t *testing.T) {
	w := testpki.New(t)
	file, err := cms.AddUnsigned(signed(t, w, w.Card("P-256"), cades.Options{}),
		cms.Attribute{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 6}, Values: [][]byte{{0x30, 0}}},
		cms.Attribute{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 48}, Values: [][]byte{{0x30, 0}}})
	if err != nil {
		t.Fatal(err)
	}
	report, err := cades.Validate(t.Context(), file, bytes.NewReader(document), w.Trust(true))
	if err != nil || !report.Valid() {
		t.Fatal(err, report.Text())
	}
	for _, want := range []string{"counter-signature, which is not judged", "archive time-stamp of an older form, which is not judged"} {
		if !strings.Contains(report.Text(), want) {
			t.Errorf("%q is not in\n%s", want, report.Text())
		}
	}
}
