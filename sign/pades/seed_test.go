package pades_test

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/pades"
)

// demanding is a document with the empty field "Here" that has these entries,
// the empty field "Open" and a text field.
func demanding(entries string) []byte {
	return samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /AcroForm 7 0 R >>",
		pagesObject, pageObject+"/Annots [4 0 R 5 0 R 6 0 R] >>", emptyField+entries+" >>",
		strings.Replace(emptyField, "(Here)", "(Open)", 1)+">>",
		"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (100) /F 4 /Rect [10 100 90 120] /P 3 0 R >>",
		"<< /Fields [4 0 R 5 0 R 6 0 R] /DA (/Helv 0 Tf 0 g) /DR << /Font << >> >> /NeedAppearances true >>")
}

// Seed values are kept, or the signature is refused by the constraint's code
// before the key is used.
func TestSeedValues(t *testing.T) {
	ca := newWorld(t)
	der := func(s *signer) string { return "<" + hex.EncodeToString(s.cert.Raw) + ">" }
	levelB := func(*pades.Options) {}
	reason := func(r string) func(*pades.Options) { return func(o *pades.Options) { o.Reason = r } }
	hash := func(h crypto.Hash) func(*pades.Options) { return func(o *pades.Options) { o.Hash = h } }
	certify := func(p pades.Permission) func(*pades.Options) { return func(o *pades.Options) { o.Certify = p } }
	level := func(level pades.Options) func(*pades.Options) {
		return func(o *pades.Options) { o.Timestamper, o.Evidence = level.Timestamper, level.Evidence }
	}
	for _, c := range []struct {
		seed   string
		change func(*pades.Options)
		code   string // empty: signed
	}{
		{"", levelB, ""},
		{"/Ff 0", levelB, ""},
		{"/Ff 512", levelB, "pades.seed-unknown"},
		{"/Ff -1", levelB, "pades.seed-unknown"},
		{"/Ff (1)", levelB, "pades.seed-unknown"},
		{"/Filter /Adobe.PPKLite /Ff 1", levelB, ""},
		{"/Filter /Entrust.PPKEF /Ff 1", levelB, "pades.seed-filter"},
		{"/Filter /Entrust.PPKEF", levelB, ""},
		{"/SubFilter [/adbe.pkcs7.detached /ETSI.CAdES.detached] /Ff 2", levelB, ""},
		{"/SubFilter [/adbe.pkcs7.detached] /Ff 2", levelB, "pades.seed-subfilter"},
		{"/SubFilter [/adbe.pkcs7.detached]", levelB, ""},
		{"/V 3.0 /Ff 4", levelB, ""},
		{"/V 4 /Ff 4", levelB, "pades.seed-version"},
		{"/V 4", levelB, ""},
		{"/Reasons [(Agreed) <FEFF0429>] /Ff 8", reason("Щ"), ""},
		{"/Reasons [(Agreed) <FEFF0429>] /Ff 8", reason("other"), "pades.seed-reasons"},
		{"/Reasons [(Agreed)] /Ff 8", levelB, "pades.seed-reasons"},
		{"/Reasons [(Agreed)]", reason("other"), ""},
		{"/Reasons [(.)] /Ff 8", levelB, ""},
		{"/Reasons [(.)] /Ff 8", reason("."), "pades.seed-reasons"},
		{"/Reasons [] /Ff 8", reason("any"), "pades.seed-reasons"},
		{"/Ff 8", reason("any"), "pades.seed-reasons"},
		{"/Reasons [/Agreed] /Ff 8", reason("Agreed"), "pades.field"},
		{"/LegalAttestation [(I do)] /Ff 16", levelB, "pades.seed-legal"},
		{"/LegalAttestation [(I do)]", levelB, ""},
		{"/AddRevInfo true /Ff 32", levelB, "pades.seed-revocation"},
		{"/AddRevInfo true /Ff 32", level(ca.levelT()), "pades.seed-revocation"},
		{"/AddRevInfo true /Ff 32", level(ca.levelLT()), ""},
		{"/AddRevInfo false /Ff 32", levelB, ""},
		{"/DigestMethod [(SHA384)] /Ff 64", levelB, ""},
		{"/DigestMethod [(RIPEMD160) (SHA512) (SHA384)] /Ff 64", hash(crypto.SHA384), ""},
		{"/DigestMethod [(SHA384)] /Ff 64", hash(crypto.SHA256), "pades.seed-digest"},
		{"/DigestMethod [(SHA1) (RIPEMD160)] /Ff 64", levelB, "pades.seed-digest"},
		{"/DigestMethod [(SHA1)]", levelB, ""},
		{"/LockDocument /true /Ff 128", levelB, "pades.seed-lock-document"},
		{"/LockDocument /auto /Ff 128", levelB, ""},
		{"/LockDocument /true", levelB, ""},
		{"/AppearanceFilter (Mine) /Ff 256", levelB, "pades.seed-appearance"},
		{"/MDP << /P 0 >>", levelB, ""},
		{"/MDP << /P 2 >>", certify(pades.PermitForms), ""},
		{"/MDP << /P 2 >>", levelB, "pades.seed-mdp"},
		{"/MDP << /P 2 >>", certify(pades.PermitNothing), "pades.seed-mdp"},
		{"/MDP << /P 0 >>", certify(pades.PermitForms), "pades.seed-mdp"},
		{"/MDP << >>", levelB, "pades.seed-mdp"},
		{"/MDP 1", levelB, "pades.seed-mdp"},
		{"/TimeStamp << /URL (http://tsa.example) /Ff 1 >>", levelB, "pades.seed-timestamp"},
		{"/TimeStamp << /URL (http://tsa.example) /Ff 1 >>", level(ca.levelT()), ""},
		{"/TimeStamp << /URL (http://tsa.example) >>", levelB, ""},
		{"/Cert << /Subject [" + der(ca.ec256) + der(ca.ec384) + "] /Ff 1 >>", levelB, ""},
		{"/Cert << /Subject [" + der(ca.ec256) + "] /Ff 1 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /Subject [" + der(ca.ec256) + "] >>", levelB, ""},
		{"/Cert << /Subject 7 /Ff 1 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /Issuer [" + der(ca.issuer) + "] /Ff 2 >>", levelB, ""},
		{"/Cert << /Issuer [" + der(ca.root) + "] /Ff 2 >>", levelB, ""},
		{"/Cert << /Issuer [" + der(newCA(t).root) + "] /Ff 2 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /Issuer [" + der(ca.ec384) + "] /Ff 2 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /Issuer [(no certificate)] /Ff 2 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /OID [(1.2.3) (2.999.1.1)] /Ff 4 >>", levelB, ""},
		{"/Cert << /OID [(1.2.3)] /Ff 4 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /SubjectDN [<< /O (Nobody) >> << /CN <FEFF" + fmt.Sprintf("%X", utf16be(ca.ec384.name)) + "> /2.5.4.6 (EE) >>] /Ff 8 >>", levelB, ""},
		{"/Cert << /SubjectDN [<< /O (Eidgate tests) /C (LV) >>] /Ff 8 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /SubjectDN [<< >>] /Ff 8 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /KeyUsage [(1) (X1X0)] /Ff 32 >>", levelB, ""},
		{"/Cert << /KeyUsage [(1XXXXXXXX)] /Ff 32 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /KeyUsage [(XXXXXXXXXX)] /Ff 32 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /URL (https://ca.example) /Ff 64 >>", levelB, "pades.seed-certificate"},
		{"/Cert << /URL (https://ca.example) >>", levelB, ""},
		{"/Cert << /Ff 128 >>", levelB, "pades.seed-unknown"},
	} {
		o := pades.Options{Certificate: ca.ec384.cert, Chain: ca.ec384.chain, Time: now, Field: "Here"}
		c.change(&o)
		in := demanding("/SV << /Type /SV " + c.seed + " >>")
		if c.code != "" {
			wantRefusal(t, c.seed, in, ca.ec384, o, c.code)
			continue
		}
		out := &failingOutput{left: 1 << 20}
		key := &counting{Signer: ca.ec384.key}
		if _, err := pades.Sign(t.Context(), bytes.NewReader(in), int64(len(in)), out, key, o); err != nil || key.n != 1 {
			t.Errorf("%s: %v, %d key operations", c.seed, err, key.n)
		}
	}
}

func utf16be(text string) []byte {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r>>8), byte(r))
	}
	return out
}

// The hash function that a field asks for is used, for the time-stamp too.
func TestSeedChoosesHash(t *testing.T) {
	ca := newWorld(t)
	path := filepath.Join(t.TempDir(), "in.pdf")
	if err := os.WriteFile(path, demanding("/SV << /DigestMethod [(SHA512)] /Ff 64 >>"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := ca.levelLT()
	o.Field = "Here"
	out, _ := signFile(t, path, ca.ec384, o)
	judge(t, ca, out, 1)
	if text := pdfsig(t, out, 1); !strings.Contains(text, "SHA-512") {
		t.Errorf("pdfsig says:\n%s", text)
	}
	wantLevel(t, ca, read(t, out), sign.LevelLT)
}

// A field's lock becomes a reference in the signature that independent
// validators keep to, and later signing keeps to it as well.
func TestLock(t *testing.T) {
	ca := newWorld(t)
	for _, c := range []struct {
		lock       string
		open, more error // signing the field Open afterwards, and a new one
		shown      error // signing a new one that draws on the page
		reference  []string
	}{
		{"/Action /All", pades.ErrLocked, nil, pades.ErrVisibleForbidden, []string{`"/Action": "/All"`}},
		{"/Action /Include /Fields [(amount)]", nil, nil, nil, []string{`"/Action": "/Include"`, `"u:amount"`}},
		{"/Action /Include /Fields [(amount) (Open)]", pades.ErrLocked, nil, nil, []string{`"/Action": "/Include"`}},
		{"/Action /Exclude /Fields [(Open)]", nil, nil, pades.ErrVisibleForbidden, []string{`"/Action": "/Exclude"`, `"u:Open"`}},
		{"/Action /Exclude /Fields [(amount)]", pades.ErrLocked, nil, pades.ErrVisibleForbidden, []string{`"/Action": "/Exclude"`}},
		{"/Action /Include /Fields [(amount)] /P 2", nil, nil, pades.ErrVisibleForbidden, []string{`"/P": 2`}},
		{"/Action /All /P 1", pades.ErrCertified, pades.ErrCertified, pades.ErrCertified, []string{`"/P": 1`}},
	} {
		t.Run(c.lock, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "in.pdf")
			if err := os.WriteFile(path, demanding("/Lock << /Type /SigFieldLock "+c.lock+" >>"), 0o600); err != nil {
				t.Fatal(err)
			}
			o := ca.levelLT()
			o.Field = "Here"
			out, _ := signFile(t, path, ca.ec384, o)
			judge(t, ca, out, 1)
			wantLevel(t, ca, read(t, out), sign.LevelLT)
			json := testtool.Run(t, testtool.Need(t, "qpdf"), "--json", out)
			for _, want := range append(c.reference, `"/TransformMethod": "/FieldMDP"`, `"/Data": "1 0 R"`, `"/NeedAppearances": true`) {
				if !strings.Contains(json, want) && !strings.Contains(json, strings.ReplaceAll(want, "u:", "")) {
					t.Errorf("the signed file lacks %s", want)
				}
			}
			for field, want := range map[string]error{"Open": c.open, "New": c.more, "Shown": c.shown} {
				o := ca.levelLT()
				o.Field = field
				if field == "Shown" {
					o.Visible = &pades.Visible{Rect: pades.Rect{Left: 10, Bottom: 130, Width: 150, Height: 50}}
				}
				second := filepath.Join(t.TempDir(), "second.pdf")
				_, err := trySign(t, out, second, ca.ec256, o)
				if !errors.Is(err, want) {
					t.Errorf("signing %s afterwards: %v, want %v", field, err, want)
				}
				if err == nil {
					judge(t, ca, second, 2)
					wantLevel(t, ca, read(t, second), sign.LevelLT)
				}
			}
		})
	}
}

// What cannot be kept is refused.
func TestFieldRefusals(t *testing.T) {
	ca := newCA(t)
	for entries, code := range map[string]string{
		"/Lock << /Action /Some >>":                      "pades.field",
		"/Lock << /Action /Include >>":                   "pades.field",
		"/Lock << /Action /Include /Fields [/amount] >>": "pades.field",
		"/Lock << /Action /All /P 4 >>":                  "pades.field",
		"/Lock << /Action /All /P (1) >>":                "pades.field",
		"/Lock 7":                                        "pdf.damaged",
		"/SV 7":                                          "pdf.damaged",
		"/Ff 1":                                          "pades.field-read-only",
		"/V << /Type /Sig >>":                            "pades.field",
	} {
		o := options(ca.ec384)
		o.Field = "Here"
		wantRefusal(t, entries, demanding(entries), ca.ec384, o, code)
	}
	dynamic := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /NeedsRendering true /AcroForm << /Fields [] /XFA (<xdp/>) >> >>", pagesObject, pageObject+">>")
	wantRefusal(t, "dynamic XFA", dynamic, ca.ec384, options(ca.ec384), "pades.xfa")
	orphan := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R /Perms << /DocMDP 4 0 R >> >>", pagesObject, pageObject+">>",
		"<< /Type /Sig /Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P 2 >> >>] >>")
	o := options(ca.ec384)
	o.Certify = pades.PermitForms
	wantRefusal(t, "certified without a field", orphan, ca.ec384, o, "pades.not-first")
}

// A static XFA form is signed like any other and keeps its XFA.
func TestStaticXFA(t *testing.T) {
	ca := newCA(t)
	in := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /XFA [(template) 5 0 R] >> >>", pagesObject, pageObject+"/Annots [4 0 R] >>",
		emptyField+">>", "<< /Length 6 >>\nstream\n<xdp/>\nendstream")
	o := options(ca.ec384)
	o.Field = "Here"
	out, _ := signTo(t, in, ca.ec384, o)
	path := filepath.Join(t.TempDir(), "signed.pdf")
	if err := os.WriteFile(path, out.buf, 0o600); err != nil {
		t.Fatal(err)
	}
	judge(t, ca, path, 1)
	if json := testtool.Run(t, testtool.Need(t, "qpdf"), "--json", path); !strings.Contains(json, `"/XFA"`) {
		t.Error("the signed form has lost its XFA")
	}
}
