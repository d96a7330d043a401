package pades_test

import (
	"strings"
	"testing"

	"eidgate/sign"
	"eidgate/sign/pades"
)

// Beside each honest filling stand the fillings that are something else: each
// is refused for the certification that permits filling in, with its code.
func TestForgedFillings(t *testing.T) {
	o := newOffice(t)
	signed := o.certified(t, application(), pades.PermitForms)
	name := func(value, content string) map[int]string {
		return filledName(t, signed, value, textForm(200, 20, content))
	}
	text := func(content string) map[int]string { return name("Mari", content) }
	nameAnd := func(edits ...any) map[int]string {
		return plus(name("Mari", "BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), edit(t, signed, edits...))
	}
	form := func(old, is string) map[int]string {
		return filledName(t, signed, "Mari", strings.Replace(textForm(200, 20, "BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), old, is, 1))
	}
	widget := func(old, is string) map[int]string {
		all := name("Mari", "BT /Helv 12 Tf 2 5 Td (Mari) Tj ET")
		all[8] = strings.Replace(all[8], old, is, 1)
		return all
	}
	ref := func(num int, from map[int]string) string {
		return strings.Replace(from[num], "800 0 R", "23 0 R", 1)
	}
	const changed, appearance, mismatch, value, notForThat = "pades.form-value-changed", "pades.fill-appearance", "pades.fill-mismatch", "pades.fill-value", "pades.fill-field"
	for title, c := range map[string]struct {
		objects map[int]string
		code    string
	}{
		// The field and its widget.
		"moved":                       {widget("[72 700 272 720]", "[72 100 272 120]"), changed},
		"made larger":                 {widget("[72 700 272 720]", "[0 0 595 842]"), changed},
		"renamed":                     {widget("(name)", "(other)"), notForThat},
		"another type":                {widget("/FT /Tx", "/FT /Ch"), notForThat},
		"other flags of the field":    {widget("/FT /Tx", "/Ff 4096 /FT /Tx"), changed},
		"other flags of the widget":   {widget("/F 4", "/F 6"), notForThat},
		"hidden field shown":          {edit(t, signed, 25, "/F 2", "/F 4"), changed},
		"hidden field filled in":      {edit(t, signed, 25, "/FT /Tx", "/V (x) /FT /Tx"), notForThat},
		"on another page":             {widget("/P 3 0 R", "/P 4 0 R"), changed},
		"script added":                {widget("/FT /Tx", "/AA << /F << /S /JavaScript /JS (x) >> >> /FT /Tx"), changed},
		"action added":                {widget("/FT /Tx", "/A << /S /URI /URI (http://x) >> /FT /Tx"), changed},
		"default appearance changed":  {widget("0 g)", "1 g)"), changed},
		"characteristics added":       {widget("/FT /Tx", "/MK << /BG [1 1 1] >> /FT /Tx"), changed},
		"default value changed":       {widget("/FT /Tx", "/DV (x) /FT /Tx"), changed},
		"rich text added":             {widget("/FT /Tx", "/RV (<p>x</p>) /FT /Tx"), notForThat},
		"alternative name changed":    {widget("/FT /Tx", "/TU (other) /FT /Tx"), changed},
		"longer than allowed":         {edit(t, signed, 26, "/FT /Tx", "/V (long) /FT /Tx"), value},
		"repeated value":              {widget("/V (Mari)", "/V (Mari) /V (Mari)"), notForThat},
		"date that is no text":        {widget("/FT /Tx", "/M 23 0 R /FT /Tx"), changed},
		"read-only field":             {edit(t, signed, 15, "(7)", "(8)"), notForThat},
		"push button":                 {edit(t, signed, 18, "/AP", "/V (x) /AP"), notForThat},
		"value for a whole group":     {edit(t, signed, 16, "/FT", "/V (x) /FT"), changed},
		"value inherited":             {edit(t, signed, 30, "/T (size)", "/V /large /T (sizes)"), notForThat},
		"value in a widget":           {edit(t, signed, 12, "/AS /Off", "/AS /Off /V /small"), changed},
		"value elsewhere":             {plus(edit(t, signed, 8, "/FT /Tx", "/V 801 0 R /FT /Tx"), map[int]string{801: "(Mari)"}), value},
		"value that is a stream":      {plus(edit(t, signed, 8, "/FT /Tx", "/V 801 0 R /FT /Tx"), map[int]string{801: "<< /Length 4 >>\nstream\nMari\nendstream"}), value},
		"value that is a number":      {edit(t, signed, 8, "/FT /Tx", "/V 5 /FT /Tx"), value},
		"value of another kind":       {edit(t, signed, 8, "/FT /Tx", "/V /Mari /FT /Tx"), value},
		"state for a text":            {widget("/FT /Tx", "/AS /Yes /FT /Tx"), appearance},
		"widget elsewhere":            {edit(t, signed, 12, "/Parent 30 0 R", "/Parent 8 0 R", 30, "/V /Off", "/V /small", 12, "/AS /Off", "/AS /small"), notForThat},
		"states exchanged":            {edit(t, signed, 10, "/V /Off /AS /Off", "/V /Yes /AS /Yes", 10, "/Yes 21 0 R /Off 22 0 R", "/Yes 22 0 R /Off 21 0 R"), appearance},
		"state that did not exist":    {edit(t, signed, 10, "/V /Off /AS /Off", "/V /Maybe /AS /Maybe"), appearance},
		"state added":                 {edit(t, signed, 10, "/V /Off /AS /Off", "/V /Maybe /AS /Maybe", 10, "/Yes 21", "/Maybe 23 0 R /Yes 21"), appearance},
		"state drawn anew":            {plus(edit(t, signed, 10, "/V /Off /AS /Off", "/V /Yes /AS /Yes"), map[int]string{21: shows("Yes")}), notForThat},
		"checked, and says not":       {edit(t, signed, 10, "/AS /Off", "/AS /Yes"), mismatch},
		"not checked, and says so":    {edit(t, signed, 10, "/V /Off", "/V /Yes"), mismatch},
		"two radio buttons":           {edit(t, signed, 30, "/V /Off", "/V /large", 13, "/AS /Off", "/AS /large", 12, "/AS /Off", "/AS /small"), mismatch},
		"another radio button":        {edit(t, signed, 30, "/V /Off", "/V /large", 12, "/AS /Off", "/AS /small"), mismatch},
		"value of no button":          {edit(t, signed, 30, "/V /Off", "/V /huge"), value},
		"no such option":              {edit(t, signed, 27, "(r) /Rect", "(b) /Rect"), value},
		"another option shown":        {edit(t, signed, 27, "(r) /Rect", "(g) /Rect"), mismatch},
		"another option marked":       {plus(edit(t, signed, 27, "(r) /Rect", "(g) /I [0] /Rect", 27, "24 0 R", "803 0 R"), map[int]string{803: textForm(100, 20, "BT /Helv 12 Tf 2 5 Td (green) Tj ET")}), value},
		"options changed":             {edit(t, signed, 27, "(red)", "(blue)"), changed},
		"field and page":              {nameAnd(3, "/Contents 4 0 R", "/Contents 23 0 R"), "pades.page-changed"},
		"field and content":           {plus(name("Mari", "BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), map[int]string{4: shows("999")}), "pades.content-changed"},
		"field and annotation":        {plus(nameAnd(14, "[", "[810 0 R "), map[int]string{810: "<< /Type /Annot /Subtype /Square /Rect [0 0 595 842] /IC [1 1 1] >>"}), "pades.annotation-added"},
		"field and another field":     {plus(nameAnd(9, "/Fields [", "/Fields [810 0 R "), map[int]string{810: "<< /FT /Tx /T (more) /V (x) >>"}), "pades.field-added"},
		"field and form":              {nameAnd(9, "0 g)", "1 g)"), "pades.form-changed"},
		"field and fonts of the form": {nameAnd(9, "/Helv 5 0 R", "/Helv 7 0 R"), "pades.form-changed"},
		"field and font":              {nameAnd(5, "Helvetica", "Courier"), "pades.content-changed"},
		"calculation order":           {nameAnd(9, "/DA", "/CO [8 0 R] /DA"), "pades.form-changed"},
		"redrawn by viewers":          {nameAnd(9, "/DA", "/NeedAppearances true /DA"), "pades.form-changed"},
		"XFA added":                   {nameAnd(9, "/DA", "/XFA 23 0 R /DA"), "pades.form-changed"},

		// The appearance and the value.
		"value without its appearance": {edit(t, signed, 6, "(100)", "(999)"), mismatch},
		"appearance without its value": {map[int]string{20: textForm(200, 20, "0.9 g 0 0 200 20 re f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (999) Tj ET")}, mismatch},
		"appearance of another text":   {text("BT /Helv 12 Tf 2 5 Td (Malle) Tj ET"), mismatch},
		"more than the value":          {text("BT /Helv 12 Tf 2 5 Td (Mari) Tj (, 999 euros) Tj ET"), mismatch},
		"less than the value":          {name("not Mari", "BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), mismatch},
		"nothing shown":                {text("/Tx BMC EMC"), mismatch},
		"appearance gone":              {edit(t, signed, 6, "/AP << /N 20 0 R >>", ""), appearance},
		"a form of the page":           {map[int]string{8: ref(8, filledName(t, signed, "999", ""))}, appearance},
		"its own text elsewhere":       {map[int]string{8: strings.Replace(ref(8, filledName(t, signed, "100", "")), "23 0 R", "20 0 R", 1)}, appearance},
		"a form of the page rewritten": {map[int]string{8: ref(8, filledName(t, signed, "Mari", "")), 23: shows("Mari")}, appearance},
		"other appearances":            {widget("/AP << /N", "/AP << /D 23 0 R /N"), appearance},
		"appearance with states":       {widget("/N 800 0 R", "/N << /Yes 800 0 R >>"), appearance},
		"appearance that is none":      {filledName(t, signed, "Mari", "<< /Type /XObject >>"), appearance},
		"larger than the field":        {form("[0 0 200 20]", "[0 0 595 842]"), appearance},
		"drawn smaller":                {form("[0 0 200 20]", "[0 0 2000 200]"), appearance},
		"without an area":              {form("[0 0 200 20]", "[0 0 0 0]"), appearance},
		"stretched":                    {form("/BBox", "/Matrix [10 0 0 10 0 0] /BBox"), appearance},
		"turned":                       {form("/BBox", "/Matrix [0 1 -1 0 0 0] /BBox"), appearance},
		"optional content":             {form("/BBox", "/OC 23 0 R /BBox"), appearance},
		"transparency group":           {form("/BBox", "/Group << /S /Transparency >> /BBox"), appearance},
		"reference to another file":    {form("/BBox", "/Ref << /F (x) /Page 0 >> /BBox"), appearance},
		"external stream":              {form("/BBox", "/F (x.pdf) /BBox"), appearance},
		"image of the page":            {form("/Font <<", "/XObject << /Seal 23 0 R >> /Font <<"), appearance},
		"script in the appearance":     {form("/BBox", "/AA << /O << /S /JavaScript >> >> /BBox"), appearance},
		"draws a form":                 {text("/Seal Do BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"draws an image":               {text("BI /W 1 /H 1 /CS /G /BPC 8 ID x EI BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"draws a shading":              {text("/Sh sh BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"transforms":                   {text("q 10 0 0 10 0 0 cm BT /Helv 12 Tf 2 5 Td (Mari) Tj ET Q"), appearance},
		"makes transparent":            {text("/G gs BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"covers its place":             {text("1 g 0 0 200 20 re f 0 g BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"crosses out":                  {text("BT /Helv 12 Tf 2 5 Td (Mari) Tj ET 0 10 m 200 10 l S"), appearance},
		"covers the text":              {plus(edit(t, signed, 6, "(100)", "(250)", 6, "20 0 R", "801 0 R"), map[int]string{801: textForm(200, 20, "0.9 g 0 0 200 20 re f BT 0 0 0.5 rg /Helv 12 Tf 2 5 Td (250) Tj ET 0.9 g 0 0 200 20 re f")}), appearance},
		"another colour":               {text("BT 1 g /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"invisible":                    {text("BT 3 Tr /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"too small":                    {text("BT /Helv 0.1 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"too large":                    {text("BT /Helv 400 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"outside":                      {text("BT /Helv 12 Tf 400 5 Td (Mari) Tj ET"), appearance},
		"below":                        {text("BT /Helv 12 Tf 2 -50 Td (Mari) Tj ET"), appearance},
		"upside down":                  {text("BT /Helv 12 Tf -1 0 0 -1 100 10 Tm (Mari) Tj ET"), appearance},
		"pushed out":                   {text("BT /Helv 12 Tf 2 5 Td [-90000 (Mari)] TJ ET"), appearance},
		"spread out":                   {text("BT /Helv 12 Tf 5000 Tc 2 5 Td (Mari) Tj ET"), appearance},
		"clipped away":                 {text("0 0 1 1 re W n BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"clipped by a shape":           {text("0 0 m 200 0 l 0 1 l h W n BT /Helv 12 Tf 2 5 Td (Mari) Tj ET"), appearance},
		"optional text":                {text("/OC /Layer BDC BT /Helv 12 Tf 2 5 Td (Mari) Tj ET EMC"), appearance},
		"letters exchanged":            {name("19", "BT /Helv 12 Tf 20 5 Td (1) Tj -10 0 Td (9) Tj ET"), appearance},
		"letters over one another":     {name("19", "BT /Helv 12 Tf 20 5 Td (1) Tj 0.1 0 Td (9) Tj ET"), appearance},
		"back to the beginning":        {name("19", "BT /Helv 12 Tf 20 5 Td (1) Tj 0 0 Td (9) Tj ET"), appearance},
		"begun again":                  {name("19", "BT /Helv 12 Tf 20 5 Td (1) Tj ET BT 20 5 Td (9) Tj ET"), appearance},
		"put into a gap":               {name("1   09", "BT /Helv 12 Tf 20 5 Td (1   0) Tj 7 0 Td (9) Tj ET"), appearance},
		"kerned in steps":              {name("19", "BT /Helv 12 Tf 20 5 Td [(1) 200 200 () 200 200 (9)] TJ ET"), appearance},
		"kerned in two":                {name("19", "BT /Helv 12 Tf 20 5 Td [(1) 200] TJ [200 () 200 (9)] TJ ET"), appearance},
		"small over large":             {name("19", "BT /Helv 18 Tf 20 5 Td (1) Tj /Helv 2 Tf 1 0 Td (9) Tj ET"), appearance},
		"small below large":            {name("19", "BT /Helv 18 Tf 20 5 Td (1) Tj /Helv 2 Tf -6 -2 Td (9) Tj ET"), appearance},
		"lines exchanged":              {name(`one\ntwo`, "BT /Helv 6 Tf 2 3 Td (one) Tj 0 8 Td (two) Tj ET"), appearance},
		"lines over one another":       {name(`one\ntwo`, "BT /Helv 6 Tf 2 11 Td (one) Tj 0 -1 Td (two) Tj ET"), appearance},
		"kerned to the left":           {name("19", "BT /Helv 12 Tf 20 5 Td [(1) 2000 (9)] TJ ET"), appearance},
		"spaced to the left":           {text("BT /Helv 12 Tf -20 Tc 100 5 Td (Mari) Tj ET"), appearance},
		"packed in a way of its own":   {form("/BBox", "/Filter /FlateDecode /DecodeParms 23 0 R /BBox"), appearance},
		"written from right to left":   {edit(t, signed, 8, "/FT /Tx", "/V <FEFF202E003100300030> /FT /Tx"), value},
		"with control characters":      {edit(t, signed, 8, "/FT /Tx", "/V <310830> /FT /Tx"), value},
		"symbols":                      {form("/Helv 5 0 R", "/Helv 7 0 R"), appearance},
		"no such font":                 {form("/Helv 5 0 R", "/Other 5 0 R"), appearance},
		"font with its own glyphs":     {plus(form("/Helv 5 0 R", "/Helv 810 0 R"), map[int]string{810: "<< /Type /Font /Subtype /TrueType /BaseFont /Helvetica /Encoding /WinAnsiEncoding /FontDescriptor 811 0 R >>", 811: "<< /Type /FontDescriptor /FontFile2 23 0 R >>"}), appearance},
		"font made of drawings":        {plus(form("/Helv 5 0 R", "/Helv 810 0 R"), map[int]string{810: "<< /Type /Font /Subtype /Type3 /FontMatrix [1 0 0 1 0 0] /CharProcs << /M 23 0 R >> >>"}), appearance},
		"font that nobody has":         {plus(form("/Helv 5 0 R", "/Helv 810 0 R"), map[int]string{810: "<< /Type /Font /Subtype /Type1 /BaseFont /Bars /Encoding /WinAnsiEncoding >>"}), appearance},
		"font with other letters":      {plus(form("/Helv 5 0 R", "/Helv 810 0 R"), map[int]string{810: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [77 /N] >> >>"}), mismatch},
		"font with unknown letters":    {plus(form("/Helv 5 0 R", "/Helv 810 0 R"), map[int]string{810: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [77 /whatever] >> >>"}), appearance},
		"no content":                   {text("this is (no) content >>"), appearance},
		"unknown filter":               {form("/BBox", "/Filter /JPXDecode /BBox"), "pdf.unsupported"},
	} {
		t.Run(title, func(t *testing.T) {
			wantForged(t, o, objects(signed, c.objects), c.code)
		})
	}
}

// Who permits filling in, and who does not.
func TestForgedFillingPermissions(t *testing.T) {
	o := newOffice(t)
	fill := func(doc []byte) []byte { return objects(doc, filledName(t, doc, "Mari", shows("Mari"))) }
	locking := func(params string) []byte {
		return fill(fieldMDP(params).apply(t, o, application()))
	}
	approved := o.sign(t, application(), sign.LevelB)
	mdp := func(params string) []byte {
		return fill(bent{dict: "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /V /1.2 " + params + " >> >>]"}.apply(t, o, application()))
	}
	for title, c := range map[string]struct {
		doc  []byte
		code string
	}{
		"no certification":             {fill(approved), "pades.form-value-changed"},
		"a certification afterwards":   {fill(o.sign(t, approved, sign.LevelB)), "pades.form-value-changed"},
		"certified against changes":    {fill(o.certified(t, application(), pades.PermitNothing)), "pades.certified-changed"},
		"certified with P of 1":        {mdp("/P 1"), "pades.certified-changed"},
		"certified with P of 4":        {mdp("/P 4"), "pades.certified-changed"},
		"certified with P as a name":   {mdp("/P /2"), "pades.certified-changed"},
		"all fields locked":            {locking("/Action /All"), "pades.field-locked"},
		"this field locked":            {locking("/Action /Include /Fields [(amount) (name)]"), "pades.field-locked"},
		"all but another locked":       {locking("/Action /Exclude /Fields [(amount)]"), "pades.field-locked"},
		"locked in an unknown way":     {locking("/Action /Some /Fields [(amount)]"), "pades.field-locked"},
		"locks without a name":         {locking("/Action /Include /Fields []"), "pades.field-locked"},
		"locked by no name":            {locking("/Action /Include /Fields [5]"), "pades.field-locked"},
		"lock that nobody can read":    {locking("/Action /Include /Fields 5"), "pades.field-locked"},
		"time-stamped, not certified":  {fill(archived(o).apply(t, o, approved)), "pades.form-value-changed"},
		"signed in the same revision":  {bent{name: "Two", shift: 30, more: filledName(t, approved, "Mari", shows("Mari"))}.apply(t, o, approved), "pades.form-value-changed"},
		"redraw without certification": {objects(approved, edit(t, approved, 9, "/DA", "/NeedAppearances true /DA")), "pades.form-changed"},
	} {
		t.Run(title, func(t *testing.T) { wantForged(t, o, c.doc, c.code) })
	}
	for title, doc := range map[string][]byte{
		"P of 2":           mdp("/P 2"),
		"P of 3":           mdp("/P 3"),
		"P by default":     mdp(""),
		"another locked":   locking("/Action /Include /Fields [(amount)]"),
		"not this locked":  locking("/Action /Exclude /Fields [(name)]"),
		"a prefix of name": locking("/Action /Include /Fields [(nam) (name.x)]"),
	} {
		t.Run(title, func(t *testing.T) { wantFilled(t, o, doc, "name") })
	}
}

// fieldMDP is an approval signature that locks fields.
func fieldMDP(params string) bent {
	return bent{dict: "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /V /1.2 " + params + " >> >>]"}
}
