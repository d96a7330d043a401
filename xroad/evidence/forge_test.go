package evidence_test

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"strings"
	"testing"

	"eidgate/certs"
	"eidgate/xroad/evidence"
)

// parts are a container's files in their order.
type parts struct {
	names []string
	files map[string]string
}

func take(t testing.TB, name string) *parts {
	t.Helper()
	b := vector(t, name+".asice")
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	p := &parts{files: map[string]string{}}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		p.names, p.files[f.Name] = append(p.names, f.Name), string(text)
	}
	return p
}

func (p *parts) set(name, text string) {
	if _, ok := p.files[name]; !ok {
		p.names = append(p.names, name)
	}
	p.files[name] = text
}

func (p *parts) replace(t *testing.T, name, from, to string) {
	t.Helper()
	text := strings.Replace(p.files[name], from, to, 1)
	if text == p.files[name] {
		t.Fatalf("%s: nothing was changed", name)
	}
	p.files[name] = text
}

func (p *parts) drop(name string) { delete(p.files, name) }

func (p *parts) pack(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range p.names {
		text, ok := p.files[name]
		if !ok {
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// between gives what stands between two texts, both included.
func between(text, from, to string) string {
	a := strings.Index(text, from)
	return text[a : a+strings.Index(text[a:], to)+len(to)]
}

// TestForgeries change good containers; each is refused by its code. Packing
// one again without a change is still valid.
func TestForgeries(t *testing.T) {
	const sig, rest, message, chain, batch = "META-INF/signatures.xml", "valid-non-batch-rest", "valid-signed-message", "valid-signed-hashchain", "valid-batch-ts"
	for _, c := range []struct {
		name, container string
		forge           func(t *testing.T, p *parts)
		code            string
	}{
		{"unchanged REST", rest, func(*testing.T, *parts) {}, ""},
		{"unchanged hash chain", chain, func(*testing.T, *parts) {}, ""},
		{"the message", rest, func(t *testing.T, p *parts) { p.replace(t, "message.xml", "200", "201") }, evidence.CodeSignature},
		{"the attachment", rest, func(_ *testing.T, p *parts) { p.set("attachment1", "other") }, evidence.CodeSignature},
		{"no attachment", rest, func(_ *testing.T, p *parts) { p.drop("attachment1") }, evidence.CodeMalformed},
		{"one attachment more", rest, func(_ *testing.T, p *parts) { p.set("attachment2", "more") }, evidence.CodeHashChainUnused},
		{"one attachment more, SOAP", message, func(_ *testing.T, p *parts) { p.set("attachment1", "more") }, evidence.CodeHashChainUnused},
		{"another file", message, func(_ *testing.T, p *parts) { p.set("readme.txt", "x") }, evidence.CodeMalformed},
		{"no message", message, func(_ *testing.T, p *parts) { p.drop("message.xml") }, evidence.CodeMalformed},
		{"no signature", message, func(_ *testing.T, p *parts) { p.drop(sig) }, evidence.CodeMissingSignature},
		{"the message in a chain", chain, func(t *testing.T, p *parts) { p.replace(t, "message.xml", "4321", "4322") }, evidence.CodeSignature},
		{"the attachment in a chain", chain, func(_ *testing.T, p *parts) { p.set("attachment1", "other") }, evidence.CodeSignature},
		{"an attachment beside a chain", chain, func(_ *testing.T, p *parts) { p.set("attachment2", "other") }, evidence.CodeHashChainUnused},
		{"the chain", chain, func(t *testing.T, p *parts) { p.replace(t, "sig-hashchain.xml", "YoZ26aBC", "XoZ26aBC") }, evidence.CodeHashChainResult},
		{"the result", chain, func(t *testing.T, p *parts) { p.replace(t, "sig-hashchainresult.xml", "RMrOJhh5", "SMrOJhh5") }, evidence.CodeSignature},
		{"the attachment as the message", chain, func(t *testing.T, p *parts) {
			p.replace(t, "sig-hashchain.xml", `URI="/message.xml"`, `URI="/first"`)
			p.replace(t, "sig-hashchain.xml", `URI="/attachment1"`, `URI="/message.xml"`)
			p.replace(t, "sig-hashchain.xml", `URI="/first"`, `URI="/attachment1"`)
			p.files["message.xml"], p.files["attachment1"] = "GET\r\n/r1/a/b/c/d/e\r\n", p.files["message.xml"]
		}, evidence.CodeSignature},
		{"the places of message and attachment exchanged", chain, func(t *testing.T, p *parts) {
			p.replace(t, "sig-hashchain.xml", `URI="/message.xml"`, `URI="/first"`)
			p.replace(t, "sig-hashchain.xml", `URI="/attachment1"`, `URI="/message.xml"`)
			p.replace(t, "sig-hashchain.xml", `URI="/first"`, `URI="/attachment1"`)
			body, ok := p.files["attachment1"]
			p.set("attachment1", p.files["message.xml"])
			if delete(p.files, "message.xml"); ok {
				p.files["message.xml"] = body
			}
		}, evidence.CodeHashChainRef},
		{"comments in the message", chain, func(t *testing.T, p *parts) {
			p.replace(t, "sig-hashchain.xml", `<ns2:DataRef URI="/message.xml">`,
				`<ns2:DataRef URI="/message.xml"><Transforms><Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/></Transforms>`)
		}, evidence.CodeSignature},
		{"no chain", chain, func(_ *testing.T, p *parts) { p.drop("sig-hashchain.xml") }, evidence.CodeHashChain},
		{"the message taken out of the chain", chain, func(t *testing.T, p *parts) {
			p.replace(t, "sig-hashchain.xml", between(p.files["sig-hashchain.xml"], `<ns2:DataRef URI="/message.xml">`, "</ns2:DataRef>"),
				`<ns2:HashValue>`+between(p.files["sig-hashchain.xml"], "<DigestValue>", "</DigestValue>")+`</ns2:HashValue>`)
		}, evidence.CodeHashChainUnused},
		{"the signature value", message, func(t *testing.T, p *parts) { p.replace(t, sig, "ZS+9m7Od", "YS+9m7Od") }, evidence.CodeSignature},
		{"the signing time", message, func(t *testing.T, p *parts) { p.replace(t, sig, "2024-12-05T13:16:11", "2024-12-05T13:16:12") }, evidence.CodeSignature},
		{"another signer", message, func(t *testing.T, p *parts) {
			const from, to = "<ds:X509Certificate>", "</ds:X509Certificate>"
			p.replace(t, sig, between(p.files[sig], from, to), between(take(t, rest).files[sig], from, to))
		}, evidence.CodeMalformed},
		{"no revocation answer", message, func(t *testing.T, p *parts) {
			p.replace(t, sig, between(p.files[sig], "<xades:RevocationValues>", "</xades:RevocationValues>"), "")
		}, evidence.CodeCertificate},
		{"an answer about another time", chain, func(t *testing.T, p *parts) {
			const from, to = "<xades:RevocationValues>", "</xades:RevocationValues>"
			p.replace(t, sig, between(p.files[sig], from, to), between(take(t, batch).files[sig], from, to))
		}, evidence.CodeCertificate},
		{"no time-stamp", message, func(t *testing.T, p *parts) {
			p.replace(t, sig, between(p.files[sig], "<xades:SignatureTimeStamp>", "</xades:SignatureTimeStamp>"), "")
		}, evidence.CodeTimestamp},
		{"another's time-stamp", message, func(t *testing.T, p *parts) {
			const from, to = "<xades:SignatureTimeStamp>", "</xades:SignatureTimeStamp>"
			p.replace(t, sig, between(p.files[sig], from, to), between(take(t, chain).files[sig], from, to))
		}, evidence.CodeTimestamp},
		{"another's batch time-stamp", batch, func(t *testing.T, p *parts) {
			p.set("META-INF/timestamp.tst", take(t, rest).files["META-INF/timestamp.tst"])
		}, evidence.CodeTimestamp},
		{"another's batch", batch, func(t *testing.T, p *parts) {
			for _, name := range []string{"META-INF/timestamp.tst", "ts-hashchain.xml", "ts-hashchainresult.xml"} {
				p.set(name, take(t, rest).files[name])
			}
		}, evidence.CodeSignature},
		{"a batch without this signature", batch, func(t *testing.T, p *parts) {
			p.replace(t, "ts-hashchain.xml", `<ns2:DataRef URI="/META-INF/signatures.xml">`, `<ns2:HashValue>`)
			p.replace(t, "ts-hashchain.xml", `</ns2:DataRef>`, `</ns2:HashValue>`)
		}, evidence.CodeHashChainUnused},
		{"a second object", message, func(t *testing.T, p *parts) { p.replace(t, sig, "</ds:Object>", "</ds:Object><ds:Object></ds:Object>") }, evidence.CodeMalformed},
		{"properties twice", message, func(t *testing.T, p *parts) {
			p.replace(t, sig, "</ds:Object>", between(p.files[sig], "<xades:SignedProperties", "</xades:SignedProperties>")+"</ds:Object>")
		}, evidence.CodeMalformed},
		{"a reference to the whole document", message, func(t *testing.T, p *parts) { p.replace(t, sig, `URI="/message.xml"`, `URI=""`) }, evidence.CodeMalformed},
		{"a reference out of the container", message, func(t *testing.T, p *parts) { p.replace(t, sig, `URI="/message.xml"`, `URI="file:///etc/passwd"`) }, evidence.CodeMalformed},
		{"a document type", message, func(t *testing.T, p *parts) { p.replace(t, sig, "<asic:XAdES", "<!DOCTYPE x><asic:XAdES") }, evidence.CodeMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := take(t, c.container)
			c.forge(t, p)
			b := p.pack(t)
			_, err := evidence.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), configuration(t))
			wantCode(t, err, c.code)
		})
	}
}

// TestTrust: without the authority, without the time-stamp authority, or for
// another instance, a good container is refused.
func TestTrust(t *testing.T) {
	text := string(vector(t, "globalconf/DEV/shared-params.xml"))
	tsa := between(text, "<approvedTSA>", "</approvedTSA>")
	for _, c := range []struct{ name, from, to, code string }{
		{"no time-stamp authority", tsa, "", evidence.CodeTimestamp},
		{"another authority", between(text, "<topCA>", "</cert>"), "<topCA>" + between(tsa, "<cert>", "</cert>"), evidence.CodeCertificate},
		{"an authority for TLS alone", "<authenticationOnly>false", "<authenticationOnly>true", evidence.CodeCertificate},
		{"responder not listed", between(text, "<ocsp>", "</ocsp>"), "", evidence.CodeCertificate},
		{"another instance", "<instanceIdentifier>DEV", "<instanceIdentifier>PROD", evidence.CodeWrongSigner},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(text, c.from, c.to, 1)
			if changed == text {
				t.Fatal("nothing was changed")
			}
			conf, err := evidence.ParseConfiguration([]byte(changed), certs.Test)
			if err != nil {
				t.Fatal(err)
			}
			b := vector(t, "valid-non-batch-rest.asice")
			_, err = evidence.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), conf)
			wantCode(t, err, c.code)
		})
	}
	for _, bad := range []string{"", "<conf/>", strings.Replace(text, "<cert>LS0t", "<cert>AAAA", 1), text[:len(text)/2]} {
		if _, err := evidence.ParseConfiguration([]byte(bad), certs.Test); err == nil {
			t.Errorf("accepted %.40q", bad)
		}
	}
}

func FuzzContainer(f *testing.F) {
	conf := configuration(f)
	for _, name := range []string{"valid-signed-message", "valid-signed-hashchain", "valid-non-batch-rest", "attachments"} {
		f.Add(vector(f, name+".asice"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := evidence.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), conf)
		if err == nil && len(r.Message) == 0 {
			t.Error("valid without a message")
		}
	})
}

// FuzzSignature changes the XML inside a sound archive: nothing but the
// original is valid.
func FuzzSignature(f *testing.F) {
	conf := configuration(f)
	const name = "META-INF/signatures.xml"
	good := take(f, "valid-signed-message")
	f.Add(good.files[name])
	f.Add(take(f, "valid-non-batch-rest").files[name])
	f.Add(take(f, "attachments").files[name])
	f.Fuzz(func(t *testing.T, text string) {
		p := &parts{names: good.names, files: maps.Clone(good.files)}
		p.set(name, text)
		b := p.pack(t)
		r, err := evidence.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), conf)
		if err == nil && (r.Signer.String() != "MEMBER:DEV/COM/4321" || string(r.Message) != good.files["message.xml"]) {
			t.Errorf("%+v", r)
		}
	})
}
