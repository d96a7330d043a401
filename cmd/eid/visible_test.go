package main

import (
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
)

// TestSignVisible shows signatures, and lets pdfsig judge and pdftotext read
// them.
func TestSignVisible(t *testing.T) {
	pdftotext, pdfsig := testtool.Need(t, "pdftotext"), testtool.Need(t, "pdfsig")
	w := newWorld(t)
	picture := filepath.Join(t.TempDir(), "picture.png")
	f, err := os.Create(picture)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 20, 10))); err != nil {
		t.Fatal(err)
	}
	f.Close()
	in := document(t)
	for name, c := range map[string]struct {
		args []string
		page string
		text []string
	}{
		"alone":         {[]string{"--visible"}, "2", []string{"Digitally signed by", w.Card.Surname}},
		"placed":        {[]string{"--page", "1", "--rect", "36,36,300,80", "--frame", "--reason", "Põhjus Щ", "--labels", "et"}, "1", []string{"Digitaalselt", "Põhjus Щ"}},
		"with picture":  {[]string{"--image", picture, "--location", "Tallinn"}, "2", []string{"Tallinn"}},
		"in a field":    {[]string{"--visible", "--field", "Approval"}, "2", []string{w.Card.Surname}},
		"rect, no page": {[]string{"--rect", "36,36,300,80"}, "2", []string{w.Card.Surname}},
	} {
		t.Run(name, func(t *testing.T) {
			w.card.ClearTrace()
			out := filepath.Join(t.TempDir(), "out.pdf")
			w.sign(t, "12345", append(c.args, "-o", out, in)...).want(t, exitOK)
			w.run(t, "verify", "--offline", "--trust", w.TrustDir(), out).want(t, exitOK)
			text, err := exec.Command(pdftotext, "-f", c.page, "-l", c.page, out, "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.text {
				if !strings.Contains(string(text), want) {
					t.Errorf("page %s does not show %q: %s", c.page, want, text)
				}
			}
			judged, _ := exec.Command(pdfsig, "-nocert", out).CombinedOutput()
			if !strings.Contains(string(judged), "Signature is Valid") {
				t.Errorf("pdfsig: %s", judged)
			}
			if n := w.commands(signWithPIN2); n != 1 {
				t.Errorf("%d card operations", n)
			}
		})
	}
	// A second signature finds a place beside the first.
	first, second := filepath.Join(t.TempDir(), "1.pdf"), filepath.Join(t.TempDir(), "2.pdf")
	w.sign(t, "12345", "--visible", "-o", first, in).want(t, exitOK)
	w.sign(t, "12345", "--visible", "-o", second, first).want(t, exitOK)
	w.run(t, "verify", "--offline", "--trust", w.TrustDir(), second).want(t, exitOK, "2 signatures")
}

// TestSignVisibleRefuses spends no PIN on what cannot be shown.
func TestSignVisibleRefuses(t *testing.T) {
	w := newWorld(t)
	for name, args := range map[string][]string{
		"no such page":     {"--page", "9"},
		"page -1":          {"--page", "-1"},
		"three numbers":    {"--rect", "1,2,3"},
		"no numbers":       {"--rect", "a,b,c,d"},
		"off the page":     {"--rect", "9000,0,100,100"},
		"no such picture":  {"--image", "/no/such.png"},
		"no picture":       {"--image", w.file(t, "x.png", "no picture")},
		"no font":          {"--font", w.file(t, "x.ttf", "no font")},
		"face of no font":  {"--font", "x.ttc#one"},
		"container":        {"--format", "asice", "--visible"},
		"adbe":             {"--format", "adbe", "--visible"},
		"adbe certified":   {"--format", "adbe", "--certify", "no-changes"},
		"unknown permit":   {"--certify", "everything"},
		"unknown language": {"--visible", "--labels", "xx"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w.sign(t, "12345", append(args, "--level", "B", "-o", filepath.Join(dir, "out"), document(t))...).want(t, exitInput)
			if left := entries(t, dir); len(left) > 0 {
				t.Errorf("the folder holds %v", left)
			}
		})
	}
	if n := w.commands(verifyPIN2); n != 0 {
		t.Errorf("the PIN was sent %d times", n)
	}
}

// TestCertify lets others do what the first signer permits and no more.
func TestCertify(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	for what, second := range map[string]int{"no-changes": exitInput, "fill-forms": exitOK, "annotate": exitOK} {
		certified := filepath.Join(dir, what+".pdf")
		w.sign(t, "12345", "--level", "B", "--certify", what, "-o", certified, document(t)).want(t, exitOK)
		w.sign(t, "12345", "--level", "B", "-o", filepath.Join(dir, what+"-2.pdf"), certified).want(t, second)
		w.sign(t, "12345", "--level", "B", "--certify", what, "-o", filepath.Join(dir, what+"-3.pdf"), certified).want(t, exitInput)
	}
}

// TestSignExistingField fills the place that the form's author made.
func TestSignExistingField(t *testing.T) {
	w := newWorld(t)
	form := w.file(t, "form.pdf", string(samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Annots [4 0 R] >>",
		"<< /FT /Sig /T (Place) /Type /Annot /Subtype /Widget /F 4 /P 3 0 R /Rect [100 100 320 180] >>")))
	out := filepath.Join(t.TempDir(), "out.pdf")
	w.sign(t, "12345", "--level", "B", "--visible", "--field", "Place", "-o", out, form).want(t, exitOK)
	w.run(t, "verify", "--trust", w.TrustDir(), out).want(t, exitOK)
	w.sign(t, "12345", "--level", "B", "--field", "Place", "--rect", "1,1,200,80", "-o", out+"2", form).want(t, exitInput)
}
