package pades_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"eidgate/sign"
)

// headed puts a linearisation dictionary that claims a length at the beginning
// of a document with one cross-reference table, and after it a second table, in
// which the content of page one is another.
func headed(doc []byte, length string) []byte {
	head := bytes.Index(doc, []byte("1 0 obj"))
	at := lastXRef(doc)
	entries := regexp.MustCompile(`(\d{10}) 00000 n `)
	block := func(offsets []int) string {
		var rows strings.Builder
		first := fmt.Sprintf("20 0 obj\n<< /Linearized 1 /L %-12s /H [0 0] /O 3 /E 0 /N 2 /T 0 >>\nendobj\n", length)
		other := "5 0 obj\n<< /Length 51 >>\nstream\nBT /F1 24 Tf 72 700 Td (Pay 999999999 euros) Tj ET\nendstream\nendobj\n"
		for i, o := range offsets {
			if i == 4 {
				o = head + len(first) + 20*len(offsets) + 200
			}
			fmt.Fprintf(&rows, "%010d 00000 n \n", o)
		}
		table := fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size 16 /Root 1 0 R >>\nstartxref\n0\n%%%%EOF\n", len(offsets)+1, rows.String())
		return fmt.Sprintf("%s%-*s%s", first, 20*len(offsets)+200, table, other)
	}
	var offsets []int
	for _, m := range entries.FindAllSubmatch(doc[at:], -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			panic(err)
		}
		offsets = append(offsets, n)
	}
	shift := len(block(offsets))
	for i := range offsets {
		offsets[i] += shift
	}
	i := -1
	tail := entries.ReplaceAllFunc(doc[at:], func([]byte) []byte {
		i++
		return fmt.Appendf(nil, "%010d 00000 n ", offsets[i])
	})
	tail = bytes.Replace(tail, fmt.Appendf(nil, "startxref\n%d", at), fmt.Appendf(nil, "startxref\n%d", at+shift), 1)
	return bytes.Join([][]byte{doc[:head], []byte(block(offsets)), doc[head:at], tail}, nil)
}

// A document that says it is linearised and as long as it will be once it is
// signed and updated: poppler and pdf.js then read the table at its beginning.
func TestForgedLinearisation(t *testing.T) {
	o := newOffice(t)
	update := func(doc []byte, size int) []byte { // to a length
		out := objects(doc, map[int]string{800: "(x)"})
		pad := strings.Repeat("x", max(0, size-len(out)))
		return objects(doc, map[int]string{800: "(x" + pad + ")"})
	}
	plain := headed(contract(), "1")
	signed := o.sign(t, plain, sign.LevelB)
	length := len(signed) + 2000
	wantRefused(t, o, update(signed, length), "")
	for name, text := range map[string]string{"whole number": strconv.Itoa(length), "fraction": fmt.Sprintf("%d.0", length), "twice": fmt.Sprintf("%d /L 1", length)} {
		t.Run(name, func(t *testing.T) {
			prepared := o.sign(t, headed(contract(), text), sign.LevelB)
			doc := update(prepared, length)
			if len(doc) != length {
				t.Fatalf("%d bytes instead of %d", len(doc), length)
			}
			wantRefused(t, o, prepared, "")
			wantRefused(t, o, doc, "pdf.damaged")
		})
	}
}
