package pades_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/sign"
	"eidgate/sign/pades"
)

// application is a form: text fields, one empty and one filled in, a check box,
// radio buttons, a drop-down list, fields that are not for filling in, a group,
// and an empty signature field.
func application() []byte {
	stream := func(dict, data string) string {
		return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
	}
	const widget = "/Type /Annot /Subtype /Widget /P 3 0 R /F 4 "
	return samplepdf.Write("1.7", "/Root 1 0 R /Info 11 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /Seal 23 0 R >> >> /Annots 14 0 R >>",
		stream("", "BT /F1 24 Tf 72 780 Td (Application for 100 euros) Tj ET"),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		"<< "+widget+"/FT /Tx /T (amount) /V (100) /Rect [72 660 272 680] /DA (/Helv 12 Tf 0 0 0.5 rg) /MK << /BG [0.9] >> /AP << /N 20 0 R >> >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>",
		"<< "+widget+"/FT /Tx /T (name) /Rect [72 700 272 720] /DA (/Helv 12 Tf 0 g) >>",
		"<< /Fields [8 0 R 6 0 R 10 0 R 30 0 R 27 0 R 15 0 R 16 0 R 18 0 R 19 0 R 25 0 R 26 0 R] /DR << /Font << /Helv 5 0 R /ZaDb 7 0 R >> >> /DA (/Helv 0 Tf 0 g) >>",
		"<< "+widget+"/FT /Btn /T (agree) /V /Off /AS /Off /Rect [72 630 92 650] /AP << /N << /Yes 21 0 R /Off 22 0 R >> >> >>",
		"<< /Title (Application) /ModDate (D:20260101000000Z) >>",
		"<< "+widget+"/Parent 30 0 R /AS /Off /Rect [72 600 92 620] /AP << /N << /small 21 0 R /Off 22 0 R >> >> >>",
		"<< "+widget+"/Parent 30 0 R /AS /Off /Rect [112 600 132 620] /AP << /N << /large 21 0 R /Off 22 0 R >> >> >>",
		"[8 0 R 6 0 R 10 0 R 12 0 R 13 0 R 27 0 R 15 0 R 17 0 R 18 0 R 19 0 R 25 0 R 26 0 R]",
		"<< "+widget+"/FT /Tx /Ff 1 /T (fixed) /V (7) /Rect [72 530 172 550] >>",
		"<< /T (person) /FT /Tx /Kids [17 0 R] >>",
		"<< "+widget+"/Parent 16 0 R /T (given) /Rect [72 500 272 520] >>",
		"<< "+widget+"/FT /Btn /Ff 65536 /T (send) /Rect [72 470 172 490] /AP << /N 21 0 R >> >>",
		"<< "+widget+"/FT /Sig /T (Second) /Rect [0 0 0 0] >>",
		stream("/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /Helv 5 0 R >> >>", "/Tx BMC 0.9 g 0 0 200 20 re f q BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (100) Tj ET Q EMC"),
		stream("/Type /XObject /Subtype /Form /BBox [0 0 20 20] /Resources << /Font << /ZaDb 7 0 R >> >>", "BT /ZaDb 16 Tf 2 4 Td (4) Tj ET"),
		stream("/Type /XObject /Subtype /Form /BBox [0 0 20 20]", ""),
		stream("/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /Helv 5 0 R >> >>", "BT 0 g /Helv 12 Tf 2 5 Td (999) Tj ET"),
		stream("/Type /XObject /Subtype /Form /BBox [0 0 100 20] /Resources << /Font << /Helv 5 0 R >> >>", "/Tx BMC BT 0 g /Helv 12 Tf 2 5 Td (red) Tj ET EMC"),
		"<< /Type /Annot /Subtype /Widget /P 3 0 R /F 2 /FT /Tx /T (hidden) /Rect [72 440 272 460] >>",
		"<< "+widget+"/FT /Tx /T (short) /MaxLen 3 /Rect [72 410 272 430] >>",
		"<< "+widget+"/FT /Ch /Ff 131072 /T (colour) /Opt [[(r) (red)] [(g) (green)]] /V (r) /Rect [72 560 172 580] /AP << /N 24 0 R >> >>",
		"(spare)",
		"(spare)",
		"<< /FT /Btn /Ff 49152 /T (size) /V /Off /Kids [12 0 R 13 0 R] >>",
	)
}

// certified is a document with a certification signature.
func (o *office) certified(t testing.TB, doc []byte, p pades.Permission) []byte {
	t.Helper()
	opts := o.options(sign.LevelB)
	opts.Certify = p
	return o.signWith(t, doc, opts)
}

// textForm is an appearance that shows a text.
func textForm(width, height int, content string) string {
	return fmt.Sprintf("<< /Type /XObject /Subtype /Form /BBox [0 0 %d %d] /Resources << /Font << /Helv 5 0 R >> >> /Length %d >>\nstream\n%s\nendstream",
		width, height, len(content), content)
}

func shows(text string) string {
	return textForm(200, 20, "/Tx BMC q BT 0 g /Helv 12 Tf 2 5 Td ("+text+") Tj ET Q EMC")
}

// edit changes the texts of objects: each edit is an object number, what to
// find, and what to put instead.
func edit(t testing.TB, doc []byte, edits ...any) map[int]string {
	t.Helper()
	out := map[int]string{}
	for ; len(edits) >= 3; edits = edits[3:] {
		num, old, is := edits[0].(int), strings.ReplaceAll(edits[1].(string), "<< ", "<<"), edits[2].(string)
		text, ok := out[num]
		if !ok {
			text = strings.Join(strings.Fields(objectText(t, doc, num)), " ")
		}
		if !strings.Contains(text, old) {
			t.Fatalf("object %d has no %q: %s", num, old, text)
		}
		out[num] = strings.Replace(text, old, is, 1)
	}
	return out
}

// plus adds objects.
func plus(a map[int]string, more map[int]string) map[int]string {
	a = maps.Clone(a)
	maps.Copy(a, more)
	return a
}

// filledName fills in the field "name" with an appearance.
func filledName(t testing.TB, doc []byte, value, appearance string) map[int]string {
	return plus(edit(t, doc, 8, "/FT /Tx", "/V ("+value+") /AP << /N 800 0 R >> /FT /Tx"), map[int]string{800: appearance})
}

// Forms are filled in after a certification that permits it, in each way that
// the fields have, and the report names them.
func TestFillAfterCertification(t *testing.T) {
	o := newOffice(t)
	for _, p := range []pades.Permission{pades.PermitForms, pades.PermitAnnotations} {
		signed := o.certified(t, application(), p)
		amount := edit(t, signed, 6, "(100)", "(250)", 6, "20 0 R", "801 0 R")
		for name, c := range map[string]struct {
			objects map[int]string
			fields  []string
		}{
			"text":               {filledName(t, signed, "Mari Mets", shows("Mari Mets")), []string{"name"}},
			"text without looks": {edit(t, signed, 8, "/FT /Tx", "/V (Mari) /M (D:20260601120000Z) /FT /Tx"), []string{"name"}},
			"text in capitals of Latin 1": {plus(edit(t, signed, 8, "/FT /Tx", "/V <FEFF004D00C40052004A> /AP << /N 800 0 R >> /FT /Tx"),
				map[int]string{800: shows("M\\304RJ")}), []string{"name"}},
			"text with kerning": {filledName(t, signed, "AVA", textForm(200, 20, "BT /Helv 12 Tf 1 0 0 1 2 5 Tm [(A) 70 (V) -20 (A)] TJ ET")), []string{"name"}},
			"text in cells":     {filledName(t, signed, "A 19", textForm(200, 20, "BT /Helv 12 Tf 2 5 Td (A) Tj 20 0 Td (1) Tj 10 0 Td (9) Tj ET")), []string{"name"}},
			"text in lines":     {filledName(t, signed, `one\ntwo`, textForm(200, 20, "BT /Helv 8 Tf 10 TL 2 11 Td (one) Tj (two) ' ET")), []string{"name"}},
			"value changed":     {plus(amount, map[int]string{801: textForm(200, 20, "/Tx BMC 0.9 g 0 0 200 20 re f q 1 1 198 18 re W n BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET Q EMC")}), []string{"amount"}},
			"in place": {plus(edit(t, signed, 6, "(100)", "(250)"),
				map[int]string{20: textForm(200, 20, "0.9 g 0 0 200 20 re f q BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET Q")}), []string{"amount"}},
			"own font": {filledName(t, signed, "A", strings.Replace(shows("A"), "5 0 R", "802 0 R", 1)), []string{"name"}},
			"cleared":  {plus(edit(t, signed, 6, "(100)", "()", 6, "20 0 R", "801 0 R"), map[int]string{801: textForm(200, 20, "0.9 g 0 0 200 20 re f /Tx BMC EMC")}), []string{"amount"}},
			"check":    {edit(t, signed, 10, "/V /Off /AS /Off", "/V /Yes /AS /Yes"), []string{"agree"}},
			"radio":    {edit(t, signed, 30, "/V /Off", "/V /large", 13, "/AS /Off", "/AS /large"), []string{"size"}},
			"choice":   {plus(edit(t, signed, 27, "(r) /Rect", "(g) /I [1] /Rect", 27, "24 0 R", "803 0 R"), map[int]string{803: textForm(100, 20, "/Tx BMC BT /Helv 12 Tf 2 5 Td (green) Tj ET EMC")}), []string{"colour"}},
			"group":    {edit(t, signed, 17, "/Rect", "/V (Mari) /Rect"), []string{"person.given"}},
			"several": {plus(edit(t, signed, 17, "/Rect", "/V (Mari) /Rect", 8, "/FT /Tx", "/V (x) /FT /Tx", 11, "20260101", "20260701"),
				nil), []string{"name", "person.given"}},
		} {
			t.Run(fmt.Sprint(name, " at ", p), func(t *testing.T) {
				if _, ok := c.objects[800]; ok && strings.Contains(c.objects[800], "802 0 R") {
					c.objects[802] = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>"
				}
				doc := objects(signed, c.objects)
				save(t, doc)
				wantFilled(t, o, doc, c.fields...)
				again := o.sign(t, doc, sign.LevelB) // the next one signs what was filled in
				r := report(t, again, o.Trust(true))
				if !r.Valid() || len(r.Signatures) != 2 {
					t.Error(r.Text())
				}
			})
		}
	}
}

// wantFilled wants a valid first signature after which fields were filled in.
func wantFilled(t *testing.T, o *office, doc []byte, fields ...string) {
	t.Helper()
	r := report(t, doc, o.Trust(true))
	s := r.Signatures[0]
	if !r.Valid() || !slices.Equal(s.Coverage.Filled(), fields) || s.Coverage.Whole {
		t.Fatalf("filled in are %q, want %q\n%s", s.Coverage.Filled(), fields, r.Text())
	}
	for _, field := range fields {
		if want := fmt.Sprintf("Form field %q was filled in, as the signature permits.", field); !strings.Contains(r.Text(), want) {
			t.Errorf("the text lacks %q\n%s", want, r.Text())
		}
	}
}
