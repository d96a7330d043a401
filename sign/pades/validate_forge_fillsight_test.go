package pades_test

import (
	"fmt"
	"strings"
	"testing"

	"eidgate/sign"
	"eidgate/sign/pades"
)

// Fillings whose value and text are the same, and of which a reader sees
// something else.
func TestForgedSights(t *testing.T) {
	o := newOffice(t)
	original := application()
	bordered := edit(t, original, 8, "/FT /Tx", "/MK << /BC [0] >> /BS << /W 1 >> /FT /Tx")
	signed := o.certified(t, original, pades.PermitForms)
	framed := o.certified(t, objects(original, bordered), pades.PermitForms)
	const appearance, mismatch, value = "pades.fill-appearance", "pades.fill-mismatch", "pades.fill-value"
	name := func(value, content string) []byte {
		return objects(signed, filledName(t, signed, value, textForm(200, 20, content)))
	}
	frame := func(content string) []byte {
		return objects(framed, filledName(t, framed, "100", textForm(200, 20, content+" BT 0 g /Helv 12 Tf 20 5 Td (100) Tj ET")))
	}
	amount := func(content string) []byte {
		return objects(signed, plus(edit(t, signed, 6, "(100)", "(250)"), map[int]string{20: textForm(200, 20, content)}))
	}
	font := func(dict string) []byte {
		look := strings.Replace(shows("G"), "5 0 R", "810 0 R", 1)
		return objects(signed, plus(filledName(t, signed, "G", look), map[int]string{810: dict}))
	}
	for title, c := range map[string]struct {
		doc  []byte
		code string
	}{
		// Lines in the border's colour that are a figure.
		"figure drawn as a border":          {frame("10 2 m 10 18 l S"), appearance},
		"figure of boxes":                   {frame("10 2 1 16 re S"), appearance},
		"figure of curves":                  {frame("10 2 m 10 5 15 10 10 18 c S"), appearance},
		"border that covers all":            {frame("40 w 0 0 200 20 re S"), appearance},
		"border across":                     {frame("0 0 m 200 20 l S"), appearance},
		"border from edge to edge":          {frame("100 0.5 m 100 19.5 l S"), appearance},
		"border with a crossing piece":      {frame("0.5 0.5 m 199.5 0.5 l 100 10 l S"), appearance},
		"border closed across":              {frame("0.5 0.5 m 199.5 0.5 l 199.5 19.5 l s"), appearance},
		"border painted with its inside":    {frame("0.5 0.5 199 19 re b"), appearance},
		"border widened after it was saved": {frame("40 w q 0 0 200 20 re S Q"), appearance},
		// A background that is gone.
		"background left out": {amount("BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET"), appearance},
		"background in part":  {amount("0.9 g 0 0 100 20 re f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET"), appearance},
		"background a shape":  {amount("0.9 g 0 0 m 200 20 l h f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET"), appearance},
		"background clipped":  {amount("q 0 0 120 20 re W n 0.9 g 0 0 200 20 re f Q BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET"), appearance},
		// Text that is there and runs out of sight.
		"end at the edge":            {name("1000000", "BT /Helv 12 Tf 190 5 Td (1000000) Tj ET"), appearance},
		"end beyond the clip":        {name("1000000", "q 0 0 100 20 re W n BT /Helv 12 Tf 90 5 Td (1000000) Tj ET Q"), appearance},
		"letters spaced out":         {name("19", "BT /Helv 12 Tf 199 Tc 2 5 Td (19) Tj ET"), appearance},
		"letters stretched":          {name("190000", "BT /Helv 20 Tf 200 Tz 2 5 Td (190000000) Tj ET"), mismatch},
		"stretched out of the field": {name("1900000000", "BT /Helv 20 Tf 200 Tz 2 5 Td (1900000000) Tj ET"), appearance},
		"letters too large":          {name("19000000000", "BT /Helv 40 Tf 2 0 Td (19000000000) Tj ET"), appearance},
		"words spaced out":           {name("100 000", "BT /Helv 12 Tf 190 Tw 2 5 Td (100 000) Tj ET"), appearance},
		"kerned out in steps":        {name("19", "BT /Helv 12 Tf 2 5 Td [(1) -4000 -4000 -4000 -4000 -4000 (9)] TJ ET"), appearance},
		"pushed out by spaces":       {name("19", "BT /Helv 12 Tf 2 5 Td (1"+strings.Repeat(" ", 80)+"9) Tj ET"), mismatch},
		"above its box":              {name("Mari", "BT /Helv 12 Tf 2 19.9 Td (Mari) Tj ET"), appearance},
		"below its box":              {name("Mari", "BT /Helv 12 Tf 2 -5.9 Td (Mari) Tj ET"), appearance},
		"too small to read":          {name("Mari", "BT /Helv 2 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"on a line half as high":     {name("19", "BT /Helv 12 Tf 20 10 Td (1) Tj -10 -6.5 Td (9) Tj ET"), appearance},
		// Spaces that change what is read.
		"a space put in":      {name("therapist", "BT /Helv 12 Tf 2 5 Td (the rapist) Tj ET"), mismatch},
		"a space left out":    {name("no where", "BT /Helv 12 Tf 2 5 Td (nowhere) Tj ET"), mismatch},
		"a sum taken apart":   {name("1000", "BT /Helv 12 Tf 2 5 Td (1  000) Tj ET"), mismatch},
		"hidden hyphen":       {objects(signed, edit(t, signed, 8, "/FT /Tx", "/V <FEFF003100AD0031> /FT /Tx")), value},
		"no width":            {objects(signed, edit(t, signed, 8, "/FT /Tx", "/V <FEFF0031200B0031> /FT /Tx")), value},
		"mark inside":         {objects(signed, edit(t, signed, 8, "/FT /Tx", "/V <FEFF0031FEFF0031> /FT /Tx")), value},
		"half a character":    {objects(signed, edit(t, signed, 8, "/FT /Tx", "/V <FEFFD800> /FT /Tx")), value},
		"undefined character": {objects(signed, edit(t, signed, 8, "/FT /Tx", "/V <7F> /FT /Tx")), value},
		// Fonts.
		"letters of another encoding": {font("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /MacExpertEncoding >>"), appearance},
		"letters of no encoding":      {font("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /Identity-H >>"), appearance},
		"based on no encoding":        {font("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /BaseEncoding /MacExpertEncoding >> >>"), appearance},
		"two lists of differences": {font("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [71 /X] /Differences [71 /G] >> >>"),
			appearance},
	} {
		t.Run(title, func(t *testing.T) { wantForged(t, o, c.doc, c.code) })
	}
	sizeless := o.certified(t, objects(original, edit(t, original, 8, "/Helv 12 Tf", "/Helv 0 Tf")), pades.PermitForms)
	wantForged(t, o, objects(sizeless, filledName(t, sizeless, "Mari", textForm(200, 20, "BT /Helv 2 Tf 2 5 Td (Mari) Tj ET"))), appearance)
	for title, doc := range map[string][]byte{
		"border":             frame("0 G 1 w 0.5 0.5 199 19 re S"),
		"border of lines":    frame("0 G 0.5 0.5 m 199.5 0.5 l 199.5 19.5 l 0.5 19.5 l s"),
		"on the right":       name("1000000", "BT /Helv 12 Tf 151 5 Td (1000000) Tj ET"),
		"longer than a line": name(strings.Repeat("word ", 20), "q 1 1 198 18 re W n BT /Helv 12 Tf 2 5 Td ("+strings.Repeat("word ", 20)+") Tj ET Q"),
	} {
		t.Run(title, func(t *testing.T) {
			if r := report(t, doc, o.Trust(true)); !r.Valid() {
				t.Error(r.Text())
			}
		})
	}
	if text := report(t, name(strings.Repeat("word ", 20), "BT /Helv 12 Tf 2 5 Td ("+strings.Repeat("word ", 20)+") Tj ET"), o.Trust(true)).Text(); !strings.Contains(text, "more than its place shows") {
		t.Error(text)
	}
}

// What an update may bring unused must not become part of a filling by a later
// update, and a reference that readers follow in two ways is refused.
func TestForgedFillingsInSteps(t *testing.T) {
	o := newOffice(t)
	signed := o.certified(t, application(), pades.PermitForms)
	const lying = "<< /Type /Font /Subtype /TrueType /BaseFont /Helvetica /Encoding /WinAnsiEncoding /FirstChar 0 /LastChar 0 /Widths [1] /FontDescriptor 811 0 R >>"
	glyphs := map[int]string{810: lying, 811: "<< /Type /FontDescriptor /FontName /Helvetica /Flags 32 /FontFile2 812 0 R >>", 812: certStream}
	using := func(font string) map[int]string {
		return filledName(t, signed, "Mari", strings.Replace(shows("Mari"), "5 0 R", font, 1))
	}
	named := func(ap string, gen int) []byte {
		return amend(signed, amendment{gen: map[int]int{801: gen}, objects: plus(edit(t, signed, 8, "/FT /Tx", "/V (Mari) /AP "+ap+" /FT /Tx"),
			map[int]string{801: "<< /N 802 0 R >>", 802: shows("999")})})
	}
	for title, c := range map[string]struct {
		doc  []byte
		code string
	}{
		"font brought before":             {objects(objects(signed, glyphs), using("810 0 R")), "pades.fill-appearance"},
		"font brought long before":        {objects(objects(objects(signed, glyphs), edit(t, signed, 11, "20260101", "20260701")), using("810 0 R")), "pades.fill-appearance"},
		"encoding brought before":         {objects(objects(signed, map[int]string{813: "<< /Differences [77 /N] >>"}), plus(using("810 0 R"), map[int]string{810: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding 813 0 R >>"})), "pades.fill-mismatch"},
		"resources brought before":        {objects(objects(signed, plus(glyphs, map[int]string{814: "<< /Font << /Helv 810 0 R >> /XObject << /Seal 23 0 R >> >>"})), filledName(t, signed, "Mari", strings.Replace(shows("Mari"), "<< /Font << /Helv 5 0 R >> >>", "814 0 R", 1))), "pades.fill-appearance"},
		"appearance brought before":       {objects(objects(signed, map[int]string{815: shows("Mari")}), map[int]string{8: strings.Replace(using("5 0 R")[8], "800 0 R", "815 0 R", 1)}), "pades.fill-appearance"},
		"appearance of another life":      {named("801 7 R", 0), "pades.object-changed"},
		"appearance of an earlier life":   {named("801 0 R", 3), "pades.object-changed"},
		"normal appearance of other life": {objects(signed, plus(using("5 0 R"), map[int]string{8: strings.Replace(using("5 0 R")[8], "800 0 R", "800 1 R", 1)})), "pades.object-changed"},
		"form of another life":            {objects(signed, edit(t, signed, 1, "9 0 R", "9 1 R")), "pades.object-changed"},
	} {
		t.Run(title, func(t *testing.T) { wantForged(t, o, c.doc, c.code) })
	}
}

// Metadata of an earlier update must not become the document's by a later one.
func TestForgedMetadataInSteps(t *testing.T) {
	o := newOffice(t)
	meta := func(title string) map[int]string {
		xmp := `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ` +
			`xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + title + `</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`
		return map[int]string{860: fmt.Sprintf("<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream", len(xmp), xmp)}
	}
	signed := o.sign(t, application(), sign.LevelB)
	named := edit(t, signed, 1, "/Pages", "/Metadata 860 0 R /Pages")
	wantForged(t, o, objects(objects(signed, meta("Refusal")), named), "pades.metadata-changed")
	wantForged(t, o, objects(signed, plus(named, meta("Refusal"))), "pades.metadata-changed")
	wantForged(t, o, objects(signed, edit(t, signed, 1, "/Pages", "/Metadata 20 0 R /Pages")), "pades.metadata-changed")
	if r := report(t, objects(objects(signed, meta("Application")), named), o.Trust(true)); !r.Valid() {
		t.Error(r.Text())
	}
}

// A permission that Acrobat writes beside the fields that are locked.
func TestLockWithPermission(t *testing.T) {
	o := newOffice(t)
	fill := func(params string) []byte {
		doc := fieldMDP("/Action /Include /Fields [(amount)] "+params).apply(t, o, application())
		return objects(doc, filledName(t, doc, "Mari", shows("Mari")))
	}
	for _, params := range []string{"/P 1", "/P /2", "/P 0", "/P 4"} {
		wantForged(t, o, fill(params), "pades.certified-changed")
	}
	for _, params := range []string{"", "/P 2", "/P 3"} {
		wantFilled(t, o, fill(params), "name")
	}
}

// A signature that draws in a field of its own, over what others signed.
func TestForgedVisibleFields(t *testing.T) {
	o := newOffice(t)
	visible := func(doc []byte) []byte { // drawn over the text that was signed
		return bent{name: "Shown", shift: 30, rect: "[72 770 400 800]", flags: "4"}.apply(t, o, doc)
	}
	invisible := func(doc []byte) []byte { return bent{name: "Shown", shift: 30}.apply(t, o, doc) }
	lock := func(params string) []byte { return fieldMDP(params).apply(t, o, application()) }
	const code = "pades.visible-field"
	for title, doc := range map[string][]byte{
		"P of 2":             o.certified(t, application(), pades.PermitForms),
		"all locked":         lock("/Action /All"),
		"all but some":       lock("/Action /Exclude /Fields [(amount)]"),
		"its name":           lock("/Action /Include /Fields [(Shown)]"),
		"lock with P of 2":   lock("/Action /Include /Fields [(amount)] /P 2"),
		"lock nobody knows":  lock("/Action /Whatever /Fields [(amount)]"),
		"P of 2 by default":  bent{dict: "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /V /1.2 >> >>]"}.apply(t, o, application()),
		"P of 2, and signed": o.sign(t, o.certified(t, application(), pades.PermitForms), sign.LevelB),
	} {
		t.Run(title, func(t *testing.T) {
			wantForged(t, o, visible(doc), code)
			if r := report(t, invisible(doc), o.Trust(true)); !r.Valid() {
				t.Error(r.Text())
			}
		})
	}
	wantForged(t, o, visible(o.certified(t, application(), pades.PermitNothing)), "pades.certified-changed")
	for title, doc := range map[string][]byte{
		"nothing said":   o.sign(t, application(), sign.LevelB),
		"P of 3":         o.certified(t, application(), pades.PermitAnnotations),
		"another locked": lock("/Action /Include /Fields [(amount)]"),
		"but this one":   lock("/Action /Exclude /Fields [(Shown)]"),
	} {
		t.Run(fmt.Sprint("after ", title), func(t *testing.T) {
			if r := report(t, visible(doc), o.Trust(true)); !r.Valid() {
				t.Error(r.Text())
			}
		})
	}
}
