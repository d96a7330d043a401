//go:build interop

package interop

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
	"eidgate/sign/xades"
)

// containers is a running PKI with a card's key, and digidoc4j that trusts it.
type containers struct {
	*pkitest.World
	key   crypto.Signer
	cert  *x509.Certificate
	judge *digidoc4j
	dir   string
}

func newContainers(t *testing.T) *containers {
	t.Helper()
	w := &containers{World: pkitest.Start(t, nil), dir: t.TempDir()}
	w.key, w.cert = pkitest.Key(t, w.Card.Signing), pkitest.Certificate(t, w.Card.Signing)
	w.judge = startDigidoc4j(t, w.URL("/tsa"), w.URL("/ocsp"), []*x509.Certificate{w.IssuingCA(), w.TSA()})
	return w
}

func (w *containers) options(t *testing.T, level sign.Level) asic.Options {
	t.Helper()
	o := asic.Options{
		Certificate: w.cert, Chain: w.Intermediates(), Time: time.Now(),
		Roles: []string{"Директор Щ"}, Place: xades.Place{City: "Tõrva", Country: "Eesti"},
	}
	if level >= sign.LevelT {
		o.Timestamper = w.Timestamps()
	}
	if level >= sign.LevelLT {
		o.Evidence = asic.Online{Verifier: w.Verifier(t)}
	}
	o.Archive = level == sign.LevelLTA
	return o
}

func (w *containers) sign(t *testing.T, name string, o asic.Options) string {
	t.Helper()
	return w.signNamed(t, name, "Õigused Щ 한글.txt", o)
}

func (w *containers) signNamed(t *testing.T, name, second string, o asic.Options) string {
	t.Helper()
	content := func(text string) *bytes.Reader { return bytes.NewReader([]byte(text)) }
	files := []asic.File{
		{Name: "leping.txt", MediaType: "text/plain", Content: content("leping"), Size: 6},
		{Name: second, MediaType: "text/plain", Content: content("lisa"), Size: 4},
	}
	var out bytes.Buffer
	if _, err := asic.Sign(t.Context(), files, &out, w.key, o); err != nil {
		t.Fatal(err)
	}
	return w.write(t, name, out.Bytes())
}

func (w *containers) write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *containers) ours(t *testing.T, path string) *sign.Report {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	report, err := asic.Validate(t.Context(), bytes.NewReader(b), int64(len(b)), w.believe(t))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// believe trusts the issuing authority and the time-stamp authority themselves,
// as trusted lists name them: digidoc4j leaves their certificates out below
// level LT, and answers about the latter always.
func (w *containers) believe(t *testing.T) sign.Trust {
	t.Helper()
	store, err := certs.NewStore(certs.Test, w.IssuingCA(), w.TSA())
	if err != nil {
		t.Fatal(err)
	}
	return sign.Trust{Store: store, Revocation: w.OCSP()}
}

// TestInteropDigidoc4j is one PKI and one Java process for all questions.
func TestInteropDigidoc4j(t *testing.T) {
	w := newContainers(t)
	t.Run("judges", w.theyJudge)
	t.Run("second signer", w.secondSigner)
	t.Run("signs", w.theySign)
	t.Run("refuses", w.theyRefuse)
	t.Run("judges PDF", w.theyJudgePDF)
	t.Run("judges ASiC-S", w.simple)
}

// theyJudge lets digidoc4j judge containers at every level. It
// calls B and T indeterminate, for want of revocation answers, whoever made
// them; the signature itself must be sound to it.
func (w *containers) theyJudge(t *testing.T) {
	for _, level := range []sign.Level{sign.LevelB, sign.LevelT, sign.LevelLT, sign.LevelLTA} {
		t.Run(level.String(), func(t *testing.T) {
			path := w.sign(t, level.String()+".asice", w.options(t, level))
			// xmlsec1 does not decode percent-encoded names of files.
			xmlsec1(t, w.signNamed(t, "ascii.asice", "folder/rights.txt", w.options(t, level)))
			w.wantJudged(t, path, level)
		})
	}
}

// secondSigner adds a signature to a container of
// digidoc4j's and to one of ours.
func (w *containers) secondSigner(t *testing.T) {
	theirs := filepath.Join(w.dir, "theirs.asice")
	w.letSign(t, "LT", theirs)
	for name, path := range map[string]string{"ours": w.sign(t, "ours.asice", w.options(t, sign.LevelLT)), "theirs": theirs} {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if _, err := asic.AddSignature(t.Context(), bytes.NewReader(b), int64(len(b)), &out, w.key, w.options(t, sign.LevelLT)); err != nil {
				t.Fatal(err)
			}
			both := w.write(t, "both.asice", out.Bytes())
			if r := w.ours(t, both); !r.Valid() || len(r.Signatures) != 2 {
				t.Error(r.Text())
			}
			if verdict, details := w.judge.ask(t, "validate", both); verdict != "ok" {
				t.Errorf("digidoc4j says %s: %s", verdict, details)
			}
		})
	}
}

// simple asks about ASiC-S.
func (w *containers) simple(t *testing.T) {
	o := w.options(t, sign.LevelLT)
	o.Kind = asic.ASiCS
	var out bytes.Buffer
	file := asic.File{Name: "leping.txt", Content: bytes.NewReader([]byte("leping")), Size: 6}
	if _, err := asic.Sign(t.Context(), []asic.File{file}, &out, w.key, o); err != nil {
		t.Fatal(err)
	}
	path := w.write(t, "simple.asics", out.Bytes())
	xmlsec1(t, path)
	if verdict, details := w.judge.ask(t, "validate", path); verdict != "ok" {
		t.Errorf("digidoc4j says %s: %s", verdict, details)
	}
}

// keyFile is the card's key as PKCS#12, and two files to sign.
func (w *containers) keyFile(t *testing.T) (p12, one, two string) {
	t.Helper()
	dir := t.TempDir()
	pemFile := filepath.Join(dir, "key.pem")
	text := w.Card.Signing.Key + "\n" + w.Card.Signing.Certificate + "\n" +
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.IssuingCA().Raw}))
	if err := os.WriteFile(pemFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p12 = filepath.Join(dir, "key.p12")
	testtool.Run(t, testtool.Need(t, "openssl"), "pkcs12", "-export", "-in", pemFile, "-out", p12, "-passout", "pass:secret")
	one, two = filepath.Join(dir, "üks.txt"), filepath.Join(dir, "Два файла.txt")
	for _, name := range []string{one, two} {
		if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p12, one, two
}

// letSign has digidoc4j sign two files with the card's key.
func (w *containers) letSign(t *testing.T, profile, out string) {
	t.Helper()
	p12, one, two := w.keyFile(t)
	if verdict, details := w.judge.ask(t, "sign", profile, p12, "secret", out, one, two); verdict != "ok" {
		t.Fatalf("digidoc4j does not sign: %s %s", verdict, details)
	}
}

// theySign judges what digidoc4j signs, and lifts it.
func (w *containers) theySign(t *testing.T) {
	for profile, level := range map[string]sign.Level{"B_BES": sign.LevelB, "T": sign.LevelT, "LT": sign.LevelLT, "LTA": sign.LevelLTA} {
		t.Run(profile, func(t *testing.T) {
			out := filepath.Join(w.dir, "d4j-"+profile+".asice")
			w.letSign(t, profile, out)
			r := w.ours(t, out)
			if !r.Valid() || r.Signatures[0].Level != level {
				t.Errorf("%s\n%+v", r.Text(), r.Signatures[0].Checks)
			}
			if got := r.Signatures[0].Claimed; got.Location != "Тарту" || len(got.Roles) != 1 || got.Roles[0] != "Õppejõud" {
				t.Errorf("claims %+v", got)
			}
			w.extend(t, out)
		})
	}
}

// extend lifts a container to LTA and asks digidoc4j again.
func (w *containers) extend(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, err = asic.Extend(t.Context(), bytes.NewReader(b), int64(len(b)), &out, asic.Extension{
		Level: sign.LevelLTA, Trust: w.believe(t),
		Timestamper: w.Timestamps(), Evidence: asic.Online{Verifier: &certs.Verifier{Store: w.believe(t).Store, Revocation: w.OCSP()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	lifted := w.write(t, "lifted.asice", out.Bytes())
	if r := w.ours(t, lifted); !r.Valid() || r.Signatures[0].Level != sign.LevelLTA {
		t.Error(r.Text())
	}
	if verdict, details := w.judge.ask(t, "validate", lifted); verdict != "ok" {
		t.Errorf("extended to LTA, digidoc4j says %s: %s", verdict, details)
	}
}

// theyRefuse proves that the judge would notice.
func (w *containers) theyRefuse(t *testing.T) {
	path := w.sign(t, "sound.asice", w.options(t, sign.LevelLT))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[bytes.Index(b, []byte("leping"+"PK"))] ^= 1
	if verdict, details := w.judge.ask(t, "validate", w.write(t, "forged.asice", b)); verdict == "ok" {
		t.Errorf("digidoc4j does not notice a changed byte: %s", details)
	}
}

// theyJudgePDF lets digidoc4j judge our PAdES.
func (w *containers) theyJudgePDF(t *testing.T) {
	sample, err := os.ReadFile(samplepdf.All(t, t.TempDir())[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []sign.Level{sign.LevelB, sign.LevelT, sign.LevelLT, sign.LevelLTA} {
		t.Run(level.String(), func(t *testing.T) {
			path := filepath.Join(w.dir, level.String()+".pdf")
			out, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			o := pades.Options{Certificate: w.cert, Chain: w.Intermediates(), Time: time.Now()}
			if level >= sign.LevelT {
				o.Timestamper = w.Timestamps()
			}
			if level >= sign.LevelLT {
				o.Evidence = pades.Online{Verifier: w.Verifier(t)}
			}
			o.Archive = level == sign.LevelLTA
			if _, err := pades.Sign(t.Context(), bytes.NewReader(sample), int64(len(sample)), out, w.key, o); err != nil {
				t.Fatal(err)
			}
			w.wantJudged(t, path, level)
		})
	}
}

// wantJudged wants digidoc4j to call a file valid from level LT on. Below, it
// must miss revocation answers and nothing else.
func (w *containers) wantJudged(t *testing.T, path string, level sign.Level) {
	t.Helper()
	verdict, details := w.judge.ask(t, "validate", path)
	t.Log(verdict, details)
	switch {
	case level >= sign.LevelLT && verdict != "ok":
		t.Errorf("digidoc4j says %s: %s", verdict, details)
	case level < sign.LevelLT && (verdict != "no" || !strings.Contains(details, "INDETERMINATE") ||
		!strings.Contains(details, "No revocation data found for the certificate") || strings.Count(details, "error: ") != 2):
		t.Errorf("digidoc4j says %s: %s", verdict, details)
	}
}

// xmlsec1 verifies each XML signature of a container on its own.
func xmlsec1(t *testing.T, path string) {
	t.Helper()
	dir := t.TempDir()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := filepath.Glob(filepath.Join(dir, "META-INF", "*signatures*.xml"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no signature file: %v", err)
	}
	for _, name := range found {
		// References are relative to the folder xmlsec1 works in.
		c := exec.Command(testtool.Need(t, "xmlsec1"), "--verify", "--id-attr:Id", "SignedProperties",
			"--enabled-key-data", "x509", "--insecure", name)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("xmlsec1: %v\n%s", err, out)
		}
	}
}
