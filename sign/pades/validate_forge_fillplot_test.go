package pades_test

import (
	"strings"
	"testing"

	"eidgate/sign"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/pades"
)

// An author with bad intent prepares the form so that what looks like filling
// in does something else; the victim certifies it and permits filling in.
func TestForgedFillingsOfPreparedForms(t *testing.T) {
	o := newOffice(t)
	page := func(resources string) map[int]string {
		return map[int]string{3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> " + resources + " >> /Annots 14 0 R >>"}
	}
	amount := func(doc []byte) []byte { // drawn in place
		return objects(doc, plus(edit(t, doc, 6, "(100)", "(250)"), map[int]string{20: textForm(200, 20, "0.9 g 0 0 200 20 re f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET")}))
	}
	name := func(doc []byte) []byte { return objects(doc, filledName(t, doc, "Mari", shows("Mari"))) }
	original := application()
	for title, c := range map[string]struct {
		prepare map[int]string
		after   func(signed []byte) []byte
		code    string
	}{
		"appearance that the page draws, too": {page("/XObject << /X 20 0 R >>"), amount, "pades.fill-appearance"},
		"appearance of two fields":            {edit(t, original, 26, "/MaxLen 3", "/AP << /N 20 0 R >>"), amount, "pades.fill-appearance"},
		"field that is a list of resources":   {page("/XObject 8 0 R"), name, "pades.shared-object"},
		"field that is a page's property":     {page("/Properties << /P 8 0 R >>"), name, "pades.shared-object"},
		"appearances shared by two fields":    {plus(edit(t, original, 6, "<< /N 20 0 R >>", "28 0 R", 26, "/MaxLen 3", "/AP 28 0 R"), map[int]string{28: "<< /N 20 0 R >>"}), amount, "pades.fill-appearance"},
		"appearances that a page lists":       {plus(edit(t, original, 6, "<< /N 20 0 R >>", "28 0 R"), plus(page("/XObject 28 0 R"), map[int]string{28: "<< /N 20 0 R >>"})), amount, "pades.fill-appearance"},
		"resources written again": {plus(edit(t, original, 20, "<< /Font << /Helv 5 0 R >> >>", "28 0 R"), map[int]string{28: "<< /Font << /Helv 5 0 R >> >>"}), func(doc []byte) []byte {
			return objects(doc, plus(edit(t, doc, 6, "(100)", "(250)"), map[int]string{28: "<< /Font << /Helv 5 0 R /X 7 0 R >> >>", 20: strings.Replace(textForm(200, 20, "0.9 g 0 0 200 20 re f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET"), "<< /Font << /Helv 5 0 R >> >>", "28 0 R", 1)}))
		}, "pades.object-changed"},
		"two fields of one name": {edit(t, original, 26, "(short)", "(name)"), name, "pades.fill-field"},
		"widget that names another field": {edit(t, original, 12, "/Parent 30 0 R", "/Parent 16 0 R"), func(doc []byte) []byte {
			return objects(doc, edit(t, doc, 30, "/V /Off", "/V /small", 12, "/AS /Off", "/AS /small"))
		}, "pades.fill-field"},
		"name that depends on the way": {edit(t, original, 17, "/Parent 16 0 R", "/Parent 15 0 R"), func(doc []byte) []byte {
			return objects(doc, edit(t, doc, 17, "/Rect", "/V (x) /Rect"))
		}, "pades.fill-field"},
		"read-only by its group": {edit(t, original, 16, "/FT", "/Ff 1 /FT"), func(doc []byte) []byte {
			return objects(doc, edit(t, doc, 17, "/Rect", "/V (x) /Rect"))
		}, "pades.fill-field"},
		"XFA form":                 {edit(t, original, 9, "/DA", "/XFA 28 0 R /DA"), name, "pades.fill-xfa"},
		"rich text":                {edit(t, original, 8, "/FT", "/RV (x) /FT"), name, "pades.fill-field"},
		"layer":                    {edit(t, original, 8, "/FT", "/OC << >> /FT"), name, "pades.fill-field"},
		"flags that are no number": {edit(t, original, 8, "/F 4", "/F 4.0"), name, "pades.fill-field"},
		"password shown":           {edit(t, original, 8, "/FT", "/Ff 8192 /FT"), name, "pades.fill-mismatch"},
		"file to be chosen":        {edit(t, original, 8, "/FT", "/Ff 1048576 /FT"), name, "pades.fill-field"},
		"no place":                 {edit(t, original, 8, "[72 700 272 720]", "[72 700 72 720]"), name, "pades.fill-appearance"},
		"value hidden behind its appearance": {edit(t, original, 6, "(100)", "(999)"), func(doc []byte) []byte {
			return objects(doc, edit(t, doc, 9, "/DA", "/NeedAppearances true /DA"))
		}, "pades.form-changed"},
		"appearance hidden behind its value": {edit(t, original, 6, "(100)", "(999)", 9, "/DA", "/NeedAppearances true /DA"), func(doc []byte) []byte {
			return objects(doc, edit(t, doc, 9, "/NeedAppearances true", ""))
		}, "pades.form-changed"},
		"NeedAppearances that is no yes or no": {nil, func(doc []byte) []byte {
			return objects(doc, edit(t, doc, 9, "/DA", "/NeedAppearances 28 0 R /DA"))
		}, "pades.form-changed"},
		"hybrid": {nil, func(doc []byte) []byte {
			return amend(doc, amendment{objects: filledName(t, doc, "Mari", shows("Mari")), hybrid: true})
		}, "pades.hybrid-update"},
		"another object in passing": {nil, func(doc []byte) []byte {
			return amend(doc, amendment{objects: filledName(t, doc, "Mari", shows("Mari")), junk: "4 0 obj\n(x)\nendobj\n"})
		}, "pades.unlisted-object"},
		"an object disguised in a value": {nil, func(doc []byte) []byte {
			return objects(doc, filledName(t, doc, "4 0 obj (x) endobj", shows("4 0 obj \\(x\\) endobj")))
		}, "pades.unlisted-object"},
		"the old appearance freed": {nil, func(doc []byte) []byte {
			return amend(doc, amendment{free: []int{20}, objects: plus(edit(t, doc, 6, "(100)", "(250)", 6, "20 0 R", "801 0 R"),
				map[int]string{801: textForm(200, 20, "0.9 g 0 0 200 20 re f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET")})})
		}, "pades.object-removed"},
		"appearance changed afterwards": {nil, func(doc []byte) []byte {
			return objects(name(doc), map[int]string{800: shows("Malle")})
		}, "pades.fill-mismatch"},
		"appearance put on the page afterwards": {nil, func(doc []byte) []byte {
			return objects(name(doc), map[int]string{4: shows("Mari")})
		}, "pades.content-changed"},
		"appearance awaited by the page": {page("/XObject << /X 800 0 R >>"), name, "pades.fill-appearance"},
	} {
		t.Run(title, func(t *testing.T) {
			doc := original
			if c.prepare != nil {
				doc = objects(doc, c.prepare)
			}
			wantForged(t, o, c.after(o.certified(t, doc, pades.PermitForms)), c.code)
		})
	}
}

// Several signatures: each must permit what comes after it.
func TestFillBetweenSignatures(t *testing.T) {
	o := newOffice(t)
	fill := func(doc []byte) []byte { return objects(doc, filledName(t, doc, "Mari", shows("Mari"))) }
	certified := o.certified(t, application(), pades.PermitForms)
	approved := o.sign(t, certified, sign.LevelB)
	codes := func(doc []byte, want ...string) {
		t.Helper()
		save(t, doc)
		r := report(t, doc, o.Trust(true))
		if len(r.Signatures) != len(want) {
			t.Fatalf("%d signatures\n%s", len(r.Signatures), r.Text())
		}
		for i, s := range r.Signatures {
			if s.Code != want[i] || (s.Indication == sign.TotalPassed) != (want[i] == "") {
				t.Errorf("signature %d: %v, code %q, want %q\n%s", i+1, s.Verdict, s.Code, want[i], r.Text())
			}
		}
	}
	codes(fill(approved), "", "")
	if r := report(t, fill(approved), o.Trust(true)); !strings.Contains(r.Text(), "as the document's certification permits") {
		t.Error(r.Text())
	}
	codes(o.sign(t, fill(approved), sign.LevelLT), "", "", "")
	codes(fill(archived(o).apply(t, o, o.sign(t, certified, sign.LevelLT))), "", "", "")

	// The last signature closes the form.
	closed := o.closing(t, approved, "/Action /All")
	codes(closed, "", "", "")
	codes(fill(closed), "", "", "pades.field-locked")
	opts := o.options(sign.LevelB)
	opts.Field = "Second"
	codes(o.signWith(t, closed, pades.Defiant(opts)), "", "", "pades.field-locked", "")

	// A certification by nobody, one that Perms does not name, one that came
	// second, and one that was changed: what is signed after it gains nothing.
	mdp := "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 2 /V /1.2 >> >>]"
	perms := map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R /Perms << /DocMDP 701 0 R >> >>"}
	by := func(b bent, doc []byte) []byte { return b.apply(t, o, doc) }
	codes(fill(o.sign(t, by(bent{dict: mdp, more: perms}, application()), sign.LevelB)), "", "")
	codes(fill(o.sign(t, by(bent{dict: mdp}, application()), sign.LevelB)), "", "pades.form-value-changed")
	codes(fill(o.sign(t, by(bent{dict: mdp, more: perms, key: testpki.New(t).Card("P-256")}, application()), sign.LevelB)),
		"path.signature", "pades.form-value-changed")
	first := o.sign(t, application(), sign.LevelB)
	codes(fill(by(bent{dict: mdp, name: "Two", shift: 30}, first)), "pades.form-value-changed", "")
	cut := strings.Replace(string(certified), "(Application for 100 euros)", "(Application for 999 euros)", 1)
	codes(fill(o.sign(t, []byte(cut), sign.LevelB)), "cms.wrong-digest", "pades.form-value-changed")

	// A lock that stands on the field of the signature.
	locked := objects(application(), edit(t, application(), 19, "/T (Second)", "/T (Second) /Lock << /Type /SigFieldLock /Action /All >>"))
	field := bent{name: "Locking", field: "/Lock << /Type /SigFieldLock /Action /Include /Fields [(name)] >>", dict: mdp}
	codes(fill(by(field, locked)), "pades.field-locked")
	field.field = "/Lock << /Type /SigFieldLock /Action /Include /Fields [(amount)] /P 1 >>"
	codes(fill(by(field, locked)), "pades.certified-changed")
	field.field = "/Lock << /Type /SigFieldLock /Action /Include /Fields [(amount)] >>"
	codes(fill(by(field, locked)), "")
}

// closing adds a signature that locks fields.
func (o *office) closing(t testing.TB, doc []byte, params string) []byte {
	t.Helper()
	b := fieldMDP(params)
	b.name, b.shift = "Closing", 60
	return b.apply(t, o, doc)
}
