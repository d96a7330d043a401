package pades_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/pades"
)

// Every sample at T and LT, then LT on top of LT: valid for other tools.
func TestLevelsOnEverySample(t *testing.T) {
	ca := newWorld(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		t.Run(s.Name, func(t *testing.T) {
			out, r := signFile(t, s.Path, ca.ec384, ca.levelT())
			if r.Level != sign.LevelT {
				t.Errorf("level %v", r.Level)
			}
			judge(t, ca, out, 1)
			out, r = signFile(t, s.Path, ca.ec384, ca.levelLT())
			if r.Level != sign.LevelLT {
				t.Errorf("level %v", r.Level)
			}
			judge(t, ca, out, 1)
			out, _ = signFile(t, out, ca.rsa3k, ca.levelLT())
			judge(t, ca, out, 2)
		})
	}
}

// The time-stamp is over the signature value.
func TestTimestampIsOverTheSignature(t *testing.T) {
	ca := newWorld(t)
	_, r := signFile(t, firstSample(t), ca.ec384, ca.levelT())
	data, err := cms.Parse(r.Message)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := data.One()
	if err != nil {
		t.Fatal(err)
	}
	der, err := signer.Unsigned.One(cms.OIDSignatureTimestamp)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"token": der, "value": signer.Signature, "root": ca.rootPEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := testtool.Run(t, testtool.Need(t, "openssl"), "ts", "-verify", "-token_in", "-in", filepath.Join(dir, "token"),
		"-data", filepath.Join(dir, "value"), "-CAfile", filepath.Join(dir, "root"), "-attime", "1780315200")
	if !strings.Contains(out, "Verification: OK") {
		t.Error(out)
	}
	if signer.Signed.Has(cms.OIDSigningTime) {
		t.Error("the signature has signing-time, which PAdES forbids")
	}
}

// The DSS has all that the chains of signer and authority need, once.
func TestDSSIsComplete(t *testing.T) {
	ca := newWorld(t)
	out, _ := signFile(t, firstSample(t), ca.ec384, ca.levelLT())
	out, _ = signFile(t, out, ca.ec384, ca.levelLT())
	certs, ocsps := dssOf(t, out, "Certs"), dssOf(t, out, "OCSPs")
	for _, want := range []*signer{
		ca.ec384, ca.issuer, ca.root,
		{name: "TSA", cert: ca.services.tsa.Certificate},
		ca.services.responders[string(ca.root.cert.RawSubject)],
		ca.services.responders[string(ca.issuer.cert.RawSubject)],
	} {
		n := 0
		for _, der := range certs {
			if bytes.Equal(der, want.cert.Raw) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the certificate of %s is in the DSS %d times", want.name, n)
		}
	}
	// Each signature asks about signer, issuing CA and TSA again: answers carry
	// a nonce, so none is equal.
	if len(ocsps) != 6 {
		t.Errorf("%d OCSP answers, want 6", len(ocsps))
	}
}

func firstSample(t testing.TB) string {
	t.Helper()
	return samplepdf.All(t, t.TempDir())[0].Path
}

func dssOf(t testing.TB, path string, key pdf.Name) [][]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := pdf.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	v := f.Latest()
	_, catalog, err := v.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	dss, err := v.Dict(catalog.Get("DSS"))
	if err != nil {
		t.Fatal(err)
	}
	array, err := v.Array(dss.Get(key))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, o := range array {
		value, err := v.Resolve(o)
		if err != nil {
			t.Fatal(err)
		}
		data, err := f.Data(value.(*pdf.Stream), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// Whatever fails, the key is used once at most, and not at all when the failure
// can be known before.
func TestOneKeyOperation(t *testing.T) {
	ca := newWorld(t)
	in := firstSample(t)
	for name, c := range map[string]struct {
		set  func(*pades.Options)
		uses int
		code string
	}{
		"TSA down":              {func(*pades.Options) { ca.services.down.Store(true) }, 1, "timestamp.http-status"},
		"OCSP down":             {func(*pades.Options) { ca.services.ocspDown.Store(true) }, 1, ""},
		"signer revoked":        {func(*pades.Options) { ca.services.revoked[ca.ec384.cert.SerialNumber.String()] = true }, 1, "revocation.revoked"},
		"token too large":       {func(o *pades.Options) { o.TimestampSpace = 700 }, 1, "pades.reservation"},
		"space out of range":    {func(o *pades.Options) { o.TimestampSpace = 1 << 30 }, 0, ""},
		"text too long":         {func(o *pades.Options) { o.Reason = strings.Repeat("a", 1<<20) }, 0, "pdf.limit"},
		"no time-stamps":        {func(o *pades.Options) { o.Timestamper = nil }, 0, ""},
		"field is no signature": {func(o *pades.Options) { o.Field = "Name" }, 0, "pades.field"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				ca.services.down.Store(false)
				ca.services.ocspDown.Store(false)
				clear(ca.services.revoked)
			}()
			o := ca.levelLT()
			c.set(&o)
			file := in
			if name == "field is no signature" {
				file = formSample(t)
			}
			_, err := trySign(t, file, filepath.Join(t.TempDir(), "out.pdf"), ca.ec384, o)
			if err == nil {
				t.Fatal("no error")
			}
			if ca.ec384.uses != c.uses {
				t.Errorf("%d key operations, want %d (%v)", ca.ec384.uses, c.uses, err)
			}
			if c.code != "" && fault.CodeOf(err) != c.code {
				t.Errorf("code %q, want %q (%v)", fault.CodeOf(err), c.code, err)
			}
		})
	}
}

// A disk that fills up at any write never leads to a second key operation.
func TestOneKeyOperationWhenWritingFails(t *testing.T) {
	ca := newWorld(t)
	in, err := os.ReadFile(firstSample(t))
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	for n := range 6 {
		out := &failingOutput{left: n, err: full}
		key := &counting{Signer: ca.ec384.key}
		o := ca.levelLT()
		o.Certificate, o.Chain, o.Time = ca.ec384.cert, ca.ec384.chain, now
		_, err := pades.Sign(context.Background(), bytes.NewReader(in), int64(len(in)), out, key, o)
		if out.left >= 0 {
			if err != nil || key.n != 1 {
				t.Errorf("%d writes: %v, %d key operations", n, err, key.n)
			}
			continue
		}
		if !errors.Is(err, full) || key.n > 1 {
			t.Errorf("write %d fails: error %v, %d key operations", n, err, key.n)
		}
		if n < 2 && key.n != 0 {
			t.Errorf("write %d fails: the key was used before the document was on disk", n)
		}
	}
}

type failingOutput struct {
	buf  []byte
	left int
	err  error
}

func (f *failingOutput) WriteAt(p []byte, off int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	if grow := int(off) + len(p) - len(f.buf); grow > 0 {
		f.buf = append(f.buf, make([]byte, grow)...)
	}
	return copy(f.buf[off:], p), nil
}

func (f *failingOutput) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(f.buf).ReadAt(p, off)
}

func formSample(t testing.TB) string {
	t.Helper()
	for _, s := range samplepdf.All(t, t.TempDir()) {
		if s.Name == "form" {
			return s.Path
		}
	}
	t.Fatal("no form among the samples")
	return ""
}
