package pades_test

import (
	"bytes"
	"fmt"
	"testing"

	"eidgate/sign"
)

// crossed appends an update with a cross-reference stream of its own number
// and dictionary. The rows stand in data; objects are written before it, and
// AT of the dictionary is where the object num begins.
func crossed(doc []byte, own int, dict string, data []byte) []byte {
	b := bytes.NewBuffer(bytes.Clone(doc))
	at := b.Len()
	fmt.Fprintf(b, "%d 0 obj\n<< /Type /XRef /Root 1 0 R /Info 11 0 R /Size 999999 /Prev %d %s /Length %d >>\nstream\n", own, lastXRef(doc), dict, len(data))
	b.Write(data)
	fmt.Fprintf(b, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", at)
	return b.Bytes()
}

// What a cross-reference section says besides its entries: updates that change
// nothing as we read them.
func TestForgedSections(t *testing.T) {
	o := newOffice(t)
	evil := "BT /F1 24 Tf 72 700 Td (Pay 9999999 euros to Eve) Tj ET"
	five := "5 0 obj\n<< /Length 58 >>\nstream\n" + evil + "  \nendstream\nendobj\n"
	prepared := amend(contract(), amendment{objects: map[int]string{700: "(x)"}, junk: five})
	signed := o.sign(t, prepared, sign.LevelB)
	at := bytes.Index(signed, []byte("5 0 obj\n<< /Length 58 >>"))
	four := func(n int) string { return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) }
	real5 := bytes.Index(signed, []byte("5 0 obj\n"))
	// A cross-reference stream inside the signed bytes that nothing names.
	second := fmt.Sprintf("980000 0 obj\n<< /Type /XRef /Size 999999 /W [1 4 0] /Index [5 1] /Length 5 >>\nstream\n\x01%s\nendstream\nendobj\n", four(at))
	withSecond := o.sign(t, amend(prepared, amendment{objects: map[int]string{701: "(y)"}, junk: second}), sign.LevelB)
	secondAt := bytes.Index(withSecond, []byte("980000 0 obj"))
	table := func(doc []byte, rows string) []byte {
		b := bytes.NewBuffer(bytes.Clone(doc))
		start := b.Len()
		fmt.Fprintf(b, "xref\n%strailer\n<< /Size 999999 /Root 1 0 R /Info 11 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", rows, lastXRef(doc), start)
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		doc  []byte
		code string
	}{
		"number of a page's content": {crossed(signed, 5, "/W [1 1 0] /Index [995 1]", []byte("\x00\x00 "+evil)), "pades.unlisted-object"},
		"number zero":                {crossed(signed, 0, "/W [1 1 0] /Index [995 1]", []byte("\x00\x00")), "pades.unlisted-object"},
		"number beyond all":          {amend(signed, amendment{objects: map[int]string{5000000: "(x)"}}), "pades.object-changed"},
		"number of the catalog":      {crossed(signed, 1, "/Pages 2 0 R /W [1 1 0] /Index [995 1]", []byte("\x00\x00")), "pades.unlisted-object"},
		"listed elsewhere":           {crossed(signed, 5, "/W [1 4 0] /Index [5 1]", []byte("\x01"+four(real5))), "pades.unlisted-object"},
		"second stream":              {crossed(withSecond, 990000, fmt.Sprintf("/XRefStm %d /W [1 1 0] /Index [995 1]", secondAt), []byte("\x00\x00")), "pdf.damaged"},
		"index elsewhere":            {crossed(signed, 990000, "/Index 16 0 R /W [0 1 0]", bytes.Repeat([]byte{0}, 0)), "pdf.damaged"},
		"abbreviated predictor":      {crossed(signed, 990000, "/DP << /Predictor 12 /Columns 2 >> /Filter /FlateDecode /W [1 1 0] /Index [995 1]", deflated(t, []byte("\x00\x00\x00\x00"))), "pdf.damaged"},
		"abbreviated filter":         {crossed(signed, 990000, "/F /FlateDecode /W [1 1 0] /Index [995 1]", []byte("\x00\x00")), "pdf.damaged"},
		"parameters of no list":      {crossed(signed, 990000, "/Filter [/FlateDecode] /DecodeParms << /Predictor 12 /Columns 2 >> /W [1 1 0] /Index [995 1]", deflated(t, []byte("\x00\x00\x00"))), "pdf.damaged"},
		"parameters of a list":       {crossed(signed, 990000, "/Filter /FlateDecode /DecodeParms [<< /Predictor 12 /Columns 2 >>] /W [1 1 0] /Index [995 1]", deflated(t, []byte("\x00\x00\x00"))), "pdf.damaged"},
		"parameters elsewhere":       {crossed(signed, 990000, "/Filter /FlateDecode /DecodeParms 16 0 R /W [1 1 0] /Index [995 1]", deflated(t, []byte("\x00\x00\x00"))), "pdf.damaged"},
		"predictor elsewhere":        {crossed(signed, 990000, "/Filter /FlateDecode /DecodeParms << /Predictor 16 0 R >> /W [1 1 0] /Index [995 1]", deflated(t, []byte("\x00\x00\x00"))), "pdf.damaged"},
		"predictor twice":            {crossed(signed, 990000, "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Predictor 1 >> /W [1 1 0] /Index [995 1]", deflated(t, []byte("\x00\x00\x00"))), "pdf.damaged"},
		"text of a filter":           {crossed(signed, 990000, "/Filter /ASCIIHexDecode /W [1 1 0] /Index [995 1]", []byte("0000>")), "pades.object-changed"},
		"first object at byte zero":  {table(signed, "1 1\n0000000000 00000 n \n"), "pades.object-changed"},
		"object at other bytes":      {table(signed, fmt.Sprintf("5 1\n%010d 00000 n \n", real5-1)), "pades.object-changed"},
		"object at its own bytes":    {table(signed, fmt.Sprintf("5 1\n%010d 00000 n \n", real5)), ""},
		"digit after an entry":       {table(signed, fmt.Sprintf("5 2\n%010d 00000 n \n%010d 00000 n\n1", real5, bytes.Index(signed, []byte("6 0 obj")))), "pdf.damaged"},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, o, c.doc, c.code) })
	}
	// MuPDF takes a table that is not written to the letter for damaged, and so
	// does poppler one that is too large.
	plain := objects(signed, map[int]string{900: "(x)", 901: "(y)"})
	wantRefused(t, o, plain, "")
	for _, swap := range [][2]string{
		{"900 1\n", "900\t1\n"}, {"900 1\n", "900  1\n"}, {"900 1\n", " 900 1\n"}, {"900 1\n", "900 1\n\t"}, {"900 1\n", "900 1\f"}, {"900 1\n", "900\n1\n"},
		{"901 1\n", " 901 1\n"}, {"901 1\n", "\n901 1\n"}, {"901 1\n", "901 1\r\r"},
	} {
		wantRefused(t, o, tampered(t, plain, len(signed), swap[0], swap[1]), "pades.ambiguous-object")
	}
	wantRefused(t, o, amend(signed, amendment{objects: map[int]string{900: "(x)"}, size: 655356366}), "pades.object-changed")
	row := deflated(t, []byte("\x02\x00\x00"))
	for cut, code := range map[int]string{0: "", 1: "pades.ambiguous-object"} {
		data := bytes.Clone(row)
		data[len(data)-1] ^= byte(cut) // its checksum
		wantRefused(t, o, crossed(signed, 990000, "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 2 >> /W [1 1 0] /Index [995 1]", data), code)
	}
	// poppler and pdf.js take a table that begins with a free object 1 for one
	// that begins with object 0.
	free := o.sign(t, amend(contract(), amendment{objects: map[int]string{20: objectText(t, contract(), 1)}, free: []int{1}, trailer: "/Root 20 0 R"}), sign.LevelB)
	moved := bytes.Replace(table(free, fmt.Sprintf("1 2\n0000000000 65535 f \n%010d 00000 n \n", bytes.Index(free, []byte("2 0 obj")))), []byte("999999 /Root 1 0 R /Info 11 0 R"), []byte("999999 /Root 20 0 R"), 1)
	wantRefused(t, o, moved, "pades.object-changed")
}
