package pades_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/pades"
)

// draws is a form that shows another sum.
const draws = "<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 7 0 R >> >> /Length 51 >>\nstream\nBT /F1 24 Tf 72 700 Td (Pay 999999999 euros) Tj ET\nendstream"

// pageOf is page one with other resources.
func pageOf(resources string) string {
	return "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 7 0 R >> " + resources + " >> /Annots [8 0 R 10 0 R] >>"
}

const catalogHead = "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R /Metadata 12 0 R "

// An author with bad intent prepares a document in which something that later
// revisions may change is at the same time something that a page draws; the
// victim signs, and then it is changed.
func TestShadowsOfSharedObjects(t *testing.T) {
	o := newOffice(t)
	for name, c := range map[string]struct {
		prepare map[int]string
		after   func(signed []byte) []byte
		code    string
	}{
		"signature field is a resource": {
			map[int]string{3: pageOf("/XObject 15 0 R")},
			func(doc []byte) []byte {
				opts := o.options(sign.LevelB)
				opts.Field = "Second"
				return o.signWith(t, doc, pades.Defiant(opts))
			}, "pades.shared-object",
		},
		"VRI becomes a form": {
			map[int]string{1: catalogHead + "/DSS 20 0 R >>", 20: "<< /Type /DSS /VRI 21 0 R >>", 21: "<< >>", 3: pageOf("/XObject 20 0 R")},
			func(doc []byte) []byte { return objects(doc, map[int]string{21: draws}) }, "",
		},
		"VRI entry of a shared DSS": {
			map[int]string{1: catalogHead + "/DSS 20 0 R >>", 20: "<< /Type /DSS /VRI 21 0 R >>", 21: "<< >>", 3: pageOf("/XObject 20 0 R")},
			func(doc []byte) []byte {
				return objects(doc, map[int]string{21: "<< /ABC << /Cert [800 0 R] >> >>", 800: draws})
			}, "pades.shared-object",
		},
		"extensions become a form": {
			map[int]string{
				1:  catalogHead + "/Extensions 20 0 R >>",
				20: "<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length 51 >>", 3: pageOf("/XObject 21 0 R"), 21: "<< /Extensions 20 0 R >>",
			},
			func(doc []byte) []byte {
				return objects(doc, map[int]string{20: strings.Replace(draws, "/Resources << /Font << /F1 7 0 R >> >> ", "", 1)})
			}, "pades.object-changed",
		},
		"extensions shared": {
			map[int]string{1: catalogHead + "/Extensions 20 0 R >>", 20: "<< /ADBE << /BaseVersion /1.7 /ExtensionLevel 3 >> >>", 3: pageOf("/XObject 21 0 R"), 21: "<< /Extensions 20 0 R >>"},
			func(doc []byte) []byte {
				return objects(doc, map[int]string{20: "<< /ADBE << /BaseVersion /1.7 /ExtensionLevel 3 >> /ESIC << /BaseVersion /1.7 /ExtensionLevel 1 >> >>"})
			}, "pades.shared-object",
		},
		"metadata is a glyph": {
			map[int]string{3: pageOf("/Font << /F1 20 0 R >>"), 20: "<< /Type /Font /Subtype /Type3 /CharProcs 21 0 R >>", 21: "<< /Metadata 12 0 R >>"},
			func(doc []byte) []byte {
				data := "500 0 d0 0 0 500 500 re f <x:xmpmeta/>"
				return objects(doc, map[int]string{12: fmt.Sprintf("<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream", len(data), data)})
			}, "pades.metadata-changed",
		},
		"catalog is a resource": {
			map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R >>", 3: pageOf("/XObject 1 0 R")},
			func(doc []byte) []byte {
				data := "BT /F1 24 Tf 72 700 Td (Pay 999) Tj ET <x:xmpmeta/>"
				return objects(doc, map[int]string{
					1:   "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R /Metadata 800 0 R >>",
					9:   objectText(t, doc, 9),
					800: fmt.Sprintf("<< /Type /Metadata /Subtype /Form /BBox [0 0 595 842] /Length %d >>\nstream\n%s\nendstream", len(data), data),
				})
			}, "pades.shared-object",
		},
		"metadata with a preamble": {
			map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R >>"},
			func(doc []byte) []byte {
				data := "BT (Pay 999) Tj ET <x:xmpmeta/>"
				return objects(doc, map[int]string{
					1:   strings.Replace(objectText(t, doc, 1), "/Pages", "/Metadata 800 0 R /Pages", 1),
					800: fmt.Sprintf("<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream", len(data), data),
				})
			}, "pades.metadata-changed",
		},
		"metadata that is no XML": {
			map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 9 0 R >>"},
			func(doc []byte) []byte {
				return objects(doc, map[int]string{
					1:   strings.Replace(objectText(t, doc, 1), "/Pages", "/Metadata 800 0 R /Pages", 1),
					800: "<< /Type /Metadata /Subtype /Form /Length 12 >>\nstream\n<x:xmpmeta/>\nendstream",
				})
			}, "pades.metadata-changed",
		},
		"information is a glyph list": {
			map[int]string{3: pageOf("/Font << /F1 20 0 R >>"), 20: "<< /Type /Font /Subtype /Type3 /CharProcs 11 0 R >>"},
			func(doc []byte) []byte {
				return objects(doc, map[int]string{11: "<< /Title (Contract) /ModDate 800 0 R >>", 800: draws})
			}, "pades.info-changed",
		},
		"date that is no text": {
			nil,
			func(doc []byte) []byte {
				return objects(doc, map[int]string{11: "<< /Title (Contract) /ModDate 800 0 R >>", 800: draws})
			}, "pades.info-changed",
		},
		"information named in passing": {
			map[int]string{3: pageOf("/XObject 20 0 R"), 20: "<< /Info 11 0 R >>"},
			func(doc []byte) []byte {
				return objects(doc, map[int]string{11: "<< /Title (Contract) /ModDate (D:20260601000000Z) >>"})
			}, "pades.info-changed",
		},
		"dictionary becomes a stream": {
			map[int]string{3: pageOf("/XObject << /X 20 0 R >>"), 20: "<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length 51 >>"},
			func(doc []byte) []byte { return objects(doc, map[int]string{20: draws}) }, "pades.content-changed",
		},
		"null becomes content": {
			map[int]string{3: pageOf("/XObject << /X 20 0 R >>"), 20: "null"},
			func(doc []byte) []byte { return objects(doc, map[int]string{20: draws}) }, "pades.content-changed",
		},
		"content becomes null": {
			nil,
			func(doc []byte) []byte { return objects(doc, map[int]string{5: "null"}) }, "pades.object-removed",
		},
		"page that only viewers read, filled in": {
			map[int]string{4: "<< /Type /Page /Rotate --0 /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [6 0 R 600 0 R] /Resources << /Font << /F1 7 0 R >> >> /Annots 14 0 R >>"},
			func(doc []byte) []byte {
				return objects(doc, map[int]string{600: "<< /Length 30 >>\nstream\nBT /F1 24 Tf (Pay 999) Tj ET  \nendstream"})
			}, "pades.unreadable-object",
		},
		"page without an end, filled in": {
			map[int]string{4: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [6 0 R 600 0 R] /Resources << /Font << /F1 7 0 R >> >> /Annots 14 0 R >> endobject"},
			func(doc []byte) []byte {
				return objects(doc, map[int]string{600: "<< /Length 30 >>\nstream\nBT /F1 24 Tf (Pay 999) Tj ET  \nendstream"})
			}, "pades.unreadable-object",
		},
		"form array that is a page's": {
			map[int]string{9: "<< /Fields 14 0 R /SigFlags 0 >>"},
			func(doc []byte) []byte { return o.sign(t, doc, sign.LevelB) }, "pades.shared-object",
		},
	} {
		t.Run(name, func(t *testing.T) {
			doc := contract()
			if c.prepare != nil {
				doc = objects(doc, c.prepare)
			}
			wantForged(t, o, c.after(o.sign(t, doc, sign.LevelB)), c.code)
		})
	}
}

// wantForged wants the first signature refused with a code.
func wantForged(t *testing.T, o *office, doc []byte, code string) {
	t.Helper()
	save(t, doc)
	if code == "" {
		if r, err := pades.Validate(t.Context(), bytes.NewReader(doc), int64(len(doc)), o.Trust(true)); fault.CodeOf(err) != "pdf.damaged" {
			t.Errorf("%v, %v", r, err)
		}
		return
	}
	r := report(t, doc, o.Trust(true))
	if len(r.Signatures) == 0 {
		t.Fatalf("want %q\n%s", code, r.Text())
	}
	if s := r.Signatures[0]; s.Indication == sign.TotalPassed || s.Code != code || r.Valid() {
		t.Errorf("%v, code %q, want %q\n%s", s.Verdict, s.Code, code, r.Text())
	}
}

// What rides on a document time-stamp or on a new signature field.
func TestForgedCompanions(t *testing.T) {
	o := newOffice(t)
	signed := o.sign(t, contract(), sign.LevelLT)
	form := map[int]string{710: draws}
	certified := bent{dict: "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >>]"}.apply(t, o, contract())
	visible := func(b bent) bent {
		b.more = maps.Clone(form)
		b.rect, b.field = "[0 0 595 842]", b.field+" /AP << /N 710 0 R >>"
		return b
	}
	stranger := testpki.New(t).Card("P-256")
	flagged := func(flags string) []byte { // its flags are written again, with the first one for some programs
		b := visible(bent{key: stranger})
		b.flags = flags
		return b.apply(t, o, signed)
	}
	locking := func(params string) []byte {
		doc := bent{dict: "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /V /1.2 " + params + " >> >>]"}.apply(t, o, contract())
		opts := o.options(sign.LevelB)
		opts.Field = "Second"
		return o.signWith(t, doc, pades.Defiant(opts))
	}
	permitting := func(p string, more map[int]string) []byte {
		doc := bent{more: more, dict: "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P " + p + " /V /1.2 >> >>]"}.apply(t, o, contract())
		return bent{name: "Two", shift: 30}.apply(t, o, doc)
	}
	for name, c := range map[string]struct {
		doc  []byte
		code string
	}{
		"flags beyond 32 bits":                    {flagged("4294967298"), "pades.unproven-appearance"},
		"flags beyond 16 bits":                    {flagged("65538"), "pades.unproven-appearance"},
		"flags with a fraction":                   {flagged("2.0"), "pades.unproven-appearance"},
		"flags elsewhere":                         {flagged("5 0 R"), "pades.unproven-appearance"},
		"flags below zero":                        {flagged("-2"), "pades.unproven-appearance"},
		"locked with all fields":                  {locking("/Action /All"), "pades.field-locked"},
		"locked by name":                          {locking("/Action /Include /Fields [(amount) (Second)]"), "pades.field-locked"},
		"locked but for others":                   {locking("/Action /Exclude /Fields [(amount)]"), "pades.field-locked"},
		"locked by what nobody knows":             {locking("/Action /Whatever"), "pades.field-locked"},
		"permission elsewhere":                    {permitting("720 0 R", map[int]string{720: "1"}), "pades.certified-changed"},
		"permission that is none":                 {permitting("/None", nil), "pades.certified-changed"},
		"permission of zero":                      {permitting("0", nil), "pades.certified-changed"},
		"visible document time-stamp":             {visible(archived(o)).apply(t, o, signed), "pades.visible-timestamp"},
		"signature dressed as a time-stamp":       {bent{kind: "DocTimeStamp", name: "Two", shift: 30}.apply(t, o, certified), "pades.certified-changed"},
		"visible signature dressed as time-stamp": {visible(bent{kind: "DocTimeStamp", name: "Two", shift: 30}).apply(t, o, certified), "pades.certified-changed"},
		"signature after a certification":         {bent{name: "Two", shift: 30}.apply(t, o, certified), "pades.certified-changed"},
	} {
		t.Run(name, func(t *testing.T) { wantForged(t, o, c.doc, c.code) })
	}
	for _, doc := range [][]byte{permitting("2", nil), locking("/Action /Include /Fields [(amount)]"), locking("/Action /Exclude /Fields [(Second)]")} {
		if r := report(t, doc, o.Trust(true)); !r.Valid() {
			t.Error(r.Text())
		}
	}
}

// save leaves a forgery where a person can look at it.
func save(t *testing.T, doc []byte) {
	t.Helper()
	if dir := forgeries(); dir != "" {
		writeForgery(t, dir, strings.NewReplacer("/", "_", " ", "_", ",", "").Replace(t.Name())+".pdf", bytes.Clone(doc))
	}
}
