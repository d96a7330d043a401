package revisions

import (
	"slices"
	"strings"
	"testing"

	"eidgate/sign/internal/pdf"
)

const frame = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="%"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:p="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">`

func xmp(body string) []byte { return []byte(frame + body + `</r:RDF></x:xmpmeta>`) }

// Two writings of the same content are the same, whatever changes on saving;
// another title is not.
func TestSameMetadata(t *testing.T) {
	base := xmp(`<r:Description r:about="" p:Producer="one" xmp:ModifyDate="2026-01-01" dc:format="application/pdf"><dc:title><r:Alt><r:li xml:lang="x-default">Contract</r:li></r:Alt></dc:title></r:Description>`)
	want, err := properties(base)
	if err != nil || len(want) == 0 {
		t.Fatal(err, want)
	}
	for name, c := range map[string]struct {
		xmp  string
		same bool
	}{
		"elements for attributes": {`<r:Description r:about=""><xmp:ModifyDate>2027</xmp:ModifyDate><dc:format>application/pdf</dc:format></r:Description><r:Description><dc:title><r:Alt><r:li xml:lang="x-default">Contract</r:li></r:Alt></dc:title></r:Description>`, true},
		"another title":           {`<r:Description dc:format="application/pdf"><dc:title><r:Alt><r:li xml:lang="x-default">Forged</r:li></r:Alt></dc:title></r:Description>`, false},
		"one more title":          {`<r:Description dc:format="application/pdf"><dc:title><r:Alt><r:li xml:lang="x-default">Contract</r:li><r:li xml:lang="et">Muu</r:li></r:Alt></dc:title></r:Description>`, false},
		"title elsewhere":         {`<r:Description dc:format="application/pdf"><dc:subject><r:Alt><r:li xml:lang="x-default">Contract</r:li></r:Alt></dc:subject></r:Description>`, false},
		"title gone":              {`<r:Description dc:format="application/pdf"/>`, false},
		"text between":            {`x<r:Description dc:format="application/pdf"><dc:title><r:Alt><r:li xml:lang="x-default">Contract</r:li></r:Alt></dc:title></r:Description>`, false},
	} {
		got, err := properties(xmp(c.xmp))
		if err != nil || slices.Equal(got, want) != c.same {
			t.Errorf("%s: same is not %v (%v)\n%q\n%q", name, c.same, err, got, want)
		}
	}
}

// What is not plain XML is not compared.
func TestMetadataThatIsNotXMP(t *testing.T) {
	deep := ""
	for range 100 {
		deep += "<a>"
	}
	long := strings.Repeat("n", 100_000)
	grown := "<" + long + ">" + strings.Repeat("<a/>", 1000) + "</" + long + ">"
	for _, in := range []string{grown, "<a>", "x<", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, deep, "<a>&unknown;</a>"} {
		if found, err := properties([]byte(in)); err == nil {
			t.Errorf("%.100q gives %d properties", in, len(found))
		}
	}
}

// Added metadata may repeat the document information and nothing else.
func TestAddedMetadata(t *testing.T) {
	info := pdf.Dict{}.With("Title", pdf.EncodeText("Contract"))
	for body, allowed := range map[string]bool{
		`<r:Description xmp:CreateDate="2026" p:Producer="x"/>`:                                                         true,
		`<r:Description><dc:title><r:Alt><r:li xml:lang="x-default">Contract</r:li></r:Alt></dc:title></r:Description>`: true,
		`<r:Description><dc:title><r:Alt><r:li xml:lang="x-default">Forged</r:li></r:Alt></dc:title></r:Description>`:   false,
		`<r:Description p:Keywords="paid"/>`:                                                                            false,
	} {
		found, err := properties(xmp(body))
		if err != nil {
			t.Fatal(err)
		}
		if got := !slices.ContainsFunc(found, func(line string) bool { return !repeats(line, info) }); got != allowed {
			t.Errorf("%s: allowed %v, want %v", body, got, allowed)
		}
	}
}

// FuzzProperties: any metadata is read or refused.
func FuzzProperties(f *testing.F) {
	f.Add(xmp(`<r:Description dc:format="application/pdf"/>`))
	f.Fuzz(func(t *testing.T, in []byte) {
		found, err := properties(in)
		if err == nil && !slices.IsSorted(found) {
			t.Errorf("not sorted: %q", found)
		}
	})
}
