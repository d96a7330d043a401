package xades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"io"
	"math/big"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/xmlsec"
	"eidgate/internal/xmlsec/xmlsectest"
	"eidgate/sign"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/xades"
)

const content = "Ostja maksab müüjale 100 eurot."

// memory is files at hand.
type memory map[string]string

func (m memory) Digest(name string, h crypto.Hash) ([]byte, error) {
	text, ok := m[name]
	if !ok {
		return nil, fault.New("test.missing", "missing", "")
	}
	f := h.New()
	f.Write([]byte(text))
	return f.Sum(nil), nil
}

func (m memory) Open(name string) (io.ReadCloser, error) {
	text, ok := m[name]
	if !ok {
		return nil, fault.New("test.missing", "missing", "")
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func files() memory { return memory{"leping.txt": content} }

func options(w *testpki.World, signer testpki.Identity) xades.Options {
	return xades.Options{Certificate: signer.Cert, Chain: []*x509.Certificate{w.Issuer.Cert}, Time: w.Now}
}

func objects() []xades.Object {
	digest := sha256.Sum256([]byte(content))
	return []xades.Object{{Name: "leping.txt", MediaType: "text/plain", Digest: digest[:]}}
}

func sig(t testing.TB, signer testpki.Identity, o xades.Options) []byte {
	t.Helper()
	p, err := xades.Prepare(objects(), o)
	if err != nil {
		t.Fatal(err)
	}
	value, err := signer.Key.Sign(rand.Reader, p.Digest(), p.SignerOptions())
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Complete(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func lift(t testing.TB, w *testpki.World, text []byte, to sign.Level) []byte {
	t.Helper()
	must := func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if to >= sign.LevelT {
		text = must(xades.AddTimestamp(t.Context(), text, w, 0))
	}
	if to >= sign.LevelLT {
		evidence, err := xades.Online{Verifier: w.Verifier()}.Gather(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		text = must(xades.AddEvidence(text, evidence))
	}
	if to >= sign.LevelLTA {
		text = must(xades.AddArchiveTimestamp(t.Context(), text, files().Open, w, 0))
	}
	return text
}

func judge(t testing.TB, text []byte, trust sign.Trust) *sign.Signature {
	t.Helper()
	f, err := xades.Read(text, "signatures0.xml")
	if err != nil {
		t.Fatal(err)
	}
	f.Signatures[0].Judge(context.Background(), files(), trust)
	return f.Signatures[0].Out
}

// TestForeignSpelling judges and lifts signatures written otherwise than ours:
// exclusive canonicalisation, other prefixes, a default namespace, white space,
// comments, Windows line ends and a byte order mark.
func TestForeignSpelling(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	for name, spell := range map[string]func(string) string{
		"ours":              func(s string) string { return s },
		"other prefixes":    func(s string) string { return renamed(s, "xades:", "xmlns:xades", "x1:", "xmlns:x1") },
		"default namespace": func(s string) string { return renamed(s, "ds:", "xmlns:ds", "", "xmlns") },
		"white space":       func(s string) string { return strings.ReplaceAll(s, "><", ">\n  <") },
		"Windows lines":     func(s string) string { return strings.ReplaceAll(s, "><", ">\r\n<") },
		"byte order mark":   func(s string) string { return "\xef\xbb\xbf" + s },
		"comments":          func(s string) string { return strings.Replace(s, "<ds:KeyInfo>", "<!-- a --><ds:KeyInfo>", 1) },
		"declared late": func(s string) string {
			return strings.Replace(strings.Replace(s, ` xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"`, "", 1), "<xades:QualifyingProperties", `<xades:QualifyingProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"`, 1)
		},
	} {
		for _, method := range []xades.Method{xades.C14N11, xades.Exclusive, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"} {
			t.Run(name+" "+string(method), func(t *testing.T) {
				text := string(sig(t, signer, options(w, signer)))
				text = strings.ReplaceAll(text, string(xades.C14N11), string(method))
				text = resign(t, spell(text), signer.Key)
				lifted := lift(t, w, []byte(text), sign.LevelLTA)
				out := judge(t, lifted, w.Trust(false))
				if out.Indication != sign.TotalPassed || out.Level != sign.LevelLTA {
					t.Errorf("%v %v: %s %+v", out.Verdict, out.Level, out.Sentence, out.Checks)
				}
				unix := strings.ReplaceAll(strings.TrimPrefix(text, "\xef\xbb\xbf"), "\r\n", "\n")
				before, _, _ := strings.Cut(unix, "</")
				if !strings.HasPrefix(string(lifted), before) {
					t.Error("what was there was written again")
				}
			})
		}
	}
}

func renamed(s, prefix, declaration, with, declared string) string {
	s = strings.ReplaceAll(s, "<"+prefix, "<"+with)
	s = strings.ReplaceAll(s, "</"+prefix, "</"+with)
	return strings.ReplaceAll(s, declaration+"=", declared+"=")
}

// resign makes digest of the properties and value anew.
func resign(t testing.TB, text string, key crypto.Signer) string {
	t.Helper()
	prefix := "ds:"
	if !strings.Contains(text, "<ds:Signature ") {
		prefix = ""
	}
	blank := func(text, element string, last bool) string {
		i := strings.Index(text, "<"+prefix+element)
		if last {
			i = strings.LastIndex(text[:strings.Index(text, "</"+prefix+"SignedInfo>")], "<"+prefix+element)
		}
		end := "</" + prefix + element + ">"
		j := i + strings.Index(text[i:], end) + len(end)
		return text[:i] + "<ds:" + element + ">" + xmlsectest.Blank + "</ds:" + element + ">" + text[j:]
	}
	if prefix == "" { // the helper fills in by the usual prefix
		text = strings.Replace(text, "<asic:XAdESSignatures ", `<asic:XAdESSignatures xmlns:ds="http://www.w3.org/2000/09/xmldsig#" `, 1)
	}
	text = blank(blank(text, "DigestValue", true), "SignatureValue", false)
	doc, err := xmlsec.Parse([]byte(text), xmlsec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := xmlsec.ReadSignature(doc, xmlsectest.First(doc.Root))
	if err != nil {
		t.Fatal(err)
	}
	digest, err := s.ReferenceDigest(len(s.References)-1, xmlsec.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	empty := "<ds:DigestValue>" + xmlsectest.Blank + "<"
	return xmlsectest.SignInfo(t, strings.Replace(text, empty, "<ds:DigestValue>"+base64.StdEncoding.EncodeToString(digest)+"<", 1), key)
}

// TestLevelsInOrder refuses to build a level on nothing.
func TestLevelsInOrder(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	text := sig(t, signer, options(w, signer))
	evidence := &xades.Evidence{OCSP: [][]byte{{1}}}
	if _, err := xades.AddEvidence(text, evidence); fault.CodeOf(err) != "xades.level" {
		t.Errorf("evidence without a time-stamp: %v", err)
	}
	if _, err := xades.AddArchiveTimestamp(t.Context(), text, files().Open, w, 0); fault.CodeOf(err) != "xades.level" {
		t.Errorf("an archive time-stamp without evidence: %v", err)
	}
	if _, err := xades.AddTimestamp(t.Context(), []byte("<a/>"), w, 0); fault.CodeOf(err) != "xades.form" {
		t.Errorf("a time-stamp on nothing: %v", err)
	}
	two := strings.Replace(string(text), "</ds:Signature>", "</ds:Signature>"+string(text)[strings.Index(string(text), "<ds:Signature "):strings.Index(string(text), "</asic:")], 1)
	if _, err := xades.AddTimestamp(t.Context(), []byte(two), w, 0); fault.CodeOf(err) != "xades.several-signatures" {
		t.Errorf("two signatures in a file: %v", err)
	}
}

// TestIssuerSerial compares IssuerSerialV2 when it is there.
func TestIssuerSerial(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	for name, c := range map[string]struct {
		serial *big.Int
		issuer []byte
		code   string
	}{
		"right":        {signer.Cert.SerialNumber, signer.Cert.RawIssuer, ""},
		"wrong serial": {big.NewInt(1), signer.Cert.RawIssuer, "xades.signing-certificate-mismatch"},
		"wrong issuer": {signer.Cert.SerialNumber, w.Root.Cert.RawSubject, "xades.signing-certificate-mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			der, err := asn1.Marshal(struct {
				Issuer []asn1.RawValue
				Serial *big.Int
			}{[]asn1.RawValue{{Class: 2, Tag: 4, IsCompound: true, Bytes: c.issuer}}, c.serial})
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(string(sig(t, signer, options(w, signer))), "</xades:Cert>",
				"<xades:IssuerSerialV2>"+base64.StdEncoding.EncodeToString(der)+"</xades:IssuerSerialV2></xades:Cert>", 1)
			out := judge(t, []byte(resign(t, text, signer.Key)), w.Trust(true))
			if out.Code != c.code {
				t.Errorf("%v %q: %s", out.Verdict, out.Code, out.Sentence)
			}
		})
	}
}

// TestOlderBinding judges the property that digidoc4j writes to this day, and
// its serial number.
func TestOlderBinding(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	for serial, code := range map[string]string{signer.Cert.SerialNumber.String(): "", "1": "xades.signing-certificate-mismatch"} {
		text := strings.ReplaceAll(string(sig(t, signer, options(w, signer))), "SigningCertificateV2", "SigningCertificate")
		text = strings.Replace(text, "</xades:Cert>", "<xades:IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>"+
			serial+"</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert>", 1)
		out := judge(t, []byte(resign(t, text, signer.Key)), w.Trust(true))
		if out.Code != code || (code == "") != (out.Level == sign.LevelB) {
			t.Errorf("%v %q %v: %s", out.Verdict, out.Code, out.Level, out.Sentence)
		}
	}
}

// TestURIs name every file one way.
func TestURIs(t *testing.T) {
	for _, name := range []string{"a.txt", "a b.txt", "Õ Щ 한글/ü.txt", "%41", "a?b#c", "a+b&c=d", "😀", "~-._"} {
		uri := xades.EncodeURI(name)
		got, err := xades.DecodeURI(uri)
		if err != nil || got != name || strings.ContainsAny(uri, " ?#&+") {
			t.Errorf("%q: %q, %q, %v", name, uri, got, err)
		}
	}
	for _, uri := range []string{"", "a?b", "a#b", "http://a/b", "%zz", "%ff%fe"} {
		if got, err := xades.DecodeURI(uri); err == nil {
			t.Errorf("%q names %q", uri, got)
		}
	}
}

// FuzzRead reads signature files of strangers.
func FuzzRead(f *testing.F) {
	w := testpki.New(f)
	signer := w.Card("P-256")
	f.Add(lift(f, w, sig(f, signer, options(w, signer)), sign.LevelLTA))
	trust := testpki.New(f).Trust(true)
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := xades.Read(text, "x")
		if err != nil {
			return
		}
		for _, c := range file.Signatures {
			c.Judge(t.Context(), files(), trust)
			if c.Out.Indication == sign.TotalPassed {
				t.Fatal("valid by strangers' anchors")
			}
		}
	})
}

// FuzzLift adds levels to files of strangers: nothing that was there changes.
func FuzzLift(f *testing.F) {
	w := testpki.New(f)
	signer := w.Card("P-256")
	f.Add(sig(f, signer, options(w, signer)))
	f.Fuzz(func(t *testing.T, text []byte) {
		lifted, err := xades.AddTimestamp(t.Context(), text, w, 0)
		if err == nil && len(lifted) <= len(bytes.TrimPrefix(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\xef\xbb\xbf"))) {
			t.Fatal("nothing was added")
		}
	})
}
