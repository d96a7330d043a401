package pades_test

import (
	"fmt"
	"strings"
	"testing"

	"eidgate/sign"
)

const certStream = "<< /Length 3 >>\nstream\n0\x01\x00\nendstream"

// naming is a signature that permits filling in and says what it signs, as
// Acrobat and pyHanko do.
func naming(data string) bent {
	return bent{dict: "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 2 /V /1.2 >> >> " +
		"<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /Action /Include /Fields [(amount)] /V /1.2 >> " + data + " >>]"}
}

// withDSS adds validation data to the catalog.
func withDSS(t *testing.T, doc []byte) []byte {
	return objects(doc, plus(edit(t, doc, 1, "/Pages", "/DSS 850 0 R /Pages"), map[int]string{
		850: "<< /Type /DSS /Certs [851 0 R] >>", 851: certStream,
	}))
}

// A signature that names the catalog as its Data may be followed by all that
// another one may be followed by.
func TestSignatureNamesCatalog(t *testing.T) {
	o := newOffice(t)
	signed := naming("/Data 1 0 R").apply(t, o, application())
	filled := objects(signed, filledName(t, signed, "Mari", shows("Mari")))
	later := archived(o)
	later.name, later.shift = "Archive", 30
	for title, doc := range map[string][]byte{
		"validation data": withDSS(t, signed),
		"time-stamp":      later.apply(t, o, withDSS(t, signed)),
		"filled in":       later.apply(t, o, withDSS(t, filled)),
		"and filled in":   objects(withDSS(t, signed), filledName(t, signed, "Mari", shows("Mari"))),
		"signed again":    o.sign(t, withDSS(t, filled), sign.LevelLT),
	} {
		t.Run(title, func(t *testing.T) {
			save(t, doc)
			if r := report(t, doc, o.Trust(true)); r.Signatures[0].Indication != sign.TotalPassed {
				t.Error(r.Text())
			}
		})
	}
}

// What looks like the Data of a signature and is a use of the object, and what
// is not the catalog.
func TestForgedData(t *testing.T) {
	o := newOffice(t)
	const plain = "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(amount)] /V /1.2 >> /Data 1 0 R >>]"
	for title, c := range map[string]struct {
		prepare func(t *testing.T) map[int]string
		dict    string
		after   func(t *testing.T, doc []byte) []byte
		code    string
	}{
		"the page says so": {func(t *testing.T) map[int]string {
			return edit(t, application(), 3, "/MediaBox", plain+" /MediaBox")
		}, "", withDSS, "pades.shared-object"},
		"a stream says so": {func(t *testing.T) map[int]string {
			return map[int]string{23: strings.Replace(textForm(10, 10, "0 g"), "/Type", plain+" /Type", 1)}
		}, "", withDSS, "pades.shared-object"},
		"a signature that is a property of the page": {func(t *testing.T) map[int]string {
			return edit(t, application(), 3, "/XObject", fmt.Sprintf("/Properties << /P %d 0 R >> /XObject", bentSig))
		}, plain, withDSS, "pades.shared-object"},
		"a signature that is a list of resources": {func(t *testing.T) map[int]string {
			return edit(t, application(), 3, "/XObject << /Seal 23 0 R >>", fmt.Sprintf("/XObject %d 0 R", bentSig))
		}, plain, withDSS, "pades.shared-object"},
		"a catalog that is a list of resources": {func(t *testing.T) map[int]string {
			return edit(t, application(), 3, "/XObject << /Seal 23 0 R >>", "/XObject 1 0 R")
		},
			plain, withDSS, "pades.shared-object"},
		"under another key":         {nil, plain + " /Prop_Build 1 0 R", withDSS, "pades.shared-object"},
		"Data beside the reference": {nil, "/Data 1 0 R", withDSS, "pades.shared-object"},
		"Data without a list":       {nil, "/Reference << /TransformMethod /FieldMDP /Data 1 0 R >>", withDSS, "pades.certified-changed"},
		"a list in the list":        {nil, "/Reference [[<< /TransformMethod /DocMDP /Data 1 0 R >>]]", withDSS, "pades.certified-changed"},
		"Data without a method":     {nil, "/Reference [<< /Type /SigRef /Data 1 0 R >>]", withDSS, "pades.shared-object"},
		"Data with a list":          {nil, strings.Replace(plain, "/Data 1 0 R", "/Data [1 0 R]", 1), withDSS, "pades.shared-object"},
		"Data twice":                {nil, strings.Replace(plain, "/Data 1 0 R", "/Data 1 0 R /Data 1 0 R", 1), withDSS, "pades.shared-object"},
		"with resources":            {nil, strings.Replace(plain, "/Data 1 0 R", "/Data 1 0 R /XObject 1 0 R", 1), withDSS, "pades.shared-object"},
		"in the parameters":         {nil, strings.Replace(plain, "/V /1.2", "/V /1.2 /Data 1 0 R", 1), withDSS, "pades.shared-object"},
		"Data is the form": {nil, strings.Replace(plain, "1 0 R", "9 0 R", 1), func(t *testing.T, doc []byte) []byte {
			return o.sign(t, doc, sign.LevelB)
		}, "pades.shared-object"},
		"Data is a field": {nil, naming("/Data 8 0 R").dict, func(t *testing.T, doc []byte) []byte {
			return objects(doc, filledName(t, doc, "Mari", shows("Mari")))
		}, "pades.shared-object"},
		"Data is an appearance": {nil, strings.Replace(naming("/Data 20 0 R").dict, "(amount)", "(agree)", 1), func(t *testing.T, doc []byte) []byte {
			return objects(doc, plus(edit(t, doc, 6, "(100)", "(250)"), map[int]string{20: textForm(200, 20, "0.9 g 0 0 200 20 re f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET")}))
		}, "pades.fill-appearance"},
		"Data is the information": {nil, strings.Replace(plain, "1 0 R", "11 0 R", 1), func(t *testing.T, doc []byte) []byte {
			return objects(doc, edit(t, doc, 11, "20260101", "20260701"))
		}, "pades.info-changed"},
		"Data is the page": {nil, strings.Replace(plain, "1 0 R", "3 0 R", 1), func(t *testing.T, doc []byte) []byte {
			return objects(doc, edit(t, doc, 3, "595", "100"))
		}, "pades.page-changed"},
		"Data is another catalog": {func(*testing.T) map[int]string {
			return map[int]string{28: "<< /Type /Catalog /Pages 2 0 R >>"}
		}, strings.Replace(plain, "1 0 R", "28 0 R", 1), func(t *testing.T, doc []byte) []byte {
			return objects(doc, map[int]string{28: "<< /Type /Catalog /Pages 2 0 R /DSS << >> >>"})
		}, "pades.catalog-changed"},
		"another catalog takes its place": {func(*testing.T) map[int]string {
			return map[int]string{28: "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R >>"}
		}, strings.Replace(plain, "1 0 R", "28 0 R", 1), func(t *testing.T, doc []byte) []byte {
			return amend(doc, amendment{trailer: "/Root 28 0 R /Info 11 0 R", objects: map[int]string{28: "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R /DSS << >> >>"}})
		}, "pades.catalog-replaced"},
		"Data is the DSS": {func(t *testing.T) map[int]string {
			return plus(edit(t, application(), 1, "/Pages", "/DSS 28 0 R /Pages"), map[int]string{28: "<< /Type /DSS >>"})
		}, strings.Replace(plain, "1 0 R", "28 0 R", 1), func(t *testing.T, doc []byte) []byte {
			return objects(doc, map[int]string{28: "<< /Type /DSS /Certs [851 0 R] >>", 851: certStream})
		}, "pades.shared-object"},
	} {
		t.Run(title, func(t *testing.T) {
			doc := application()
			if c.prepare != nil {
				doc = objects(doc, c.prepare(t))
			}
			wantForged(t, o, c.after(t, bent{dict: c.dict}.apply(t, o, doc)), c.code)
		})
	}
}

// A lock of ours names the catalog and reaches level LT, and goes on from there.
func TestLockNamesCatalog(t *testing.T) {
	o := newOffice(t)
	doc := objects(application(), edit(t, application(), 19, "/T (Second)", "/T (Second) /Lock << /Type /SigFieldLock /Action /Include /Fields [(amount)] >>"))
	opts := o.options(sign.LevelLT)
	opts.Field = "Second"
	signed := o.signWith(t, doc, opts)
	filled := objects(archived(o).apply(t, o, signed), filledName(t, signed, "Mari", shows("Mari")))
	if r := report(t, filled, o.Trust(true)); !r.Valid() {
		t.Error(r.Text())
	}
	wantForged(t, o, objects(signed, plus(edit(t, signed, 6, "(100)", "(250)"), nil)), "pades.field-locked")
}
