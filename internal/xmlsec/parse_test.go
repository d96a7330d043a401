package xmlsec_test

import (
	"bytes"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/xmlsec"
)

func TestMalformedDocuments(t *testing.T) {
	for text, code := range map[string]string{
		"":                             "xml.malformed",
		"text":                         "xml.malformed",
		"<a>":                          "xml.malformed",
		"<a></b>":                      "xml.malformed",
		"<a/><b/>":                     "xml.malformed",
		"<a/>text":                     "xml.malformed",
		"<a/></a>":                     "xml.malformed",
		"<a b='1' b='2'/>":             "xml.malformed",
		"<a b='1'c='2'/>":              "xml.malformed",
		"<a b=1/>":                     "xml.malformed",
		"<a b/>":                       "xml.malformed",
		"<a b='<'/>":                   "xml.malformed",
		"<a b='1/>":                    "xml.malformed",
		"< a/>":                        "xml.malformed",
		"<1a/>":                        "xml.malformed",
		"<a:/>":                        "xml.malformed",
		"<:a/>":                        "xml.malformed",
		"<a:b:c/>":                     "xml.malformed",
		"<a>]]></a>":                   "xml.malformed",
		"<a>&amp</a>":                  "xml.malformed",
		"<a>&;</a>":                    "xml.malformed",
		"<a>& b</a>":                   "xml.malformed",
		"<a>&#0;</a>":                  "xml.malformed",
		"<a>&#xFFFE;</a>":              "xml.malformed",
		"<a>&#xD800;</a>":              "xml.malformed",
		"<a>&#99999999;</a>":           "xml.malformed",
		"<a>&#-1;</a>":                 "xml.malformed",
		"<a>&#x;</a>":                  "xml.malformed",
		"<a>\x01</a>":                  "xml.malformed",
		"<a>\uFFFE</a>":                "xml.malformed",
		"<a b='\x00'/>":                "xml.malformed",
		"<a><!-- -- --></a>":           "xml.malformed",
		"<a><!-- --->":                 "xml.malformed",
		"<a><!-- </a>":                 "xml.malformed",
		"<a><![CDATA[</a>":             "xml.malformed",
		"<![CDATA[x]]><a/>":            "xml.malformed",
		"<a><?xml version='1.0'?></a>": "xml.malformed",
		" <?xml version='1.0'?><a/>":   "xml.malformed",
		"<a><?XML?></a>":               "xml.malformed",
		"<a><?a:b?></a>":               "xml.malformed",
		"<a><?pi</a>":                  "xml.malformed",
		"<?xml encoding='UTF-8'?><a/>": "xml.malformed",
		"<?xml version='1.0' version='1.0'?><a/>":                    "xml.malformed",
		"<?xml version='1.0' standalone='maybe'?><a/>":               "xml.malformed",
		"<?xml version='1.0' standalone='no' encoding='UTF-8'?><a/>": "xml.malformed",
		"<?xml version='1.1'?><a/>":                                  "xml.encoding",
		"<?xml version='1.0' encoding='ISO-8859-1'?><a/>":            "xml.encoding",
		"<a>\xff</a>":                              "xml.encoding",
		"\xfe\xff\x00<\x00a\x00/\x00>":             "xml.encoding",
		"<!DOCTYPE a><a/>":                         "xml.dtd",
		"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>": "xml.dtd",
		"<a><!ELEMENT a ANY></a>":                  "xml.dtd",
		"<a>&x;</a>":                               "xml.entity",
		"<a b='&nbsp;'/>":                          "xml.entity",
		"<p:a/>":                                   "xml.namespace",
		"<a p:b=''/>":                              "xml.namespace",
		"<a xmlns:p=''/>":                          "xml.namespace",
		"<a xmlns='relative'/>":                    "xml.namespace",
		"<a xmlns:xmlns='urn:x'/>":                 "xml.namespace",
		"<a xmlns:xml='urn:x'/>":                   "xml.namespace",
		"<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>": "xml.namespace",
		"<a xmlns='http://www.w3.org/2000/xmlns/'/>":          "xml.namespace",
		"<xmlns:a/>": "xml.namespace",
		"<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='' q:b=''/>": "xml.malformed",
		"<a xmlns='urn:x' xmlns='urn:y'/>":                   "xml.malformed",
		strings.Repeat("<a>", 101):                           "xml.limit",
	} {
		if _, err := xmlsec.Parse([]byte(text), xmlsec.Limits{}); fault.CodeOf(err) != code {
			t.Errorf("%.60q: %v, want %s", text, err, code)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		limits xmlsec.Limits
	}{
		"size":       {"<a>12345</a>", xmlsec.Limits{Size: 11}},
		"elements":   {"<a><b/><b/></a>", xmlsec.Limits{Elements: 2}},
		"depth":      {"<a><b><c/></b></a>", xmlsec.Limits{Depth: 2}},
		"prefixes":   {"<a xmlns:b='urn:x'><c xmlns:d='urn:x'/></a>", xmlsec.Limits{Prefixes: 1}},
		"attributes": {"<a b='' c='' xmlns='urn:x'/>", xmlsec.Limits{Attributes: 2}},
	} {
		if _, err := xmlsec.Parse([]byte(c.text), c.limits); fault.CodeOf(err) != "xml.limit" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Declarations end with their element, and do not add up beside each other.
func TestPrefixesAreCountedWhereTheyHold(t *testing.T) {
	text := "<a>" + strings.Repeat("<b xmlns:p='urn:x'><p:c/></b><b xmlns='urn:x'/>", 300) + "</a>"
	if _, err := xmlsec.Parse([]byte(text), xmlsec.Limits{Prefixes: 1}); err != nil {
		t.Error(err)
	}
}

// A comment drops out of most canonical forms, so it must not split a value
// into one that a reader takes and one that it does not.
func TestCommentDoesNotHideText(t *testing.T) {
	doc, err := xmlsec.Parse([]byte("<a>granted<!-- -->withdrawn</a>"), xmlsec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := doc.Root.Text(); ok {
		t.Errorf("text %q out of a value with a comment in it", text)
	}
	doc, err = xmlsec.Parse([]byte("<a>gran<![CDATA[t]]>&#101;d</a>"), xmlsec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := doc.Root.Text(); !ok || text != "granted" {
		t.Errorf("text %q, %t", text, ok)
	}
}

// Canonical examples that the reference implementations agree on.
func TestCanonicalForms(t *testing.T) {
	const text = "<?xml version='1.0'?>\r\n<!-- c --><?p  d?><r xmlns='urn:d' xmlns:n='urn:n' xml:lang='et' xml:id='r'>" +
		"<n:e b='2' a='1\n2' xmlns:u='urn:unused'><f xmlns=''/><!-- x --><![CDATA[<&>]]>\r&#13;</n:e></r>\n<?q?>"
	doc, err := xmlsec.Parse([]byte(text), xmlsec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e := doc.Root.Elements()[0]
	inner := `<f xmlns=""></f>`
	tail := "&lt;&amp;&gt;\n&#xD;</n:e>"
	for name, c := range map[string]struct {
		canonical xmlsec.Canonical
		want      string
	}{
		"whole":               {xmlsec.Canonical{Method: xmlsec.C14N10}, `<?p d?>` + "\n" + `<r xmlns="urn:d" xmlns:n="urn:n" xml:id="r" xml:lang="et"><n:e xmlns:u="urn:unused" a="1 2" b="2">` + inner + tail + "</r>\n<?q?>"},
		"whole with comments": {xmlsec.Canonical{Method: xmlsec.C14N11WithComments}, "<!-- c -->\n" + `<?p d?>` + "\n" + `<r xmlns="urn:d" xmlns:n="urn:n" xml:id="r" xml:lang="et"><n:e xmlns:u="urn:unused" a="1 2" b="2">` + inner + "<!-- x -->" + tail + "</r>\n<?q?>"},
		"part 1.0":            {xmlsec.Canonical{Method: xmlsec.C14N10, Apex: e}, `<n:e xmlns="urn:d" xmlns:n="urn:n" xmlns:u="urn:unused" a="1 2" b="2" xml:id="r" xml:lang="et">` + inner + tail},
		"part 1.1":            {xmlsec.Canonical{Method: xmlsec.C14N11, Apex: e}, `<n:e xmlns="urn:d" xmlns:n="urn:n" xmlns:u="urn:unused" a="1 2" b="2" xml:lang="et">` + inner + tail},
		"part exclusive":      {xmlsec.Canonical{Method: xmlsec.ExclusiveC14N, Apex: e}, `<n:e xmlns:n="urn:n" a="1 2" b="2"><f></f>` + tail},
		"part with prefixes":  {xmlsec.Canonical{Method: xmlsec.ExclusiveC14N, Apex: e, Prefixes: []string{"u", "#default", "zz"}}, `<n:e xmlns="urn:d" xmlns:n="urn:n" xmlns:u="urn:unused" a="1 2" b="2">` + inner + tail},
		"without":             {xmlsec.Canonical{Method: xmlsec.ExclusiveC14N, Without: e}, `<?p d?>` + "\n" + `<r xmlns="urn:d" xml:id="r" xml:lang="et"></r>` + "\n<?q?>"},
		"no comments at all":  {xmlsec.Canonical{Method: xmlsec.ExclusiveC14NWithRemark, Apex: e, NoComments: true}, `<n:e xmlns:n="urn:n" a="1 2" b="2"><f></f>` + tail},
	} {
		var out bytes.Buffer
		if err := doc.WriteCanonical(&out, c.canonical); err != nil {
			t.Fatal(err)
		}
		if out.String() != c.want {
			t.Errorf("%s:\n%q, want\n%q", name, out.String(), c.want)
		}
	}
}

func TestCanonicalFormsThatThereAreNot(t *testing.T) {
	doc, err := xmlsec.Parse([]byte("<a xml:base='http://x/'><b/></a>"), xmlsec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	b := doc.Root.Elements()[0]
	var out bytes.Buffer
	if err := doc.WriteCanonical(&out, xmlsec.Canonical{Method: xmlsec.C14N11, Apex: b}); fault.CodeOf(err) != "xml.base" {
		t.Error(err)
	}
	if err := doc.WriteCanonical(&out, xmlsec.Canonical{Method: "http://www.w3.org/TR/1999/REC-xslt-19991116"}); fault.CodeOf(err) != "xmldsig.algorithm" {
		t.Error(err)
	}
}

// What is canonical stays the same when it is read and canonicalised again.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte("<a xmlns:p='urn:x' p:b='&#10;'><p:c xmlns=''>&amp;<!-- --><?p?></p:c></a>"))
	f.Add([]byte("<?xml version=\"1.0\"?><a><![CDATA[x]]></a>"))
	f.Add([]byte("<a xmlns='urn:x'><b xmlns='' xml:lang='et'/></a>\r\n<!-- -->"))
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := xmlsec.Parse(text, xmlsec.Limits{Size: 1 << 16, Elements: 1000})
		if err != nil {
			if fault.CodeOf(err) == "" {
				t.Fatalf("a refusal without a code: %v", err)
			}
			return
		}
		for _, m := range []xmlsec.Method{xmlsec.C14N10WithComments, xmlsec.C14N11WithComments, xmlsec.ExclusiveC14NWithRemark} {
			var once, twice bytes.Buffer
			if err := doc.WriteCanonical(&once, xmlsec.Canonical{Method: m}); err != nil {
				t.Fatal(err)
			}
			again, err := xmlsec.Parse(once.Bytes(), xmlsec.Limits{})
			if err != nil {
				t.Fatalf("the canonical form %q is not XML: %v", once.Bytes(), err)
			}
			if err := again.WriteCanonical(&twice, xmlsec.Canonical{Method: m}); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(once.Bytes(), twice.Bytes()) {
				t.Fatalf("%s: %q became %q", m, once.Bytes(), twice.Bytes())
			}
		}
	})
}
