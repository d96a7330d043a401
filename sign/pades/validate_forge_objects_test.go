package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/sign"
)

// heir is a document whose page inherits all it can, whose resources and form
// have names that must be escaped, and whose second page is cropped.
func heir() []byte {
	stream := func(data string) string {
		return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(data), data)
	}
	return samplepdf.Write("1.7", "/Root 1 0 R /Info 11 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R >>",
		"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /Rotate 0 /MediaBox [0 0 595 842] /Resources << /Font << /F1 7 0 R >> >> >>",
		"<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Annots [10 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /CropBox [0 0 595 400] /Contents 6 0 R /Annots 14 0 R /Resources << /Font << /F1 7 0 R /F#80 8 0 R /F 7 0 R /G#234 8 0 R >> >> >>",
		stream("BT /F1 24 Tf 72 700 Td (Pay 100 euros) Tj ET"),
		stream("BT /F1 24 Tf 72 700 Td (Page two) Tj ET"),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
		"<< /Fields [10 0 R 15 0 R] /SigFlags 0 >>",
		"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (100) /Rect [100 100 200 120] /P 3 0 R >>",
		"<< /Title (Contract) >>", "null", "null",
		"[15 0 R]",
		"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Second) /Rect [0 0 0 0] /P 4 0 R >>",
	)
}

// Objects that are written again and say the same to us and something else to
// other programs.
func TestForgedNotation(t *testing.T) {
	o := newOffice(t)
	signed := o.sign(t, heir(), sign.LevelB)
	first, second, form := objectText(t, signed, 3), objectText(t, signed, 4), objectText(t, signed, 10)
	swap := func(text, old, fresh string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("no %q in %q", old, text)
		}
		return strings.Replace(text, old, fresh, 1)
	}
	for name, c := range map[string]struct {
		num  int
		text string
		code string
	}{
		"as it was":                    {3, first, ""},
		"as it was, escaped otherwise": {4, swap(second, "/F#80", "/#46#80"), ""},
		"resources that are null":      {3, swap(first, "/Parent", "/Resources null /Parent"), "pades.page-changed"},
		"rotation that is null":        {3, swap(first, "/Parent", "/Rotate null /Parent"), "pades.page-changed"},
		"box that is null":             {3, swap(first, "/Parent", "/MediaBox null /Parent"), "pades.page-changed"},
		"value that is null":           {15, swap(objectText(t, signed, 15), "/FT", "/Parent null /FT"), "pades.signature-changed"},
		"name with a raw byte":         {4, swap(second, "/F#80", "/F\x80"), "pades.ambiguous-object"},
		"name with half an escape":     {4, swap(second, "/G#234", "/G#4"), "pades.ambiguous-object"},
		"name with a bare mark":        {4, swap(second, "/G#234", "/G#4z"), "pades.page-changed"},
		"number of many digits":        {4, swap(second, "[0 0 595 400]", "["+strings.Repeat("0", 65)+"0 595 400]"), "pdf.limit"},
		"key twice, deep":              {4, swap(second, "/Font <<", "/Font << /F1 8 0 R"), "pades.page-changed"},
		"note written twice":           {10, swap(form, "/V (100)", "/V (100) /MK << /CA (a) /CA (a) >>"), "pades.form-value-changed"},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, o, objects(signed, map[int]string{c.num: c.text}), c.code) })
	}
	// The name that PDFium reads otherwise was there, and is written as it was.
	odd := o.sign(t, objects(heir(), map[int]string{4: swap(objectText(t, heir(), 4), "/F#80", "/F\x80")}), sign.LevelB)
	wantRefused(t, o, objects(odd, map[int]string{4: swap(objectText(t, odd, 4), "/F#80", "/F\x80")}), "")
	wantRefused(t, o, objects(odd, map[int]string{4: objectText(t, odd, 4)}), "pades.ambiguous-object")
	double := o.sign(t, objects(heir(), map[int]string{4: swap(objectText(t, heir(), 4), "/Contents 6 0 R", "/Contents 5 0 R /Contents 6 0 R")}), sign.LevelB)
	wantRefused(t, o, objects(double, map[int]string{4: objectText(t, double, 4)}), "pades.ambiguous-object")
	raw := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /G#234z 5 0 R >> >> /Contents 4 0 R >>",
		"<< /Length 37 >>\nstream\nBT /G#234z 24 Tf 72 700 Td (x) Tj ET\nendstream", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	mark := o.sign(t, raw, sign.LevelB)
	text := swap(objectText(t, mark, 3), "/G#234z", "/G#4z")
	wantRefused(t, o, amend(mark, amendment{objects: map[int]string{3: text}, trailer: "/Root 1 0 R"}), "pades.ambiguous-object")
}

// Object streams: their objects end where the next one begins, and what they
// hold is lost with them.
func TestForgedObjectStreams(t *testing.T) {
	o := newOffice(t)
	prepared := packed(t, contract(), map[int]string{7: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", 8: objectText(t, contract(), 8)})
	signed := o.sign(t, prepared, sign.LevelB)
	container := int(opened(t, prepared).Latest().Size()) - 2
	wantRefused(t, o, objects(signed, map[int]string{800: "(x)"}), "")
	wantRefused(t, o, amend(signed, amendment{objects: map[int]string{800: "(x)"}, free: []int{container}}), "pades.object-removed")
	wantRefused(t, o, objects(signed, map[int]string{container: "null"}), "pades.object-removed")

	page := strings.ReplaceAll(objectText(t, signed, 3), "\n", " ")
	whole := packed(t, signed, map[int]string{3: page, 801: "null"})
	wantRefused(t, o, whole, "")
	index := fmt.Sprintf("3 0 801 %d ", len(page)+1)
	for at, code := range map[int]string{40: "pdf.damaged", 0: "pades.ambiguous-object"} {
		short := fmt.Sprintf("3 0 801 %-*d ", len(fmt.Sprint(len(page)+1)), at)
		wantRefused(t, o, tampered(t, whole, len(signed), index, short), code)
	}
}

// A new signature field that is something else, too.
func TestForgedNewFields(t *testing.T) {
	o := newOffice(t)
	signed := o.sign(t, contract(), sign.LevelB)
	for name, c := range map[string]struct {
		doc  []byte
		code string
	}{
		"name of another field":   {bent{name: "amount"}.apply(t, o, signed), "pades.field-added"},
		"name above another":      {bent{name: "group"}.apply(t, o, o.sign(t, objects(contract(), map[int]string{10: "<< /Type /Annot /Subtype /Widget /FT /Tx /T (group.amount) /V (100) /Rect [100 100 200 120] /P 3 0 R >>"}), sign.LevelB)), "pades.field-added"},
		"widget of another field": {kidded(t, o, signed, 10), "pades.field-added"},
		"widget of its own":       {kidded(t, o, signed, bentField), ""},
		"flags that name a file":  {actingField(t, o), "pades.signature-changed"},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, o, c.doc, c.code) })
	}
}

// kidded is signed in a new field whose only widget names a parent.
func kidded(t *testing.T, o *office, signed []byte, parent int) []byte {
	t.Helper()
	doc := bent{
		field: fmt.Sprintf("/Kids [%d 0 R]", bentField+20),
		more: map[int]string{
			bentField + 20: fmt.Sprintf("<< /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 132 /P 4 0 R /Parent %d 0 R >>", parent),
			14:             withItem(objectText(t, signed, 14), "", bentField+20),
		},
	}
	return doc.apply(t, o, signed)
}

// actingField signs a field of the document that may be used as an action: its
// flags become the name of a file.
func actingField(t *testing.T, o *office) []byte {
	t.Helper()
	prepared := o.sign(t, objects(contract(), map[int]string{
		15: "<< /Type /Annot /Subtype /Widget /FT /Sig /S /Launch /F 132 /T (Second) /Rect [0 0 0 0] /P 4 0 R >>",
	}), sign.LevelB)
	opts := o.options(sign.LevelB)
	opts.Field = "Second"
	doc := o.signWith(t, prepared, opts)
	return tampered(t, doc, len(prepared), "/F 132", "/F (a)")
}

// A stream that was too long for its file when it was signed and goes on through
// the signature value, which is not signed: whoever changes unsigned attributes
// changes what the stream shows.
func TestForgedStreamOverSignature(t *testing.T) {
	o := newOffice(t)
	made := func(length int) []byte {
		text := fmt.Sprintf("<< /Length %010d >>\nstream\nBT /F1 24 Tf 72 700 Td (", length)
		prepared := amend(contract(), amendment{objects: map[int]string{5: text}})
		return bent{more: map[int]string{bentSig + 1: "() Tj ET\nendstream endobj )"}}.apply(t, o, prepared)
	}
	short := made(20)
	from := bytes.Index(short, []byte("(\nendobj")) + 1 - len("BT /F1 24 Tf 72 700 Td (")
	to := bytes.Index(short, []byte("\nendstream endobj )"))
	wantRefused(t, o, made(to-from), "pades.object-outside")
	wantRefused(t, o, objects(made(to-from), map[int]string{800: "(x)"}), "pades.object-outside")
}
