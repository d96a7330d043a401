package xroad_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs/ocsp"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/xroad"
)

// TestExport lets our own verifier, xmlsec1 and sha512sum judge what the log
// gives about an exchange, on both sides and both databases.
func TestExport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t)
		w.start(storetest.Open(t, storetest.SQLite(t)), s)
		w.do("POST", persons+"/persons", "the body", "X-Road-Id", "my-7")
		w.do("HEAD", persons+"/persons/1", "", "X-Road-Id", "no-body")
		w.do("GET", whole, "", "X-Road-Id", "empty")
		for _, g := range []*xroad.Gateway{w.provider, w.consumer} {
			for _, part := range []xroad.Part{xroad.Request, xroad.Response} {
				dir := w.judge(t, g, "my-7", part)
				sum := sha512.Sum512([]byte("the body"))
				if got, err := os.ReadFile(filepath.Join(dir, "body.sha512")); err != nil || string(got) != fmt.Sprintf("%x  body\n", sum) {
					t.Errorf("%s %v", got, err)
				}
				if err := os.WriteFile(filepath.Join(dir, "body"), []byte("the body"), 0o600); err != nil {
					t.Fatal(err)
				}
				c := exec.Command(testtool.Need(t, "sha512sum"), "-c", "body.sha512")
				c.Dir = dir
				if out, err := c.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
				dir = w.judge(t, g, "no-body", part)
				if _, err := os.Stat(filepath.Join(dir, "body.sha512")); err == nil {
					t.Error("a message without a body has a digest of one")
				}
			}
			// An answer that may have a body has one, of no bytes (RestMessage).
			dir := w.judge(t, g, "empty", xroad.Response)
			if got, err := os.ReadFile(filepath.Join(dir, "body.sha512")); err != nil || string(got) != fmt.Sprintf("%x  body\n", sha512.Sum512(nil)) {
				t.Errorf("%s %v", got, err)
			}
		}
	})
}

// TestExportLongTerm: with a time-stamp service the evidence outlives a
// revocation; without one it does not.
func TestExportLongTerm(t *testing.T) {
	w := newWorld(t)
	w.options = func(o *xroad.Options) {
		o.Timestamper = w.pki.Timestamps()
		o.Verifier.Revocation = w.pki.OCSP()
	}
	w.sqlite()
	w.do("POST", whole, "body", "X-Road-Id", "x")
	plain := w.provided()
	plain.Handlers = map[string]http.Handler{"usage": http.NotFoundHandler()}
	g, err := xroad.New(plain)
	if err != nil {
		t.Fatal(err)
	}
	var basic, long bytes.Buffer
	if err := errors.Join(g.Export(t.Context(), "x", xroad.Request, &basic), w.provider.Export(t.Context(), "x", xroad.Request, &long)); err != nil {
		t.Fatal(err)
	}
	w.ahead.Store(int64(time.Hour))
	if err := w.pki.Revoke(hex.EncodeToString(w.company.keys.SigningCertificate.SerialNumber.Bytes()), "key-compromise"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		b     []byte
		valid bool
		level sign.Level
	}{{basic.Bytes(), false, sign.NoLevel}, {long.Bytes(), true, sign.LevelLT}} {
		report, err := asic.Validate(t.Context(), bytes.NewReader(c.b), int64(len(c.b)), sign.Trust{Store: w.pki.Store(t), Revocation: w.pki.OCSP(), Now: w.now})
		if err != nil || report.Valid() != c.valid || report.Signatures[0].Level != c.level {
			t.Errorf("%v %+v", err, report.Signatures[0])
		}
	}
	var out bytes.Buffer
	if err := w.provider.Export(t.Context(), "x", xroad.Request, &out); err == nil || out.Len() > 0 {
		t.Error("evidence of a revoked signer was lifted")
	}
}

// judge exports a message, has it verified and gives its files.
func (w *world) judge(t *testing.T, g *xroad.Gateway, id string, part xroad.Part) string {
	t.Helper()
	var out bytes.Buffer
	if err := g.Export(t.Context(), id, part, &out); err != nil {
		t.Fatal(err)
	}
	report, err := asic.Validate(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()),
		sign.Trust{Store: w.pki.Store(t), Revocation: &ocsp.Client{}})
	if err != nil || !report.Valid() || report.Signatures[0].Level != sign.LevelB {
		t.Fatalf("%v %+v", err, report)
	}
	if seal := report.Signatures[0].Seal; seal == nil || report.Signatures[0].Signer != nil || !strings.Contains(report.Text(), "Seal of "+seal.Subject) {
		t.Errorf("the organisation is not named: %+v", seal)
	}
	dir := unzip(t, out.Bytes())
	c := exec.Command(testtool.Need(t, "xmlsec1"), "--verify", "--id-attr:Id", "SignedProperties", "--enabled-key-data", "x509", "--insecure",
		"META-INF/signatures0.xml")
	c.Dir = dir
	if text, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	return dir
}

func unzip(t *testing.T, b []byte) string {
	t.Helper()
	dir := t.TempDir()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestExportRefusals names each refusal by its sentinel; a refused export
// writes nothing.
func TestExportRefusals(t *testing.T) {
	w := newWorld(t).sqlite()
	first := w.do("GET", whole+"/1", "", "X-Road-Id", "twice").header.Get("X-Road-Request-Id")
	w.do("GET", whole+"/2", "", "X-Road-Id", "twice")
	w.do("GET", persons+"/denied/x", "", "X-Road-Id", "denied").wantFault(t, "Server.ServerProxy.AccessDenied", "Request is not allowed")
	try := func(name, id string, part xroad.Part, want error) {
		t.Helper()
		var out bytes.Buffer
		if err := w.provider.Export(t.Context(), id, part, &out); !errors.Is(err, want) || err != nil && out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes; want %v", name, err, out.Len(), want)
		}
	}
	try("unknown", "nobody", xroad.Request, xroad.ErrUnknownMessage)
	try("of two exchanges", "twice", xroad.Request, xroad.ErrSeveralMessages)
	try("of one by its request id", first, xroad.Request, nil)
	try("a part that is none", first, "fault", xroad.ErrUnknownMessage)
	try("the response to a denied request", "denied", xroad.Response, xroad.ErrUnknownMessage)
	try("the attempt itself", "denied", xroad.Request, nil)
	for _, change := range []string{
		"message = replace(CAST(message AS TEXT), '/whole/1', '/whole/9')",
		"signed_at = signed_at + 1",
		"body_digest = " + "x'" + strings.Repeat("00", 64) + "'",
	} {
		if _, err := w.providerDB.ExecContext(t.Context(), "UPDATE xroad_message SET "+change+" WHERE part = 'request' AND request_id = $1", first); err != nil {
			t.Fatal(err)
		}
		try("after "+change, first, xroad.Request, xroad.ErrDamaged)
	}
}
