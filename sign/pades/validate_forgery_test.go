package pades_test

import (
	"bytes"
	"crypto"
	"fmt"
	"strings"
	"testing"

	"eidgate/internal/cms"
	"eidgate/sign"
	"eidgate/sign/internal/testpki"
)

// With or without a hole: the control of the forger's own signer.
func TestBentSignatureStraight(t *testing.T) {
	o := newOffice(t)
	r := report(t, bent{}.apply(t, o, contract()), o.Trust(true))
	wantVerdict(t, r, 0, totalPassed, "", sign.LevelB)
	r = report(t, bent{}.apply(t, o, o.sign(t, contract(), sign.LevelLT)), o.Trust(true))
	if !r.Valid() || len(r.Signatures) != 2 {
		t.Error(r.Text())
	}
}

// What was changed after signing by an incremental update: each is refused for
// the first signature with the code it names, and the signature's value stays
// good all the while.
func TestForgedRevisions(t *testing.T) {
	o := newOffice(t)
	original := contract()
	prepared := plotted(original)
	signed := o.sign(t, prepared, sign.LevelLT)
	sig := lastSignature(t, signed)
	stream := func(text string) string {
		return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text)
	}
	swap := func(num int, old, new string) map[int]string {
		text := objectText(t, signed, num)
		if !strings.Contains(text, old) {
			t.Fatalf("object %d is %s", num, text)
		}
		return map[int]string{num: strings.Replace(text, old, new, 1)}
	}
	with := func(a, b map[int]string) map[int]string {
		for num, text := range b {
			a[num] = text
		}
		return a
	}
	dss := dssNumber(t, signed)
	note := "<< /Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (Pay 999) /AP << /N 13 0 R >> >>"

	for name, c := range map[string]struct {
		a    amendment
		code string
	}{
		"content replaced":        {amendment{objects: map[int]string{5: stream("BT (Pay 999) Tj ET")}}, "pades.content-changed"},
		"content of other page":   {amendment{objects: map[int]string{6: stream("")}}, "pades.content-changed"},
		"hidden content shown":    {amendment{objects: swap(3, "/Contents 5 0 R", "/Contents 13 0 R")}, "pades.page-changed"},
		"content added":           {amendment{objects: with(swap(3, "/Contents 5 0 R", "/Contents [5 0 R 800 0 R]"), map[int]string{800: stream("x")})}, "pades.page-changed"},
		"page cropped":            {amendment{objects: swap(3, "[0 0 595 842]", "[0 0 595 400]")}, "pades.page-changed"},
		"page rotated":            {amendment{objects: swap(4, "/Type /Page", "/Rotate 90 /Type /Page")}, "pades.page-changed"},
		"resources replaced":      {amendment{objects: swap(4, "/F1 7 0 R", "/F1 13 0 R")}, "pades.page-changed"},
		"page added":              {amendment{objects: with(swap(2, "4 0 R]", "4 0 R 800 0 R]"), map[int]string{800: "<< /Type /Page /Parent 2 0 R >>"})}, "pades.page-tree-changed"},
		"page removed":            {amendment{objects: swap(2, "3 0 R 4 0 R", "4 0 R")}, "pades.page-tree-changed"},
		"pages exchanged":         {amendment{objects: swap(2, "3 0 R 4 0 R", "4 0 R 3 0 R")}, "pades.page-tree-changed"},
		"font replaced":           {amendment{objects: swap(7, "Helvetica", "Forged")}, "pades.content-changed"},
		"annotation added":        {amendment{objects: with(swap(3, "/Annots [", "/Annots [800 0 R "), map[int]string{800: note})}, "pades.annotation-added"},
		"annotation in a list":    {amendment{objects: map[int]string{14: "[15 0 R 800 0 R]", 800: note}}, "pades.annotation-added"},
		"annotation direct":       {amendment{objects: map[int]string{14: "[15 0 R " + note + "]"}}, "pades.annotation-added"},
		"annotation removed":      {amendment{objects: swap(3, "[8 0 R", "[")}, "pades.annotation-added"},
		"annotation changed":      {amendment{objects: swap(8, "a note", "another")}, "pades.annotation-changed"},
		"annotation acts":         {amendment{objects: swap(8, "/Rect", "/A << /S /Launch >> /Rect")}, "pades.annotation-changed"},
		"form value changed":      {amendment{objects: swap(10, "(100)", "(999)")}, "pades.form-value-changed"},
		"form value drawn anew":   {amendment{objects: swap(10, "/Rect", "/AP << /N 13 0 R >> /Rect")}, "pades.form-value-changed"},
		"field added":             {amendment{objects: with(map[int]string{9: withItem(objectText(t, signed, 9), "/Fields", 800)}, map[int]string{800: "<< /FT /Tx /T (new) /V (x) >>"})}, "pades.field-added"},
		"signature field added":   {amendment{objects: with(map[int]string{9: withItem(objectText(t, signed, 9), "/Fields", 800)}, map[int]string{800: "<< /FT /Sig /T (new) >>"})}, "pades.field-added"},
		"signature claimed":       {amendment{objects: with(map[int]string{9: withItem(objectText(t, signed, 9), "/Fields", 800)}, map[int]string{800: "<< /FT /Sig /T (new) /V 801 0 R >>", 801: "<< /Type /Sig /Filter /X /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <00> >>"})}, "pades.field-added"},
		"field removed":           {amendment{objects: swap(9, "10 0 R ", "")}, "pades.field-removed"},
		"viewer draws the form":   {amendment{objects: swap(9, "/SigFlags", "/NeedAppearances true /SigFlags")}, "pades.form-changed"},
		"form with a script":      {amendment{objects: swap(9, "/SigFlags", "/XFA 13 0 R /SigFlags")}, "pades.form-changed"},
		"SigFlags lowered":        {amendment{objects: swap(9, "/SigFlags 3", "/SigFlags 0")}, "pades.form-changed"},
		"form repeated key":       {amendment{objects: swap(9, "/SigFlags 3", "/SigFlags 3 /SigFlags 3")}, "pades.repeated-key"},
		"empty field moved":       {amendment{objects: swap(15, "[0 0 0 0]", "[0 0 9 9]")}, "pades.signature-changed"},
		"signature field changed": {amendment{objects: swap(sig.Field.Ref.Num, "[0 0 0 0]", "[0 0 9 9]")}, "pades.signature-changed"},
		"object hidden":           {amendment{free: []int{5}}, "pades.object-removed"},
		"annotation hidden":       {amendment{free: []int{8}}, "pades.object-removed"},
		"other generation":        {amendment{objects: map[int]string{5: stream("BT (Pay 999) Tj ET")}, gen: map[int]int{5: 1}}, "pades.object-changed"},
		"hide and replace":        {amendment{point: map[int]int{16: bytes.Index(prepared, []byte("16 0 obj\n(second)"))}}, "pades.object-changed"},
		"catalog replaced":        {amendment{objects: map[int]string{800: objectText(t, signed, 1)}, trailer: "/Root 800 0 R /Info 11 0 R"}, "pades.catalog-replaced"},
		"catalog opens":           {amendment{objects: swap(1, "/Type", "/OpenAction << /S /JavaScript /JS (x) >> /Type")}, "pades.catalog-changed"},
		"catalog other pages":     {amendment{objects: with(swap(1, "/Pages 2 0 R", "/Pages 800 0 R"), map[int]string{800: objectText(t, signed, 2)})}, "pades.catalog-changed"},
		"catalog repeated key":    {amendment{objects: swap(1, "/Pages 2 0 R", "/Pages 2 0 R /Pages 2 0 R")}, "pades.repeated-key"},
		"catalog extension acts":  {amendment{objects: swap(1, "/ExtensionLevel 1", "/ExtensionLevel 2")}, "pades.catalog-changed"},
		"form replaced":           {amendment{objects: with(swap(1, "/AcroForm 9 0 R", "/AcroForm 800 0 R"), map[int]string{800: "<< /Fields [] /SigFlags 3 >>"})}, "pades.field-removed"},
		"title changed":           {amendment{objects: swap(11, "Contract", "Other")}, "pades.info-changed"},
		"information replaced":    {amendment{objects: map[int]string{800: "<< >>"}, trailer: "/Root 1 0 R /Info 800 0 R"}, "pades.info-changed"},
		"metadata changed":        {amendment{objects: map[int]string{12: "<< /Type /Metadata /Subtype /XML /Length 1 >>\nstream\nx\nendstream"}}, "pades.metadata-changed"},
		"other metadata named":    {amendment{objects: with(swap(1, "/Metadata 12 0 R", "/Metadata 800 0 R"), map[int]string{800: "<< /Type /Metadata /Subtype /XML /Length 14 >>\nstream\n<x:xmpmeta/>  \nendstream"})}, "pades.metadata-changed"},
		"validation data gone":    {amendment{objects: swap(1, "/DSS", "/DSSX")}, "pades.dss-changed"},
		"validation data fewer":   {amendment{objects: map[int]string{dss: "<< /Type /DSS /Certs [] /OCSPs [] >>"}}, "pades.dss-changed"},
		"validation data other":   {amendment{objects: swap(dss, "/Type", "/Other 1 /Type")}, "pades.dss-changed"},
		"validation data changed": {amendment{objects: map[int]string{firstEvidence(t, signed): stream("x")}}, "pades.content-changed"},
		"dangling reference":      {amendment{objects: map[int]string{500: stream("BT (Pay 999) Tj ET")}}, "pades.dangling-reference"},
		"stream made shorter":     {amendment{objects: map[int]string{18: "2"}}, "pades.content-changed"},
		"unlisted object":         {amendment{objects: map[int]string{800: "(x)"}, junk: "5 0 obj\n" + stream("BT (Pay 999) Tj ET") + "\nendobj\n"}, "pades.unlisted-object"},
		"unlisted in a comment":   {amendment{objects: map[int]string{800: "(x)"}, junk: "% 5 0 obj (x) endobj\n"}, "pades.unlisted-object"},
		"unlisted at the end":     {amendment{objects: map[int]string{800: "(x)"}, tail: "5 0 obj\n(x)\nendobj\n"}, "pades.unlisted-object"},
		"hybrid":                  {amendment{hybrid: true}, "pades.hybrid-update"},
		"bytes after the end":     {amendment{end: "surprise"}, "pades.trailing-bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, amend(signed, c.a), o.Trust(true))
			s := r.Signatures[0]
			if s.Indication != sign.TotalFailed || s.Code != c.code || r.Valid() {
				t.Errorf("%v, code %q, want %q\n%s", s.Verdict, s.Code, c.code, r.Text())
			}
		})
	}
	t.Run("unchanged", func(t *testing.T) {
		for _, a := range []amendment{
			{objects: map[int]string{3: objectText(t, signed, 3)}}, // written again
			{objects: map[int]string{800: "(nobody sees this)"}},
			{objects: map[int]string{800: "(x)"}, junk: "%some program\n"},
			{objects: swap(11, "20260101000000Z", "20260601000000Z")},
		} {
			r := report(t, amend(signed, a), o.Trust(true))
			if !r.Valid() {
				t.Error(r.Text())
			}
		}
	})
}

// plotted adds what an author with bad intent puts into a document before it
// is signed: two bodies of one object, a reference to nothing, a stream whose
// length stands elsewhere.
func plotted(doc []byte) []byte {
	first := objects(doc, map[int]string{
		4:  "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [6 0 R 17 0 R] /Resources << /Font << /F1 7 0 R >> /XObject << /X 500 0 R >> >> /Annots 14 0 R /Text 16 0 R >>",
		16: "(second)",
		17: "<< /Length 18 0 R >>\nstream\nBT ET\nendstream",
		18: "5",
	})
	return objects(first, map[int]string{16: "(first)"})
}

func dssNumber(t testing.TB, doc []byte) int {
	t.Helper()
	return numberAfter(t, objectText(t, doc, 1), "/DSS ")
}

func firstEvidence(t testing.TB, doc []byte) int {
	t.Helper()
	return numberAfter(t, objectText(t, doc, dssNumber(t, doc)), "/OCSPs [")
}

func numberAfter(t testing.TB, text, key string) int {
	t.Helper()
	_, rest, ok := strings.Cut(text, key)
	var num int
	if _, err := fmt.Sscanf(strings.TrimSpace(rest), "%d 0 R", &num); err != nil || !ok {
		t.Fatalf("%q has no %s", text, key)
	}
	return num
}

// Holes, overlaps and lies in a signature that is otherwise well made.
func TestForgedSignatures(t *testing.T) {
	o := newOffice(t)
	rangeOf := func(f func(a, b, size int) []int) func(int, int, int) string {
		return func(a, b, size int) string { return strings.ReplaceAll(fmt.Sprint(f(a, b, size)), ",", "") }
	}
	hole := func(before, after int) bent {
		return bent{
			byteRange: rangeOf(func(a, b, size int) []int { return []int{0, a - before, b + after, size - b - after} }),
			covered:   func(doc []byte, a, b int) []byte { return append(bytes.Clone(doc[:a-before]), doc[b+after:]...) },
		}
	}
	attached := func(t testing.TB, _ []byte, c cms.Template) []byte {
		c.Content = []byte("inside")
		return signCMS(t, c, o.card)
	}
	stranger := testpki.New(t)
	for name, c := range map[string]struct {
		b    bent
		code string
	}{
		"hole before the value":    {hole(10, 0), "pades.byte-range-gap"},
		"hole after the value":     {hole(0, 3), "pades.byte-range-gap"},
		"overlap":                  {bent{byteRange: rangeOf(func(a, b, size int) []int { return []int{0, b, a, size - a} })}, "pades.byte-range"},
		"start left out":           {bent{byteRange: rangeOf(func(a, b, size int) []int { return []int{9, a - 9, b, size - b} })}, "pades.byte-range"},
		"negative":                 {bent{byteRange: rangeOf(func(a, b, size int) []int { return []int{0, a, b, -5} })}, "pades.byte-range"},
		"beyond the end":           {bent{byteRange: rangeOf(func(a, b, size int) []int { return []int{0, a, b, size} })}, "pades.byte-range"},
		"end left out":             {bent{byteRange: rangeOf(func(a, b, size int) []int { return []int{0, a, b, size - b - 40} })}, "pades.byte-range-end"},
		"two gaps":                 {bent{byteRange: rangeOf(func(a, b, size int) []int { return []int{0, a, b, 10, b + 10, size - b - 10} })}, "pades.byte-range"},
		"half a range":             {bent{byteRange: rangeOf(func(a, b, size int) []int { return []int{0, a, b} })}, "pades.byte-range"},
		"no numbers":               {bent{byteRange: func(a, b, size int) string { return fmt.Sprintf("[0 %d.0 %d %d]", a, b, size-b) }}, "pades.byte-range"},
		"range elsewhere":          {bent{byteRange: func(int, int, int) string { return "702 0 R" }, more: map[int]string{702: "[0 1 2 3]"}}, "pades.byte-range"},
		"value with white space":   {bent{contents: func(h string) string { return "< " + h[1:len(h)-2] + ">" }}, "pades.contents"},
		"value in round brackets":  {bent{contents: func(h string) string { return "(" + h[1:len(h)-1] + ")" }}, "pades.contents"},
		"something after":          {bent{contents: func(h string) string { return h[:len(h)-3] + "41>" }}, "pades.contents-padding"},
		"no message":               {bent{contents: func(h string) string { return "<" + strings.Repeat("0", len(h)-2) + ">" }}, "cms.malformed"},
		"SHA-1 signature":          {bent{subFilter: "adbe.pkcs7.sha1"}, "pades.subfilter"},
		"X.509 RSA signature":      {bent{subFilter: "adbe.x509.rsa_sha1"}, "pades.subfilter"},
		"no such signature":        {bent{subFilter: "My.Own"}, "pades.subfilter"},
		"repeated key":             {bent{dict: "/Filter /Other"}, "pades.repeated-key"},
		"another type":             {bent{dict: "/Type /Page"}, "pades.repeated-key"},
		"signed other bytes":       {bent{covered: func(doc []byte, a, _ int) []byte { return doc[:a] }}, "cms.wrong-digest"},
		"content inside":           {bent{message: attached}, "cms.content-present"},
		"time-stamp as signature":  {bent{message: stampAsMessage(o)}, "cms.content-type"},
		"signature as time-stamp":  {bent{subFilter: "ETSI.RFC3161"}, "timestamp.not-a-timestamp"},
		"time-stamp of other data": {bent{subFilter: "ETSI.RFC3161", message: stampOver(o, bytes.Repeat([]byte{7}, 32))}, "timestamp.wrong-imprint"},
		"unknown issuer":           {bent{key: stranger.Card("P-256")}, "path.signature"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report(t, c.b.apply(t, o, contract()), o.Trust(true))
			s := r.Signatures[0]
			if s.Indication == sign.TotalPassed || s.Code != c.code || r.Valid() {
				t.Errorf("%v, code %q, want %q\n%s", s.Verdict, s.Code, c.code, r.Text())
			}
		})
	}
}

// stampOver has the office's authority stamp a digest, instead of a signature.
func stampOver(o *office, digest []byte) func(testing.TB, []byte, cms.Template) []byte {
	return func(t testing.TB, real []byte, _ cms.Template) []byte {
		t.Helper()
		if digest == nil {
			digest = real
		}
		token, err := o.Stamp(t.Context(), crypto.SHA256, digest)
		if err != nil {
			t.Fatal(err)
		}
		return token.DER
	}
}

func stampAsMessage(o *office) func(testing.TB, []byte, cms.Template) []byte {
	return stampOver(o, nil)
}
