package pades_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/pades"
)

// contract is a document with what forgers like: two pages, a form value, an
// annotation, metadata, an empty signature field, and a content stream that is
// not shown.
func contract() []byte {
	stream := func(dict, data string) string {
		return "<< " + dict + " /Length " + itoa(len(data)) + " >>\nstream\n" + data + "\nendstream"
	}
	return samplepdf.Write("1.7", "/Root 1 0 R /Info 11 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R /Metadata 12 0 R >>",
		"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 7 0 R >> >> /Annots [8 0 R 10 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R /Resources << /Font << /F1 7 0 R >> >> /Annots 14 0 R >>",
		stream("", "BT /F1 24 Tf 72 700 Td (Pay 100 euros) Tj ET"),
		stream("", "BT /F1 24 Tf 72 700 Td (Page two) Tj ET"),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents (a note) /P 3 0 R >>",
		"<< /Fields [10 0 R 15 0 R] /SigFlags 0 >>",
		"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (100) /Rect [100 100 200 120] /P 3 0 R >>",
		"<< /Title (Contract) /ModDate (D:20260101000000Z) >>",
		stream("/Type /Metadata /Subtype /XML", "<x:xmpmeta/>"),
		stream("", "BT /F1 24 Tf 72 700 Td (Pay 999 euros) Tj ET"),
		"[15 0 R]",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Second) /Rect [0 0 0 0] /P 4 0 R >>",
	)
}

func itoa(n int) string { return string(appendInt(nil, n)) }

func appendInt(b []byte, n int) []byte {
	if n >= 10 {
		b = appendInt(b, n/10)
	}
	return append(b, byte('0'+n%10))
}

// office signs in memory with the services of a testpki world.
type office struct {
	*testpki.World
	card testpki.Identity
}

func newOffice(t testing.TB) *office {
	t.Helper()
	w := testpki.New(t)
	return &office{w, w.Card("P-256")}
}

// options of a level.
func (o *office) options(level sign.Level) pades.Options {
	opts := pades.Options{Certificate: o.card.Cert, Chain: []*x509.Certificate{o.Issuer.Cert}, Time: o.Now, Reason: "I agree"}
	if level >= sign.LevelT {
		opts.Timestamper = o.World
	}
	if level >= sign.LevelLT {
		opts.Evidence = pades.Online{Verifier: o.Verifier()}
	}
	return opts
}

func (o *office) sign(t testing.TB, doc []byte, level sign.Level) []byte {
	t.Helper()
	return o.signWith(t, doc, o.options(level))
}

func (o *office) signWith(t testing.TB, doc []byte, opts pades.Options) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signed.pdf")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := pades.Sign(t.Context(), bytes.NewReader(doc), int64(len(doc)), out, o.card.Key, opts); err != nil {
		t.Fatal(err)
	}
	signed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func report(t testing.TB, doc []byte, trust sign.Trust) *sign.Report {
	t.Helper()
	r, err := pades.Validate(t.Context(), bytes.NewReader(doc), int64(len(doc)), trust)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	return r
}

// wantVerdict looks at one signature of a report.
func wantVerdict(t testing.TB, r *sign.Report, i int, v sign.Verdict, code string, level sign.Level) {
	t.Helper()
	if i >= len(r.Signatures) {
		t.Fatalf("%d signatures\n%s", len(r.Signatures), r.Text())
	}
	if s := r.Signatures[i]; s.Verdict != v || s.Code != code || s.Level != level {
		t.Errorf("signature %d: %v, code %q, level %v; want %v, %q, %v\n%s", i, s.Verdict, s.Code, s.Level, v, code, level, r.Text())
	}
}

var totalPassed = sign.Verdict{Indication: sign.TotalPassed}

// Each level is what it says, online and from the document alone.
func TestValidateLevels(t *testing.T) {
	o := newOffice(t)
	for level, offline := range map[sign.Level]sign.Verdict{
		sign.LevelB: sign.Unclear(sign.TryLater), sign.LevelT: sign.Unclear(sign.TryLater), sign.LevelLT: totalPassed,
	} {
		doc := o.sign(t, contract(), level)
		r := report(t, doc, o.Trust(true))
		wantVerdict(t, r, 0, totalPassed, "", level)
		if !r.Valid() {
			t.Error("not valid")
		}
		if got := report(t, doc, o.Trust(false)).Verdict; got != offline {
			t.Errorf("%v offline: %v, want %v", level, got, offline)
		}
	}
}

// A report reads like an answer: who, when, what not.
func TestReportText(t *testing.T) {
	o := newOffice(t)
	r := report(t, o.sign(t, contract(), sign.LevelLT), o.Trust(false))
	r.Document.Name = "contract.pdf"
	for _, want := range []string{
		"contract.pdf: VALID, 1 signature\n", "1. MARI-LIIS MÄNNIK, PNOEE-60001019906, e-resident's digital ID\n",
		"When: 2026-06-01 12:00:00 UTC at the latest, proven by a time-stamp.", "Format: PAdES baseline LT",
		"Reason given: I agree", "Trust anchor: Test Root", "test trust anchors",
		"Added later (revision 3): Certificates and revocation answers were added for later validation.",
	} {
		if !strings.Contains(r.Text(), want) {
			t.Errorf("the text lacks %q:\n%s", want, r.Text())
		}
	}
}

// Signing in a row, at each level and with each sample, keeps all valid.
func TestValidateSignedInARow(t *testing.T) {
	o := newOffice(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		t.Run(s.Name, func(t *testing.T) {
			doc, err := os.ReadFile(s.Path)
			if err != nil {
				t.Fatal(err)
			}
			for n, level := range []sign.Level{sign.LevelLT, sign.LevelB, sign.LevelLT} {
				doc = o.sign(t, doc, level)
				r := report(t, doc, o.Trust(true))
				if !r.Valid() || len(r.Signatures) != n+1 {
					t.Fatalf("after %d signatures:\n%s", n+1, r.Text())
				}
			}
			path := filepath.Join(t.TempDir(), "signed.pdf")
			if err := os.WriteFile(path, doc, 0o600); err != nil {
				t.Fatal(err)
			}
			out := testtool.Run(t, testtool.Need(t, "pdfsig"), "-nocert", path)
			if n := strings.Count(out, "Signature is Valid."); n != 3 {
				t.Errorf("pdfsig finds %d valid signatures\n%s", n, out)
			}
		})
	}
}

// An empty field of the document is signed and the signature before stays.
func TestValidateFieldOfTheDocument(t *testing.T) {
	o := newOffice(t)
	opts := o.options(sign.LevelB)
	opts.Field = "Second"
	doc := o.signWith(t, o.sign(t, contract(), sign.LevelB), opts)
	r := report(t, doc, o.Trust(true))
	if !r.Valid() || len(r.Signatures) != 2 || r.Signatures[1].ID != "Second" {
		t.Error(r.Text())
	}
}

// A document without signatures is neither valid nor failed.
func TestValidateUnsigned(t *testing.T) {
	o := newOffice(t)
	r := report(t, contract(), o.Trust(true))
	if r.Indication != sign.NotSigned || r.Valid() || !strings.Contains(r.Text(), "NOT SIGNED") {
		t.Error(r.Text())
	}
}
