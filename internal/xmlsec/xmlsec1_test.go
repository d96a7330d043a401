package xmlsec_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/internal/xmlsec"
	"eidgate/internal/xmlsec/xmlsectest"
)

// random writes documents that are hard to canonicalise. Namespace names have no
// ampersand: libxml2 2.9 writes "&#38;" for it, the standard "&amp;".
type random struct {
	*mrand.Rand
	b        strings.Builder
	instruct bool
}

func (r *random) pick(list ...string) string { return list[r.IntN(len(list))] }

var hardText = []string{
	"plain", " \n ", "a &amp; b", "&lt;tag&gt;", "&#13;&#10;", "tab\there", "\r\n", "line\rend", "õäöü 한국어 🜁",
	"<![CDATA[<raw> & ]] ]]>", "<![CDATA[]]>", `"quoted" 'text'`, "]]&gt;", "&#x9;&quot;&apos;", "a > b",
}

var hardValues = []string{"v", "a\nb", "a\r\nb", "a\tb", "&#10;&#13;&#9;", "&lt;&amp;&quot;&apos;>", "  two  blanks  ", "õ", "", "]]>"}

// element writes an element; scope are the prefixes declared outside.
func (r *random) element(depth int, scope []string, target bool) {
	declared := map[string]bool{}
	var attributes []string
	for range r.IntN(3) {
		prefix := r.pick("a", "b", "c", "")
		if declared[prefix] {
			continue
		}
		declared[prefix] = true
		uri := r.pick("urn:one", "urn:two", "http://example.ee/?x=1#y", "urn:one")
		if prefix == "" {
			attributes = append(attributes, fmt.Sprintf(`xmlns="%s"`, r.pick(uri, "")))
			continue
		}
		attributes = append(attributes, fmt.Sprintf(`xmlns:%s="%s"`, prefix, uri))
		scope = append(scope[:len(scope):len(scope)], prefix)
	}
	used := map[string]bool{}
	attribute := func(name string) {
		if used[name] {
			return
		}
		used[name] = true
		attributes = append(attributes, fmt.Sprintf("%s=%s", name, r.quote(r.pick(hardValues...))))
	}
	for range r.IntN(3) {
		attribute(r.pick("z", "y", "x", "é"))
	}
	if len(scope) > 0 && r.IntN(2) == 0 {
		attribute(scope[r.IntN(len(scope))] + ":" + r.pick("p", "q"))
	}
	if r.IntN(4) == 0 {
		attribute(r.pick("xml:lang", "xml:space"))
	}
	name := r.pick("e", "f", "g")
	if len(scope) > 0 && r.IntN(2) == 0 {
		name = scope[r.IntN(len(scope))] + ":" + name
	}
	if target {
		name = "t:target"
		attributes = append(attributes, `xmlns:t="urn:t"`, `Id="here"`)
	}
	r.Shuffle(len(attributes), func(i, j int) { attributes[i], attributes[j] = attributes[j], attributes[i] })
	r.b.WriteString("<" + name)
	for _, a := range attributes {
		r.b.WriteString(r.pick(" ", "\n", "\t ") + a)
	}
	r.b.WriteString(r.pick("", " ", "\r\n") + ">")
	r.content(depth, scope)
	r.b.WriteString("</" + name + r.pick("", " ") + ">")
}

func (r *random) quote(value string) string {
	if strings.Contains(value, `"`) || r.IntN(3) == 0 {
		return "'" + strings.ReplaceAll(value, "'", "&apos;") + "'"
	}
	return `"` + value + `"`
}

func (r *random) content(depth int, scope []string) {
	for range r.IntN(5) {
		switch k := r.IntN(8); {
		case k < 3:
			r.b.WriteString(r.pick(hardText...))
		case k == 3:
			r.b.WriteString("<!-- comment & <markup> -->")
		case k == 4 && r.instruct:
			r.b.WriteString(r.pick("<?pi?>", "<?pi data ?>", "<?p-i  x='1'?>"))
		case depth > 0:
			r.element(depth-1, scope, false)
		}
	}
}

// document is a random document with a signature over it or over a part.
func (r *random) document() string {
	methods := []xmlsec.Method{
		xmlsec.C14N10, xmlsec.C14N10WithComments, xmlsec.C14N11, xmlsec.C14N11WithComments,
		xmlsec.ExclusiveC14N, xmlsec.ExclusiveC14NWithRemark,
	}
	method := func() xmlsec.Method { return methods[r.IntN(len(methods))] }
	transform := func() string {
		m := string(method())
		if strings.HasPrefix(m, string(xmlsec.ExclusiveC14N)) && r.IntN(2) == 0 {
			m += " " + r.pick("a", "b c", "#default", "a #default nosuch")
		}
		return m
	}
	const enveloped = xmlsec.NSDSig + "enveloped-signature"
	signature := xmlsectest.Template{
		Canonical: method(), Method: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
		References: []xmlsectest.Ref{{Transforms: []string{enveloped, transform()}}},
	}
	if r.IntN(3) == 0 {
		signature.References[0].Transforms = []string{enveloped}
	}
	if r.IntN(2) == 0 {
		signature.References = append(signature.References, xmlsectest.Ref{URI: "#here", Transforms: []string{transform()}})
	} else {
		signature.References = append(signature.References, xmlsectest.Ref{URI: "#here"})
	}
	r.b.Reset()
	r.b.WriteString(r.pick("", `<?xml version="1.0" encoding="UTF-8"?>`+"\n", "\xEF\xBB\xBF"))
	r.b.WriteString(r.pick("", "<!-- before -->\n", "<?before it?>"))
	r.b.WriteString(`<root xmlns:a="urn:outer" xmlns:c="urn:outer2" xml:lang="et"` + r.pick("", ` xmlns="urn:default"`) + r.pick("", ` xml:space="preserve"`) + ">")
	scope := []string{"a", "c"}
	r.content(2, scope)
	r.element(3, scope, true)
	r.content(2, scope)
	r.b.WriteString(signature.String())
	r.content(2, scope)
	r.b.WriteString("</root>")
	r.b.WriteString(r.pick("", "\n", "<!-- after -->", "\n<?after?>\n"))
	return r.b.String()
}

// Signatures over documents that are hard to canonicalise are made here and
// judged by xmlsec1 with libxml2, which reads the same bytes.
func TestInteropCanonicalForms(t *testing.T) {
	xmlsec1 := testtool.Need(t, "xmlsec1")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600); err != nil {
		t.Fatal(err)
	}
	n := 80
	if os.Getenv("EIDGATE_INTEROP") != "" {
		n = 2000
	}
	for i := range n {
		r := &random{Rand: mrand.New(mrand.NewPCG(uint64(i), 7)), instruct: true}
		text := xmlsectest.Sign(t, r.document(), key)
		file := filepath.Join(dir, "doc.xml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), xmlsec1, "--verify", "--pubkey-pem", keyFile, "--id-attr:Id", "urn:t:target", "--print-debug", "--store-references", file)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("document %d: %v\n%s\n%s", i, err, text, out)
		}
	}
}
