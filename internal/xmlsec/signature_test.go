package xmlsec_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/testtool"
	"eidgate/internal/xmlsec"
	"eidgate/internal/xmlsec/xmlsectest"
)

const (
	more      = "http://www.w3.org/2001/04/xmldsig-more#"
	enveloped = xmlsec.NSDSig + "enveloped-signature"
	exclusive = string(xmlsec.ExclusiveC14N)
)

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// verify reads the first signature of text and verifies it.
func verify(text string, public crypto.PublicKey, rules xmlsec.Rules) ([]xmlsec.Signed, error) {
	doc, err := xmlsec.Parse([]byte(text), xmlsec.Limits{})
	if err != nil {
		return nil, err
	}
	e := xmlsectest.First(doc.Root)
	if e == nil {
		return nil, errors.New("no signature")
	}
	s, err := xmlsec.ReadSignature(doc, e)
	if err != nil {
		return nil, err
	}
	return s.Verify(public, rules)
}

func usual() xmlsectest.Template {
	return xmlsectest.Template{
		Canonical: xmlsec.ExclusiveC14N, Method: more + "ecdsa-sha256",
		References: []xmlsectest.Ref{
			{Transforms: []string{enveloped, exclusive}},
			{URI: "#part", Transforms: []string{exclusive}},
		},
	}
}

func around(signature string) string {
	return `<root><t:target xmlns:t="urn:t" Id="part">value</t:target>` + signature + `</root>`
}

func TestEverySignatureMethod(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p256, p384, p521 := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384()), ecKey(t, elliptic.P521())
	for method, keys := range map[string][]crypto.Signer{
		more + "rsa-sha256":   {rsaKey},
		more + "rsa-sha384":   {rsaKey},
		more + "rsa-sha512":   {rsaKey},
		more + "ecdsa-sha256": {p256, p384},
		more + "ecdsa-sha384": {p384, p521},
		more + "ecdsa-sha512": {p521, p256},
		"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1": {rsaKey},
		"http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1": {rsaKey},
	} {
		for _, key := range keys {
			template := usual()
			template.Method = method
			text := xmlsectest.Sign(t, around(template.String()), key)
			if _, err := verify(text, key.Public(), xmlsec.Rules{}); err != nil {
				t.Errorf("%s: %v", method, err)
			}
			if _, err := verify(text, ecKey(t, elliptic.P256()).Public(), xmlsec.Rules{}); err == nil {
				t.Errorf("%s: another key's signature verifies", method)
			}
			judge(t, text, key.Public(), method)
		}
	}
}

// judge asks xmlsec1 about our signature. Its 1.2 does not know PSS.
func judge(t *testing.T, text string, public crypto.PublicKey, method string) {
	t.Helper()
	if strings.HasSuffix(method, "MGF1") {
		return
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key, file := filepath.Join(dir, "key.pem"), filepath.Join(dir, "doc.xml")
	if err := errors.Join(os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600),
		os.WriteFile(file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), testtool.Need(t, "xmlsec1"), "--verify", "--pubkey-pem", key, "--id-attr:Id", "urn:t:target", file).CombinedOutput()
	if err != nil {
		t.Errorf("%s: xmlsec1: %v\n%s", method, err, out)
	}
}

func TestWhatIsCovered(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	text := xmlsectest.Sign(t, around(usual().String()), key)
	signed, err := verify(text, key.Public(), xmlsec.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if len(signed) != 2 || signed[0].Element.Local != "root" || !signed[0].Whole || !signed[0].Enveloped ||
		signed[1].Element.Local != "target" || signed[1].Whole || signed[1].Enveloped {
		t.Errorf("%+v", signed)
	}
}

func TestForgeries(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	good := xmlsectest.Sign(t, around(usual().String()), key)
	if _, err := verify(good, key.Public(), xmlsec.Rules{}); err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	wrapped := replace("<root>", `<root><old>`)
	wrapped = strings.Replace(wrapped, "</t:target>", `</t:target></old><t:target xmlns:t="urn:t" Id="part">evil</t:target>`, 1)
	for name, c := range map[string]struct{ text, code string }{
		"content":                  {replace(">value<", ">other<"), "xmldsig.digest"},
		"content, white space":     {replace(">value<", "> value<"), "xmldsig.digest"},
		"element added":            {replace("</root>", "<more/></root>"), "xmldsig.digest"},
		"attribute added":          {replace("<root>", "<root a='b'>"), "xmldsig.digest"},
		"instruction added":        {replace("<root>", "<root><?p?>"), "xmldsig.digest"},
		"instruction in front":     {"<?p?>" + good, "xmldsig.digest"},
		"the part moved away":      {wrapped, "xmldsig.duplicate-id"},
		"digest value":             {replace("<ds:DigestValue>", "<ds:DigestValue>AAAA"), "xmldsig.signature-value"},
		"signature value":          {replace("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), "xmldsig.signature-value"},
		"reference dropped":        {cut(good, `<ds:Reference URI="#part"`, `</ds:Reference>`), "xmldsig.signature-value"},
		"all references dropped":   {cut(good, `<ds:Reference URI=""`, `</ds:Reference></ds:SignedInfo>`) + "", "xml.malformed"},
		"method swapped":           {replace("ecdsa-sha256", "ecdsa-sha384"), "xmldsig.signature-value"},
		"method RSA":               {replace("ecdsa-sha256", "rsa-sha256"), "xmldsig.key"},
		"method HMAC":              {replace(more+"ecdsa-sha256", xmlsec.NSDSig+"hmac-sha1"), "xmldsig.algorithm"},
		"method SHA-1":             {replace("ecdsa-sha256", "ecdsa-sha1"), "xmldsig.weak-algorithm"},
		"method unknown":           {replace("ecdsa-sha256", "ecdsa-sha257"), "xmldsig.algorithm"},
		"method with parameters":   {replace(`ecdsa-sha256"/>`, `ecdsa-sha256"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>`), "xmldsig.algorithm"},
		"digest method unknown":    {replace("xmlenc#sha256", "xmlenc#md5"), "xmldsig.algorithm"},
		"canonicalisation unknown": {replace(`CanonicalizationMethod Algorithm="`+exclusive, `CanonicalizationMethod Algorithm="urn:x`), "xmldsig.algorithm"},
		"canonicalisation swapped": {replace(`CanonicalizationMethod Algorithm="`+exclusive, `CanonicalizationMethod Algorithm="`+string(xmlsec.C14N10)), "xmldsig.signature-value"},
		"comment in SignedInfo":    {replace("<ds:SignedInfo>", "<ds:SignedInfo><?p?>"), "xmldsig.form"},
		"text in SignedInfo":       {replace("<ds:SignedInfo>", "<ds:SignedInfo>x"), "xmldsig.form"},
		"foreign in SignedInfo":    {replace("<ds:SignedInfo>", "<ds:SignedInfo><x/>"), "xmldsig.form"},
		"second SignedInfo":        {replace("</ds:SignedInfo>", "</ds:SignedInfo><ds:SignedInfo/>"), "xmldsig.form"},
		"second SignatureValue":    {replace("</ds:SignatureValue>", "</ds:SignatureValue><ds:SignatureValue>AAAA</ds:SignatureValue>"), "xmldsig.form"},
		"two KeyInfo":              {replace("</ds:SignatureValue>", "</ds:SignatureValue><ds:KeyInfo/><ds:KeyInfo/>"), "xmldsig.form"},
		"no SignatureValue":        {cut(good, "<ds:SignatureValue>", "</ds:SignatureValue>"), "xmldsig.form"},
		"comment in digest value":  {replace("<ds:DigestValue>", "<ds:DigestValue><!-- -->"), "xmldsig.form"},
		"transform XSLT":           {replace(enveloped, "http://www.w3.org/TR/1999/REC-xslt-19991116"), "xmldsig.transform"},
		"transform XPath":          {replace(enveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116"), "xmldsig.transform"},
		"transform XPath filter":   {replace(enveloped, "http://www.w3.org/2002/06/xmldsig-filter2"), "xmldsig.transform"},
		"transform base64":         {replace(enveloped, xmlsec.NSDSig+"base64"), "xmldsig.transform"},
		"transform twice":          {replace(`<ds:Transform Algorithm="`+exclusive+`"></ds:Transform>`, strings.Repeat(`<ds:Transform Algorithm="`+exclusive+`"></ds:Transform>`, 2)), "xmldsig.transform"},
		"enveloped twice":          {replace(`<ds:Transform Algorithm="`+enveloped+`"></ds:Transform>`, strings.Repeat(`<ds:Transform Algorithm="`+enveloped+`"></ds:Transform>`, 2)), "xmldsig.transform"},
		"enveloped last":           {replace(`<ds:Transform Algorithm="`+enveloped+`"></ds:Transform><ds:Transform Algorithm="`+exclusive+`"></ds:Transform>`, `<ds:Transform Algorithm="`+exclusive+`"></ds:Transform><ds:Transform Algorithm="`+enveloped+`"></ds:Transform>`), "xmldsig.transform"},
		"enveloped with content":   {replace(`<ds:Transform Algorithm="`+enveloped+`"></ds:Transform>`, `<ds:Transform Algorithm="`+enveloped+`"><ds:XPath>x</ds:XPath></ds:Transform>`), "xmldsig.transform"},
		"no transform inside":      {replace(`<ds:Transforms>`, `<ds:Transforms></ds:Transforms><ds:Transforms>`), "xmldsig.form"},
		"reference to nothing":     {replace(`URI="#part"`, `URI="#nothing"`), "xmldsig.signature-value"},
		"reference without URI":    {replace(`<ds:Reference URI="">`, `<ds:Reference>`), "xmldsig.reference"},
	} {
		_, err := verify(c.text, key.Public(), xmlsec.Rules{})
		if code := fault.CodeOf(err); code != c.code && name != "all references dropped" || err == nil {
			t.Errorf("%s: code %q (%v), want %s", name, code, err, c.code)
		}
	}
}

// cut removes the first text from start to end, both included.
func cut(s, start, end string) string {
	i := strings.Index(s, start)
	j := strings.Index(s[i:], end)
	return s[:i] + s[i+j+len(end):]
}

// Comments are in no digest of a reference, so they change nothing; what reads
// the document must not be changed by them either (see Element.Text).
func TestCommentsAreNotSigned(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	good := xmlsectest.Sign(t, around(usual().String()), key)
	text := "<!-- before -->" + strings.Replace(good, ">value<", ">va<!-- -->lue<", 1)
	signed, err := verify(text, key.Public(), xmlsec.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := signed[1].Element.Text(); ok {
		t.Errorf("text %q with a comment inside", text)
	}
}

// Signatures made by somebody who has the key, of a form that is refused.
func TestSignaturesOfARefusedForm(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	for name, c := range map[string]struct {
		refs []xmlsectest.Ref
		code string
	}{
		"over itself":            {[]xmlsectest.Ref{{URI: "#sig", Transforms: []string{enveloped}}}, "xmldsig.reference"},
		"around itself":          {[]xmlsectest.Ref{{URI: ""}}, "xmldsig.reference"},
		"enveloped but outside":  {[]xmlsectest.Ref{{URI: "#part", Transforms: []string{enveloped}}}, "xmldsig.reference"},
		"XPointer":               {[]xmlsectest.Ref{{URI: "#xpointer(id('part'))"}}, "xmldsig.reference"},
		"XPointer to the root":   {[]xmlsectest.Ref{{URI: "#xpointer(/)"}}, "xmldsig.reference"},
		"empty fragment":         {[]xmlsectest.Ref{{URI: "#"}}, "xmldsig.reference"},
		"the network":            {[]xmlsectest.Ref{{URI: "http://127.0.0.1/x"}}, "xmldsig.reference"},
		"a file":                 {[]xmlsectest.Ref{{URI: "file:///etc/passwd"}}, "xmldsig.reference"},
		"a file with transforms": {[]xmlsectest.Ref{{URI: "x.txt", Transforms: []string{exclusive}}}, "xmldsig.reference"},
	} {
		template := usual()
		template.ID = "sig"
		template.References = c.refs
		text := around(template.String())
		text = strings.Replace(text, ">AAAA</ds:DigestValue>", ">"+strings.Repeat("A", 43)+"=</ds:DigestValue>", 1)
		text = xmlsectest.SignInfo(t, text, key)
		if _, err := verify(text, key.Public(), xmlsec.Rules{}); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestTooManyReferences(t *testing.T) {
	template := usual()
	for range 15 {
		template.References = append(template.References, xmlsectest.Ref{URI: "#part"})
	}
	_, err := verify(around(template.String()), ecKey(t, elliptic.P256()).Public(), xmlsec.Rules{})
	if fault.CodeOf(err) != "xmldsig.limit" {
		t.Errorf("17 into the document: %v", err)
	}
	template.References = nil
	for range 1001 {
		template.References = append(template.References, xmlsectest.Ref{URI: "file"})
	}
	_, err = verify(around(template.String()), ecKey(t, elliptic.P256()).Public(), xmlsec.Rules{})
	if fault.CodeOf(err) != "xmldsig.limit" {
		t.Errorf("1001 files: %v", err)
	}
}

func TestFilesOutside(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	template := usual()
	template.References = []xmlsectest.Ref{{URI: "a%20b.txt"}}
	content := "the file"
	outside := func(uri string) (io.ReadCloser, error) {
		if uri != "a%20b.txt" {
			return nil, fmt.Errorf("asked for %s", uri)
		}
		return io.NopCloser(strings.NewReader(content)), nil
	}
	text := strings.Replace(around(template.String()), ">AAAA</ds:DigestValue>", ">lgNJ2BhxK2pvGYV6K/Oi7jPfCDqk4fF+pBxUHE65IXU=</ds:DigestValue>", 1)
	text = xmlsectest.SignInfo(t, text, key)
	_, err := verify(text, key.Public(), xmlsec.Rules{Outside: outside})
	if fault.CodeOf(err) != "xmldsig.digest" {
		t.Errorf("a file that was changed: %v", err)
	}
	if _, err := verify(text, key.Public(), xmlsec.Rules{}); fault.CodeOf(err) != "xmldsig.reference" {
		t.Errorf("no files: %v", err)
	}
}

func TestSHA1OnlyByRule(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, template := range map[string]xmlsectest.Template{
		"signature": {Canonical: xmlsec.C14N10, Method: xmlsec.NSDSig + "rsa-sha1", References: usual().References},
		"digest": {Canonical: xmlsec.C14N10, Method: more + "rsa-sha256", References: []xmlsectest.Ref{
			{URI: "#part", Digest: xmlsec.NSDSig + "sha1"},
		}},
	} {
		text := xmlsectest.Sign(t, around(template.String()), key)
		if _, err := verify(text, key.Public(), xmlsec.Rules{}); fault.CodeOf(err) != "xmldsig.weak-algorithm" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := verify(text, key.Public(), xmlsec.Rules{AllowSHA1: true}); err != nil {
			t.Errorf("%s with the rule: %v", name, err)
		}
	}
	template := usual()
	template.Method = more + "rsa-sha256"
	text := xmlsectest.Sign(t, around(template.String()), key)
	short := &rsa.PublicKey{N: new(big.Int).Rsh(key.N, 1024), E: key.E}
	if _, err := verify(text, short, xmlsec.Rules{}); fault.CodeOf(err) != "xmldsig.key" {
		t.Errorf("a short RSA key: %v", err)
	}
}

func FuzzSignature(f *testing.F) {
	key := ecKey(f, elliptic.P256())
	f.Add([]byte(xmlsectest.Sign(f, around(usual().String()), key)))
	f.Fuzz(func(t *testing.T, text []byte) {
		other := ecKey(t, elliptic.P256())
		if _, err := verify(string(text), other.Public(), xmlsec.Rules{}); err == nil {
			t.Fatal("a signature verifies with a key that made none")
		}
	})
}
