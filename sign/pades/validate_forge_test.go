package pades_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"eidgate/internal/cms"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/testpki"
)

// amendment is an incremental update written by hand: nothing it says has to
// be true.
type amendment struct {
	objects map[int]string // number -> text of the object
	free    []int          // marked as free
	point   map[int]int    // number -> any byte of the file
	gen     map[int]int
	trailer string // instead of /Root 1 0 R /Info 11 0 R
	prev    int    // instead of the last startxref; -1 for none
	hybrid  bool
	size    int    // of the trailer
	end     string // after %%EOF
	junk    string // before the cross-reference section
	tail    string // after the trailer
	decoy   bool   // a second cross-reference section, that startxref does not name
}

var startXRefs = regexp.MustCompile(`startxref\s+(\d+)`)

// lastXRef is where the newest cross-reference section is.
func lastXRef(doc []byte) int {
	all := startXRefs.FindAllSubmatch(doc, -1)
	n, err := strconv.Atoi(string(all[len(all)-1][1]))
	if err != nil {
		panic(err)
	}
	return n
}

// amend appends the update.
func amend(doc []byte, a amendment) []byte {
	b := bytes.NewBuffer(bytes.Clone(doc))
	entries := map[int]string{}
	for _, num := range slices.Sorted(maps.Keys(a.objects)) {
		entries[num] = fmt.Sprintf("%010d %05d n \n", b.Len(), a.gen[num])
		fmt.Fprintf(b, "%d %d obj\n%s\nendobj\n", num, a.gen[num], a.objects[num])
	}
	for _, num := range a.free {
		entries[num] = "0000000000 00001 f \n"
	}
	for num, at := range a.point {
		entries[num] = fmt.Sprintf("%010d %05d n \n", at, a.gen[num])
	}
	trailer := a.trailer
	if trailer == "" {
		trailer = "/Root 1 0 R /Info 11 0 R"
	}
	if a.hybrid {
		rows, at := "\x01\x00\x00\x00", b.Len()
		fmt.Fprintf(b, "900 0 obj\n<< /Type /XRef /Size 901 /W [1 2 1] /Index [899 1] /Length 4 >>\nstream\n%s\nendstream\nendobj\n", rows)
		trailer += fmt.Sprintf(" /XRefStm %d", at)
	}
	switch a.prev {
	case 0:
		trailer += fmt.Sprintf(" /Prev %d", lastXRef(doc))
	case -1:
	default:
		trailer += fmt.Sprintf(" /Prev %d", a.prev)
	}
	b.WriteString(a.junk)
	start := b.Len()
	sections := 1
	if a.decoy {
		sections = 2
	}
	for range sections {
		b.WriteString("xref\n")
		for _, num := range slices.Sorted(maps.Keys(entries)) {
			fmt.Fprintf(b, "%d 1\n%s", num, entries[num])
		}
		size := a.size
		if size == 0 {
			size = 1000 + len(doc) // never smaller than the last
		}
		fmt.Fprintf(b, "trailer\n<< /Size %d %s >>\n", size, trailer)
	}
	fmt.Fprintf(b, "%sstartxref\n%d\n%%%%EOF\n%s", a.tail, start, a.end)
	return b.Bytes()
}

// objects is the commonest amendment.
func objects(doc []byte, objects map[int]string) []byte {
	return amend(doc, amendment{objects: objects})
}

// objectText is an object as the newest revision has it, without "obj" and
// "endobj".
func objectText(t testing.TB, doc []byte, num int) string {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(doc), int64(len(doc)))
	if err != nil {
		t.Fatal(err)
	}
	o, err := f.Latest().Object(num)
	if err != nil || o == nil {
		t.Fatalf("object %d: %v", num, err)
	}
	return string(pdf.Append(nil, o.Value))
}

// signature finds the newest signature of a document.
func lastSignature(t testing.TB, doc []byte) pdf.Signature {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(doc), int64(len(doc)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Latest().Signatures()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d signatures, %v", len(all), err)
	}
	return all[len(all)-1]
}

// bent is a signature made by hand with a real key: each part can be made
// wrong.
type bent struct {
	key       testpki.Identity
	subFilter string
	kind      string // Sig or DocTimeStamp
	dict      string // more entries of the signature dictionary
	field     string // more entries of the field
	name      string
	byteRange func(a, b, size int) string                         // what the dictionary says
	covered   func(doc []byte, a, b int) []byte                   // what is really signed
	message   func(t testing.TB, d []byte, c cms.Template) []byte // instead of a CMS signature
	contents  func(hex string) string                             // how the value is written
	decoy     bool
	more      map[int]string // other objects of the update
	rect      string         // of the widget
	flags     string         // of the widget, 132 when empty
	shift     int            // of the object numbers
}

// Numbers of the objects that a bent signature writes.
const (
	bentField = 700
	bentSig   = 701
)

const bentSpace = 20000

// apply signs the document.
func (s bent) apply(t testing.TB, o *office, doc []byte) []byte {
	t.Helper()
	if s.key.Key == nil {
		s.key = o.card
	}
	if s.subFilter == "" {
		s.subFilter = "ETSI.CAdES.detached"
	}
	if s.name == "" {
		s.name = "Bent"
	}
	if s.kind == "" {
		s.kind = "Sig"
	}
	if s.flags == "" {
		s.flags = "132"
	}
	if s.rect == "" {
		s.rect = "[0 0 0 0]"
	}
	hole := "<" + string(bytes.Repeat([]byte("0"), bentSpace)) + ">"
	byteRangeHole := fmt.Sprintf("%-60s", "@@")
	field, sig := bentField+s.shift, bentSig+s.shift
	all := map[int]string{
		field: fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /Rect %s /F %s /P 4 0 R /V %d 0 R %s >>", s.name, s.rect, s.flags, sig, s.field),
		sig: fmt.Sprintf("<< /Type /%s /Filter /Adobe.PPKLite /SubFilter /%s /M (D:20260601120000Z) %s /ByteRange %s /Contents %s >>",
			s.kind, s.subFilter, s.dict, byteRangeHole, hole),
		9: withItem(objectText(t, doc, 9), "/Fields", field), 14: withItem(objectText(t, doc, 14), "", field),
	}
	maps.Copy(all, s.more)
	signed := amend(doc, amendment{objects: all, decoy: s.decoy})
	a := bytes.LastIndex(signed, []byte(hole))
	b := a + len(hole)
	text := fmt.Sprintf("[0 %d %d %d]", a, b, len(signed)-b)
	if s.byteRange != nil {
		text = s.byteRange(a, b, len(signed))
	}
	signed = bytes.Replace(signed, []byte(byteRangeHole), []byte(fmt.Sprintf("%-60s", text)), 1)
	covered := slices.Concat(signed[:a], signed[b:])
	if s.covered != nil {
		covered = s.covered(signed, a, b)
	}
	h := crypto.SHA256.New()
	h.Write(covered)
	template := cms.Template{Hash: crypto.SHA256, Digest: h.Sum(nil), Certificate: s.key.Cert}
	template.Chain = append(template.Chain, o.Issuer.Cert)
	var message []byte
	if s.message != nil {
		message = s.message(t, h.Sum(nil), template)
	} else {
		message = signCMS(t, template, s.key)
	}
	value := hex.EncodeToString(message)
	value = "<" + value + hole[1+len(value):]
	if s.contents != nil {
		value = s.contents(value)
	}
	if len(value) != len(hole) {
		t.Fatalf("a value of %d instead of %d bytes", len(value), len(hole))
	}
	copy(signed[a:], value)
	return signed
}

func signCMS(t testing.TB, template cms.Template, key testpki.Identity) []byte {
	t.Helper()
	p, err := cms.Prepare(template)
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.Sign(rand.Reader, key.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// withItem adds a reference to the array under key, or to the array that the
// text is.
func withItem(text, key string, num int) string {
	at := bytes.Index([]byte(text), []byte(key)) + len(key)
	open := at + bytes.IndexByte([]byte(text)[at:], '[') + 1
	return fmt.Sprintf("%s%d 0 R %s", text[:open], num, text[open:])
}
