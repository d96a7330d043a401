package pades_test

import (
	"fmt"
	"testing"

	"eidgate/sign"
)

// The signed document has a second body of an object that nothing names. An
// update changes nothing, but makes poppler, MuPDF or Ghostscript (most
// rows do) take the file for damaged, look for objects, and show that body.
func TestForgedForRepair(t *testing.T) {
	o := newOffice(t)
	body := "5 0 obj\n<< /Length 58 >>\nstream\nBT /F1 24 Tf 72 700 Td (Pay 9999999 euros to Eve) Tj ET  \nendstream\nendobj\n"
	signed := o.sign(t, amend(contract(), amendment{objects: map[int]string{700: "(x)"}, junk: body}), sign.LevelB)
	n := len(signed)
	plain := amend(signed, amendment{objects: map[int]string{900: "(x)"}})
	start, size := fmt.Sprintf("startxref\n%d", lastXRef(plain)), fmt.Sprintf("/Size %d", 1000+n)
	rows := func(dict, data string) []byte {
		return sectioned(signed, "/Size 999999 /Prev PREV /Index [995 1] "+dict, []byte(data))
	}
	swap := func(old, fresh string) []byte { return tampered(t, plain, n, old, fresh) }
	for name, c := range map[string]struct {
		doc  []byte
		code string
	}{
		"type of five bytes":           {rows("/W [5 1 1]", "\x00\x00\x00\x00\x00\x00\x00"), "pdf.damaged"},
		"type of eight bytes":          {rows("/W [8 1 1]", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "pdf.damaged"},
		"type that nobody knows":       {rows("/W [1 1 1]", "\x03\x00\x00"), "pdf.damaged"},
		"generation of four bytes":     {rows("/W [1 1 4]", "\x00\x00\xff\xff\xff\xff"), "pdf.damaged"},
		"four widths":                  {rows("/W [1 1 1 0]", "\x00\x00\x00"), "pdf.damaged"},
		"filter that is null":          {rows("/W [1 1 1] /Filter null", "\x00\x00\x00"), "pdf.damaged"},
		"startxref after a zero byte":  {swap(start, fmt.Sprintf("startxref\n\x00\f\n %d", lastXRef(plain))), "pdf.damaged"},
		"startxref with a sign":        {swap(start, fmt.Sprintf("startxref\n+%d", lastXRef(plain))), "pdf.damaged"},
		"comment after xref":           {swap("xref\n900 1\n", "xref %x\n900 1\n"), "pdf.damaged"},
		"comment in a subsection":      {swap("900 1\n", "900 %\n1 %\n"), "pdf.damaged"},
		"comment before the trailer":   {swap("trailer\n<<", "%x\ntrailer\n<<"), "pdf.damaged"},
		"hybrid that is text":          {swap(size, "/XRefStm (x) "+size), "pdf.damaged"},
		"hybrid with a fraction":       {swap(size, "/XRefStm 5.0 "+size), "pdf.damaged"},
		"hybrid that stands elsewhere": {swap(size, "/XRefStm 5 0 R "+size), "pdf.damaged"},
		"Size with a fraction":         {swap(size, size+".0"), "pades.object-removed"},
		"Size that stands elsewhere":   {swap(size, "/Size 16 0 R"), "pades.object-removed"},
		"encrypted by nothing":         {swap(size, "/Encrypt null "+size), "pdf.encrypted"},
		"an update that is honest":     {plain, ""},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, o, c.doc, c.code) })
	}
}
