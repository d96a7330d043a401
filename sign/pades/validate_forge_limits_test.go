package pades_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"

	"eidgate/sign"
)

// sectioned appends a cross-reference stream with any dictionary and data.
func sectioned(doc []byte, dict string, data []byte) []byte {
	b := bytes.NewBuffer(bytes.Clone(doc))
	at := b.Len()
	dict = strings.ReplaceAll(dict, "PREV", fmt.Sprint(lastXRef(doc)))
	fmt.Fprintf(b, "990000 0 obj\n<< /Type /XRef /Root 1 0 R /Info 11 0 R %s /Length %d >>\nstream\n", dict, len(data))
	b.Write(data)
	fmt.Fprintf(b, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", at)
	return b.Bytes()
}

func deflated(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Few bytes that claim, unpack to, or cost much, and numbers beyond what fits:
// each ends with a code, and soon.
func TestHostileDocuments(t *testing.T) {
	o := newOffice(t)
	signed := o.sign(t, contract(), sign.LevelB)
	n := len(signed)
	one := amend(signed, amendment{objects: map[int]string{800: "(x)"}})
	zeros := func(n int) []byte { return deflated(t, make([]byte, n)) }
	const huge = "9223372036854775807"
	for name, c := range map[string]struct {
		doc  []byte
		code string
	}{
		"rows for ten million objects":  {sectioned(signed, "/Size 10485760 /Index [1000000 9000000] /W [1 1 0] /Filter /FlateDecode /Prev PREV", zeros(18000000)), "pdf.limit"},
		"rows for more objects":         {sectioned(signed, "/Size 10485761 /W [0 1 0] /Filter /FlateDecode /Prev PREV", zeros(9)), "pdf.limit"},
		"rows without end":              {sectioned(signed, "/Size 10485760 /W [4 8 8] /Filter /FlateDecode /Prev PREV", zeros(9)), "pdf.limit"},
		"rows that do not come":         {sectioned(signed, "/Size 3000000 /W [1 4 2] /Filter /FlateDecode /Prev PREV", zeros(9)), "pdf.damaged"},
		"rows wider than numbers":       {sectioned(signed, "/Size 9 /W [9 1 1] /Prev PREV", make([]byte, 99)), "pdf.damaged"},
		"rows of negative width":        {sectioned(signed, "/Size 9 /W [1 -1 1] /Prev PREV", make([]byte, 99)), "pdf.damaged"},
		"an offset of 64 bits":          {sectioned(signed, "/Size 2000 /Index [5 1] /W [1 8 1] /Prev PREV", []byte("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00")), "pdf.damaged"},
		"Index of 63 bits":              {sectioned(signed, "/Size 9 /Index ["+huge+" 1] /W [1 1 1] /Prev PREV", make([]byte, 3)), "pdf.limit"},
		"Index that overflows":          {sectioned(signed, "/Size 9 /Index [1 "+huge+"] /W [1 1 1] /Prev PREV", make([]byte, 3)), "pdf.limit"},
		"Index below zero":              {sectioned(signed, "/Size 9 /Index [-1 1] /W [1 1 1] /Prev PREV", make([]byte, 3)), "pdf.limit"},
		"Index that overlaps":           {sectioned(signed, "/Size 9 /Index [5 1 5 1] /W [1 1 1] /Prev PREV", make([]byte, 6)), "pdf.damaged"},
		"Index that is odd":             {sectioned(signed, "/Size 9 /Index [5] /W [1 1 1] /Prev PREV", make([]byte, 6)), "pdf.damaged"},
		"predictor rows of a mebibyte":  {sectioned(signed, "/Size 9 /W [1 1 1] /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 1048576 >> /Prev PREV", zeros(99)), "pdf.limit"},
		"predictor of many colours":     {sectioned(signed, "/Size 9 /W [1 1 1] /Filter /FlateDecode /DecodeParms << /Predictor 12 /Colors 32 /BitsPerComponent 16 /Columns 65536 >> /Prev PREV", zeros(99)), "pdf.limit"},
		"predictor below zero":          {sectioned(signed, "/Size 9 /W [1 1 1] /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns -1 >> /Prev PREV", zeros(99)), "pdf.limit"},
		"five filters":                  {sectioned(signed, "/Size 9 /W [1 1 1] /Filter [/Fl /Fl /Fl /Fl /Fl] /Prev PREV", zeros(99)), "pdf.limit"},
		"unknown filter":                {sectioned(signed, "/Size 9 /W [1 1 1] /Filter /LZWDecode /Prev PREV", zeros(99)), "pdf.unsupported"},
		"Prev to itself":                {sectioned(signed, fmt.Sprintf("/Size 9 /Index [5 0] /W [1 1 1] /Prev %d", n), nil), "pdf.damaged"},
		"Prev of 63 bits":               {sectioned(signed, "/Size 9 /Index [5 0] /W [1 1 1] /Prev "+huge, nil), "pdf.damaged"},
		"Prev of 64 bits":               {sectioned(signed, "/Size 9 /Index [5 0] /W [1 1 1] /Prev 18446744073709551616", nil), "pdf.damaged"},
		"Prev below zero":               {sectioned(signed, "/Size 9 /Index [5 0] /W [1 1 1] /Prev -1", nil), "pdf.damaged"},
		"Prev with a fraction":          {sectioned(signed, "/Size 9 /Index [5 0] /W [1 1 1] /Prev 9.0", nil), "pdf.damaged"},
		"Prev twice":                    {sectioned(signed, "/Size 9 /Index [5 0] /W [1 1 1] /Prev PREV /Prev PREV", nil), "pdf.damaged"},
		"Root twice by escape":          {sectioned(signed, "/Size 9 /Index [5 0] /W [1 1 1] /Prev PREV /R#6fot 800 0 R", nil), "pdf.damaged"},
		"encrypted from now on":         {sectioned(signed, "/Size 9 /Index [5 0] /W [1 1 1] /Prev PREV /Encrypt << /Filter /Standard >>", nil), "pdf.encrypted"},
		"startxref of 64 bits":          {tampered(t, one, n, fmt.Sprintf("startxref\n%d", lastXRef(one)), "startxref\n18446744073709551616"), "pdf.damaged"},
		"startxref beyond the end":      {tampered(t, one, n, fmt.Sprintf("startxref\n%d", lastXRef(one)), "startxref\n99999999"), "pdf.damaged"},
		"startxref below zero":          {tampered(t, one, n, fmt.Sprintf("startxref\n%d", lastXRef(one)), "startxref\n-1"), "pdf.damaged"},
		"nested without end":            {amend(signed, amendment{objects: map[int]string{800: strings.Repeat("[", 5000)}}), "pdf.limit"},
		"Length of 63 bits":             {amend(signed, amendment{objects: map[int]string{800: "<< /Length " + huge + " >>\nstream\n\nendstream"}}), "pdf.damaged"},
		"Length below zero":             {amend(signed, amendment{objects: map[int]string{800: "<< /Length -1 >>\nstream\n\nendstream"}}), "pdf.damaged"},
		"Length that is the stream":     {amend(signed, amendment{objects: map[int]string{800: "<< /Length 800 0 R >>\nstream\n\nendstream"}}), "pdf.limit"},
		"Length too short":              {amend(signed, amendment{objects: map[int]string{800: "<< /Length 1 >>\nstream\nxxxxxxx\nendstream"}}), "pdf.damaged"},
		"object stream in itself":       {sectioned(signed, "/Size 2000 /Index [800 1] /W [1 2 1] /Prev PREV", []byte("\x02\x03\x20\x00")), "pdf.damaged"},
		"object without an end":         {amend(signed, amendment{objects: map[int]string{800: "(x"}}), "pdf.damaged"},
		"object of another number":      {amend(signed, amendment{objects: map[int]string{800: "(x)"}, point: map[int]int{801: n}}), "pdf.damaged"},
		"name with a zero byte":         {amend(signed, amendment{objects: map[int]string{800: "<< /AA#00 1 >>"}}), "pdf.damaged"},
		"name without end":              {amend(signed, amendment{objects: map[int]string{800: "/" + strings.Repeat("n", 70000)}}), "pdf.limit"},
		"five thousand items of a DSS":  {amend(signed, amendment{objects: map[int]string{1: strings.Replace(objectText(t, signed, 1), "/Pages", "/DSS << /Certs ["+strings.Repeat("6 0 R ", 5000)+"] >> /Pages", 1)}}), "pdf.limit"},
		"a form that is its own child":  {amend(signed, amendment{objects: map[int]string{10: "<< /T (a) /Kids [10 0 R] >>"}}), "pdf.damaged"},
		"a form of bombs":               {bombs(t, signed), "pdf.limit"},
		"a thousand groups of a form":   {amend(signed, amendment{objects: map[int]string{10: strings.Repeat("<< /T (a) /Kids [", 40) + strings.Repeat("] >>", 40)}}), "pades.form-value-changed"},
		"generation of 64 bits":         {amend(signed, amendment{objects: map[int]string{800: "[5 18446744073709551616 R]"}}), "pdf.damaged"},
		"DSS that is a number":          {amend(signed, amendment{objects: map[int]string{1: strings.Replace(objectText(t, signed, 1), "/Pages", "/DSS 7 /Pages", 1)}}), "pdf.damaged"},
		"certificates that are a page":  {amend(signed, amendment{objects: map[int]string{1: strings.Replace(objectText(t, signed, 1), "/Pages", "/DSS << /Certs 3 0 R >> /Pages", 1)}}), "pdf.damaged"},
		"a revision without objects":    {amend(signed, amendment{}), ""},
		"certificates that are no such": {amend(signed, amendment{objects: map[int]string{1: strings.Replace(objectText(t, signed, 1), "/Pages", "/DSS << /Certs [3 0 R 5 0 R null 7] >> /Pages", 1)}}), ""},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, o, c.doc, c.code) })
	}
}

// bombs is a form whose fields stand in turns in object streams of 8 MiB each.
func bombs(t testing.TB, doc []byte) []byte {
	t.Helper()
	const streams, fields = 6, 60
	all := map[int]string{}
	var rows bytes.Buffer
	var index, list strings.Builder
	for i := range streams {
		var head, body strings.Builder
		for j := range fields {
			fmt.Fprintf(&head, "%d %d ", 2000+j*streams+i, body.Len())
			body.WriteString("<< /T (a) /FT /Tx >> ")
		}
		data := deflated(t, append([]byte(head.String()+body.String()), make([]byte, 8<<20)...))
		all[1900+i] = fmt.Sprintf("<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", fields, head.Len(), len(data), data)
	}
	form := "<< /SigFlags 3 /Fields [10 0 R 15 0 R %s] >>"
	for n := range streams * fields {
		fmt.Fprintf(&list, "%d 0 R ", 2000+n)
		fmt.Fprintf(&index, "%d 1 ", 2000+n)
		rows.Write([]byte{2, 0, 0, byte((1900 + n%streams) >> 8), byte(1900 + n%streams), byte(n / streams)})
	}
	all[9] = fmt.Sprintf(form, list.String())
	update := amend(doc, amendment{objects: all})
	return sectioned(update, "/Size 999999 /Index ["+index.String()+"] /W [1 4 1] /Prev PREV", rows.Bytes())
}
