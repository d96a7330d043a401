package pades_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/sign/pades"
)

// What MuPDF writes into fields with borders, cells, lines and other alignments,
// and a text that is too long, is valid, too.
func TestFillOtherFieldsByMuPDF(t *testing.T) {
	o := newOffice(t)
	script := func(values map[int]string) string {
		var out strings.Builder
		out.WriteString("var doc = new PDFDocument(scriptArgs[0]);\nvar page = doc.loadPage(0);\nvar widgets = page.getWidgets();\n")
		for i, value := range values {
			out.WriteString("widgets[" + string(rune('0'+i)) + "].setTextValue(\"" + value + "\"); widgets[" + string(rune('0'+i)) + "].update();\n")
		}
		return out.String() + "page.update();\ndoc.save(scriptArgs[1], \"incremental\");\n"
	}
	long := strings.Repeat("a text that goes on and on ", 5)
	for title, c := range map[string]struct{ entries, value string }{
		"border":          {"/MK << /BC [0 0 1] /BG [1 1 0.8] >> /BS << /W 1 /S /S >>", "Mari Mets"},
		"thick border":    {"/MK << /BC [0] >> /BS << /W 3 /S /S >>", "100"},
		"right":           {"/Q 2", "1 000.00"},
		"middle":          {"/Q 1", "Mari"},
		"too long":        {"", long},
		"any size":        {"/DA (/Helv 0 Tf 0 g)", "Mari"},
		"any size, long":  {"/DA (/Helv 0 Tf 0 g)", long},
		"cells":           {"/Ff 16777216 /MaxLen 10", "A1B2"},
		"cells, bordered": {"/MK << /BC [0] >> /Ff 16777216 /MaxLen 10", "0123456789"},
		"lines":           {"/DA (/Helv 6 Tf 0 g) /Ff 4096", "one two\\nthree"},
		"lines that wrap": {"/DA (/Helv 5 Tf 0 g) /Ff 4096", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"},
		"letters":         {"", "Jüri Õun–Žukov"},
	} {
		t.Run(title, func(t *testing.T) {
			doc := application()
			old := "/FT /Tx"
			if strings.Contains(c.entries, "/DA") {
				old = "/DA (/Helv 12 Tf 0 g)"
			}
			doc = o.certified(t, objects(doc, edit(t, doc, 8, old, c.entries+" "+strings.TrimPrefix(old, "/DA (/Helv 12 Tf 0 g)"))), pades.PermitForms)
			mutool := testtool.Need(t, "mutool")
			dir := t.TempDir()
			in, fill, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "fill.js"), filepath.Join(dir, "out.pdf")
			for path, data := range map[string][]byte{in: doc, fill: []byte(script(map[int]string{0: c.value}))} {
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			testtool.Run(t, mutool, "run", fill, in, out)
			r := report(t, read(t, out), o.Trust(true))
			if !r.Valid() || len(r.Signatures[0].Coverage.Filled()) != 1 {
				t.Error(r.Text())
			}
		})
	}
}
