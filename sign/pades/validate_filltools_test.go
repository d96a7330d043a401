package pades_test

import (
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/pades"
)

// mutoolFill fills in the fields of the application and saves an update. Lists,
// boxes and texts go different ways in MuPDF.
const mutoolFill = `
var doc = new PDFDocument(scriptArgs[0]);
var page = doc.loadPage(0);
var widgets = page.getWidgets();
widgets[0].setTextValue("Mari Mets");
widgets[1].setTextValue("250");
widgets[2].toggle();
widgets[4].toggle();
widgets[5].setChoiceValue("g");
widgets[7].setTextValue("J\u00fcri");
for (var i = 0; i < widgets.length; i++)
	widgets[i].update();
page.update();
doc.save(scriptArgs[1], "incremental");
`

// The rules are the same when an update packs its objects in streams.
func TestFillPacked(t *testing.T) {
	o := newOffice(t)
	signed := o.certified(t, application(), pades.PermitForms)
	fill := func(value string) []byte {
		return packed(t, signed, edit(t, signed, 8, "/FT /Tx", "/V ("+value+") /FT /Tx", 30, "/V /Off", "/V /large", 13, "/AS /Off", "/AS /large"))
	}
	wantFilled(t, o, fill("Mari"), "name", "size")
	wantForged(t, o, packed(t, signed, edit(t, signed, 6, "(100)", "(999)")), "pades.fill-mismatch")
	wantForged(t, o, packed(t, signed, edit(t, signed, 8, "[72 700 272 720]", "[0 0 595 842]")), "pades.form-value-changed")
	wantForged(t, o, packed(t, fill("Mari"), edit(t, signed, 15, "(7)", "(8)")), "pades.fill-field")
	wantForged(t, o, packed(t, o.sign(t, application(), sign.LevelB), edit(t, application(), 8, "/FT /Tx", "/V (x) /FT /Tx")), "pades.form-value-changed")
}

// What MuPDF fills in is valid.
func TestFillByMuPDF(t *testing.T) {
	o := newOffice(t)
	doc := filledByMuPDF(t, o.certified(t, application(), pades.PermitForms))
	wantFilled(t, o, doc, "name", "amount", "agree", "size", "colour", "person.given")
	wantForged(t, o, filledByMuPDF(t, o.sign(t, application(), sign.LevelB)), "pades.form-value-changed")
	wantForged(t, o, filledByMuPDF(t, o.certified(t, application(), pades.PermitNothing)), "pades.certified-changed")
}

func filledByMuPDF(t *testing.T, doc []byte) []byte {
	t.Helper()
	mutool := testtool.Need(t, "mutool")
	dir := t.TempDir()
	in, script, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "fill.js"), filepath.Join(dir, "out.pdf")
	for path, data := range map[string][]byte{in: doc, script: []byte(mutoolFill)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	testtool.Run(t, mutool, "run", script, in, out)
	return read(t, out)
}
