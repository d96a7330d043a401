package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"eidgate/sign"
)

// tampered replaces the last occurrence of old in the update of a document.
func tampered(t testing.TB, doc []byte, from int, old, new string) []byte {
	t.Helper()
	at := bytes.LastIndex(doc[from:], []byte(old))
	if at < 0 {
		t.Fatalf("no %q", old)
	}
	at += from
	return append(append(bytes.Clone(doc[:at]), new...), doc[at+len(old):]...)
}

// What one program reads and another does not, in updates that change nothing
// as we read them. Programs that take a file for damaged look for objects by
// themselves and find what is hidden here.
func TestForgedForOtherReaders(t *testing.T) {
	o := newOffice(t)
	signed := o.sign(t, contract(), sign.LevelB)
	n := len(signed)
	evil := "<< /Length 58 >>\nstream\nBT /F1 24 Tf 72 700 Td (Pay 9999999 euros to Eve) Tj ET  \nendstream"
	hidden := func(text string) map[int]string {
		return map[int]string{800: fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text)}
	}
	five := "\n5 0 obj\n" + evil + "\nendobj\n"
	start := fmt.Sprintf("startxref\n%d\n", lastXRef(amend(signed, amendment{objects: hidden(five)})))
	plain := amend(signed, amendment{objects: hidden(five)})
	page := strings.ReplaceAll(objectText(t, signed, 3), "\n", " ")
	bad := strings.Replace(page, "5 0 R", "13 0 R", 1)
	for name, c := range map[string]struct {
		doc  []byte
		code string // of the signature, or of the document
	}{
		"objects inside a stream":     {plain, "pades.unlisted-object"},
		"object in pieces":            {amend(signed, amendment{objects: hidden("\n5\r0\tobj " + evil + "\nendobj\n")}), "pades.unlisted-object"},
		"object inside a string":      {amend(signed, amendment{objects: map[int]string{800: "(\n5 0 obj " + strings.NewReplacer("(", "\\(", ")", "\\)").Replace(evil) + ")"}}), "pades.unlisted-object"},
		"object in a comment inside":  {amend(signed, amendment{objects: map[int]string{800: "% \n<< % 5 0 obj << >> endobj\n >>"}}), "pades.unlisted-object"},
		"section after a comment":     {tampered(t, amend(signed, amendment{objects: map[int]string{800: "(x)"}, junk: "%a\n"}), n, "startxref\n", "startxref\n0"), ""},
		"startxref in a comment":      {tampered(t, plain, n, start, strings.Replace(start, "startxref\n", "startxref %5\n", 1)), "pdf.damaged"},
		"second trailer":              {amend(signed, amendment{objects: map[int]string{800: "(x)"}, junk: "trailer\n<< /Root 800 0 R >>\n"}), "pades.unlisted-object"},
		"second trailer in a comment": {amend(signed, amendment{objects: map[int]string{800: "(x)"}, junk: "% trailer << /Root 800 0 R >>\n"}), "pades.unlisted-object"},
		"second trailer in a stream":  {amend(signed, amendment{objects: hidden("\ntrailer\n<< /Root 800 0 R /Size 1 >>\n")}), "pades.unlisted-object"},
		"second startxref":            {amend(signed, amendment{objects: hidden("\nstartxref\n9\n%%EOF\n")}), "pades.unlisted-object"},
		"second startxref after":      {amend(signed, amendment{objects: map[int]string{800: "(x)"}, tail: "startxref\n9\n"}), "pades.unlisted-object"},
		"smaller Size":                {amend(signed, amendment{objects: map[int]string{800: "(x)"}, size: 5}), "pades.object-removed"},
		"entry with a longer word":    {tampered(t, amend(signed, amendment{objects: map[int]string{800: "(x)"}}), n, " 00000 n \n", " 00000 nf\n"), "pdf.damaged"},
		"entry with a number behind":  {tampered(t, amend(signed, amendment{objects: map[int]string{800: "(x)"}}), n, " 00000 n \n", " 00000 n 7"), "pdf.damaged"},
		"object twice in a stream":    {packedTwice(t, signed, 3, page, bad), "pdf.damaged"},
		"object stream in disguise":   {amend(signed, amendment{objects: map[int]string{800: "<< /Type /ObjStm /N 1 /First 4 /Length 8 >>\nstream\n5 0 (x)\n\nendstream"}}), ""},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, o, c.doc, c.code) })
	}
}

// packedTwice is an update whose object stream has an object twice: the
// cross-reference stream names the first.
func packedTwice(t testing.TB, doc []byte, num int, first, second string) []byte {
	t.Helper()
	update := packed(t, doc, map[int]string{num: first})
	index := fmt.Sprintf("%d 0 ", num)
	doubled := fmt.Sprintf("%d 0 %d %d ", num, num, len(first)+1)
	old := fmt.Sprintf("/N 1 /First %d /Length %d >>\nstream\n%s%s ", len(index), len(index)+len(first)+1, index, first)
	fresh := fmt.Sprintf("/N 2 /First %d /Length %d >>\nstream\n%s%s %s ", len(doubled), len(doubled)+len(first)+len(second)+2, doubled, first, second)
	shift := len(fresh) - len(old)
	out := tampered(t, update, len(doc), old, fresh)
	// The cross-reference stream moved.
	at := lastXRef(update)
	out = tampered(t, out, len(doc), fmt.Sprintf("startxref\n%d\n", at), fmt.Sprintf("startxref\n%d\n", at+shift))
	row := func(at int) string {
		return "\x01" + string([]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)}) + "\x00\x00"
	}
	return tampered(t, out, len(doc), row(at), row(at+shift))
}
