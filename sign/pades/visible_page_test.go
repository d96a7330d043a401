package pades_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/pades"
)

var wordBox = regexp.MustCompile(`<word xMin="([-0-9.]+)" yMin="([-0-9.]+)" xMax="([-0-9.]+)" yMax="([-0-9.]+)">(.*?)</word>`)

// seen is a word on the page as it is seen: left, bottom, right, top.
type seen struct {
	text string
	box  [4]float64
}

// wordsSeen is what pdftotext reads on one page of a file, within the CropBox.
// It counts from the top; height is that of the page as it is seen.
func wordsSeen(t testing.TB, path string, page int, height float64) []seen {
	t.Helper()
	n := strconv.Itoa(page)
	out := testtool.Run(t, testtool.Need(t, "pdftotext"), "-q", "-bbox", "-cropbox", "-f", n, "-l", n, path, "-")
	var all []seen
	for _, m := range wordBox.FindAllStringSubmatch(out, -1) {
		all = append(all, seen{m[5], [4]float64{number(t, m[1]), height - number(t, m[4]), number(t, m[3]), height - number(t, m[2])}})
	}
	return all
}

func number(t testing.TB, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantInside wants every word of the signature upright within a rectangle.
func wantInside(t testing.TB, words []seen, r pades.Rect) {
	t.Helper()
	if len(words) < 4 {
		t.Fatalf("words %v", words)
	}
	for i, w := range words {
		const close = 1 // point
		if w.box[0] < r.Left-close || w.box[1] < r.Bottom-close || w.box[2] > r.Left+r.Width+close || w.box[3] > r.Bottom+r.Height+close {
			t.Errorf("%q is at %v, not within %+v", w.text, w.box, r)
		}
		if i > 0 && words[0].box[3] < w.box[3]-close {
			t.Errorf("%q is above the first word", w.text)
		}
		if len(w.text) > 4 && w.box[2]-w.box[0] < w.box[3]-w.box[1] {
			t.Errorf("%q is not upright: %v", w.text, w.box)
		}
	}
}

// pageWith is a document of two pages, the second of which has these entries.
func pageWith(entries string) []byte {
	return samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 200 200] >>",
		"<< /Type /Page /Parent 2 0 R /Resources << >> >>", "<< /Type /Page /Parent 2 0 R /Resources << >> "+entries+" >>")
}

func written(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.pdf")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The rectangle counts on the page as a person sees it, turned and cropped.
func TestVisibleTurnedPage(t *testing.T) {
	ca := newWorld(t)
	for _, turn := range []int{0, 90, 180, 270, -90, 450} {
		for boxes, size := range map[string][2]float64{
			"":                           {200, 200},
			"/MediaBox [100 50 500 900]": {400, 850},
			"/MediaBox [0 0 500 900] /CropBox [40 60 400 800]":    {360, 740},
			"/MediaBox [0 0 500 900] /CropBox [-50 -50 450 1000]": {450, 900},
		} {
			t.Run(fmt.Sprintf("%d%s", turn, boxes), func(t *testing.T) {
				height := size[1]
				if turn%180 != 0 {
					height = size[0]
				}
				in := written(t, pageWith(fmt.Sprintf("/Rotate %d %s", turn, boxes)))
				o := ca.levelLT()
				place := pades.Rect{Left: 30, Bottom: 15, Width: 160, Height: 60}
				o.Visible = &pades.Visible{Page: 2, Rect: place, Frame: true}
				path, _ := signFile(t, in, ca.ec384, o)
				judge(t, ca, path, 1)
				wantInside(t, wordsSeen(t, path, 2, height), place)
				wantLevel(t, ca, read(t, path), sign.LevelLT)
				keepFile(t, path)
			})
		}
	}
}

// keepFile leaves a file for a person to look at, where one is wanted.
func keepFile(t testing.TB, path string) {
	t.Helper()
	if dir := os.Getenv("EIDGATE_KEEP"); dir != "" {
		name := regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(t.Name(), "-")
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), read(t, path), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Points stay points where the page counts in larger units.
func TestVisibleUserUnit(t *testing.T) {
	ca := newCA(t)
	o := options(ca.ec384)
	o.Visible = &pades.Visible{Page: 2, Rect: pades.Rect{Left: 300, Bottom: 300, Width: 99, Height: 99}}
	out, _ := signTo(t, pageWith("/UserUnit 2"), ca.ec384, o)
	if !strings.Contains(string(out.buf), "/Rect [150 150 199.500 199.500]") {
		t.Error("the rectangle is elsewhere")
	}
	o.Visible.Rect.Left = 302
	wantRefusal(t, "over the edge", pageWith("/UserUnit 2"), ca.ec384, o, "pades.visible-rect")
	o.Visible.Rect = pades.Rect{Left: 1, Bottom: 1, Width: 99, Height: 99}
	wantRefusal(t, "turned by 45 degrees", pageWith("/Rotate 45"), ca.ec384, o, "pdf.damaged")
	wantRefusal(t, "boxes that do not meet", pageWith("/CropBox [600 0 700 90]"), ca.ec384, o, "pdf.damaged")
	wantRefusal(t, "a box of text", pageWith("/CropBox [(a) 0 9 9]"), ca.ec384, o, "pdf.damaged")
}

// An existing field is drawn in its own rectangle, merged with its widget or
// not, turned as its author says, else upright.
func TestVisibleField(t *testing.T) {
	ca := newWorld(t)
	form := func(page, widget string, more ...string) []byte {
		objects := append([]string{"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>", pagesObject,
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 500] /Resources << >> " + page + " >>", widget}, more...)
		return samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", objects...)
	}
	field := "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Here) /F 4 "
	for name, c := range map[string]struct {
		in     []byte
		place  pades.Rect
		height float64
	}{
		"merged":        {form("/Annots [4 0 R]", field+"/Rect [20 30 220 90] >>"), pades.Rect{Left: 20, Bottom: 30, Width: 200, Height: 60}, 500},
		"corners mixed": {form("/Annots [4 0 R]", field+"/Rect [220 90 20 30] >>"), pades.Rect{Left: 20, Bottom: 30, Width: 200, Height: 60}, 500},
		"apart": {form("/Annots [5 0 R]", "<< /FT /Sig /T (Here) /Kids [5 0 R] >>", "<< /Type /Annot /Subtype /Widget /Parent 4 0 R /F 4 /Rect [20 30 220 90] /AP << /N 6 0 R >> >>",
			"<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] /Length 0 >>\nstream\n\nendstream"), pades.Rect{Left: 20, Bottom: 30, Width: 200, Height: 60}, 500},
		"turned page":   {form("/Rotate 90 /Annots [4 0 R]", field+"/Rect [20 30 80 230] >>"), pades.Rect{Left: 30, Bottom: 220, Width: 200, Height: 60}, 300},
		"turned with R": {form("/Rotate 90 /Annots [4 0 R]", field+"/MK << /R 90 >> /Rect [20 30 80 230] >>"), pades.Rect{Left: 30, Bottom: 220, Width: 200, Height: 60}, 300},
	} {
		t.Run(name, func(t *testing.T) {
			o := ca.levelLT()
			o.Field, o.Reason, o.Visible = "Here", "Šaša Щ", &pades.Visible{Frame: true}
			path, _ := signFile(t, written(t, c.in), ca.ec256, o)
			if name == "apart" { // poppler of Debian 12 looks for V in the widget, where it need not be
				testtool.Run(t, testtool.Need(t, "qpdf"), "--check", path)
				openssl(t, ca, signaturesOf(t, path)[0])
			} else {
				judge(t, ca, path, 1)
			}
			wantInside(t, wordsSeen(t, path, 1, c.height), c.place)
			wantLevel(t, ca, read(t, path), sign.LevelLT)
			keepFile(t, path)
		})
	}
	for name, c := range map[string]struct {
		in      []byte
		visible pades.Visible
	}{
		"no rectangle":    {form("/Annots [4 0 R]", field+">>"), pades.Visible{}},
		"empty rectangle": {form("/Annots [4 0 R]", field+"/Rect [0 0 0 0] >>"), pades.Visible{}},
		"hidden":          {form("/Annots [4 0 R]", strings.Replace(field, "/F 4", "/F 6", 1)+"/Rect [0 0 200 60] >>"), pades.Visible{}},
		"on no page":      {form("", field+"/Rect [0 0 200 60] >>"), pades.Visible{}},
		"no widget":       {form("", "<< /FT /Sig /T (Here) >>"), pades.Visible{}},
		"two widgets": {form("/Annots [5 0 R 6 0 R]", "<< /FT /Sig /T (Here) /Kids [5 0 R 6 0 R] >>", "<< /Subtype /Widget /Parent 4 0 R /Rect [0 0 200 60] >>",
			"<< /Subtype /Widget /Parent 4 0 R /Rect [0 0 200 60] >>"), pades.Visible{}},
		"a page is given":      {form("/Annots [4 0 R]", field+"/Rect [0 0 200 60] >>"), pades.Visible{Page: 1}},
		"a rectangle is given": {form("/Annots [4 0 R]", field+"/Rect [0 0 200 60] >>"), pades.Visible{Rect: pades.Rect{Width: 200, Height: 60}}},
	} {
		o := options(ca.ec256)
		o.Field, o.Visible = "Here", &c.visible
		wantRefusal(t, name, c.in, ca.ec256, o, "pades.visible-field")
	}
}

// Stored between its two steps, a visible signature comes out the same; the
// state stays small beside the fonts it was made from.
func TestVisibleTwoSteps(t *testing.T) {
	ca := newCA(t)
	o := options(ca.ec256)
	o.Reason, o.Visible = hardReason, &pades.Visible{Page: 2, Rect: pades.Rect{Left: 10, Bottom: 10, Width: 180, Height: 80}, Fonts: hangul(t)}
	signed, state := inTwoSteps(t, pageWith(""), ca.ec256, o)
	path := written(t, signed)
	judge(t, ca, path, 1)
	if text := shownText(t, path); !strings.Contains(text, "동의합니다") {
		t.Errorf("the page shows:\n%s", text)
	}
	if len(state) > 100<<10 {
		t.Errorf("a state of %d bytes", len(state))
	}
}

// The time is shown in the zone that it is given in.
func TestVisibleTime(t *testing.T) {
	ca := newCA(t)
	o := options(ca.ec384)
	o.Time = o.Time.In(time.FixedZone("EEST", 3*60*60))
	o.Visible = &pades.Visible{Page: 2, Rect: pades.Rect{Left: 10, Bottom: 10, Width: 180, Height: 80}}
	signed, _ := inTwoSteps(t, pageWith(""), ca.ec384, o)
	if text := shownText(t, written(t, signed)); !strings.Contains(text, "2026-06-01 15:00:00 +03:00") {
		t.Errorf("the page shows:\n%s", text)
	}
}

// The name shown is that of the person in the certificate, and the signature
// holds the same; the personal code is on no page.
func TestVisibleShowsPerson(t *testing.T) {
	o := newOffice(t)
	person, err := certs.PersonOf(o.card.Cert)
	if err != nil {
		t.Fatal(err)
	}
	opts := o.options(sign.LevelLT)
	opts.Visible = &pades.Visible{Rect: pades.Rect{Left: 20, Bottom: 20, Width: 200, Height: 80}}
	doc := o.signWith(t, contract(), opts)
	wantVerdict(t, report(t, doc, o.Trust(true)), 0, totalPassed, "", sign.LevelLT)
	path := written(t, doc)
	text := shownText(t, path)
	if !strings.Contains(text, person.FullName()) || !strings.Contains(text, "Reason: I agree") {
		t.Errorf("the page does not show %q:\n%s", person.FullName(), text)
	}
	if code := regexp.MustCompile(`\d{11}`).FindString(text); code != "" {
		t.Error("the page shows a personal code")
	}
	if json := testtool.Run(t, testtool.Need(t, "qpdf"), "--json", path); !strings.Contains(json, `"/Name": "u:`+person.FullName()) {
		t.Error("the signature does not hold the name that the page shows")
	}
	again := o.options(sign.LevelLT)
	again.Visible = &pades.Visible{Rect: pades.Rect{Left: 240, Bottom: 20, Width: 200, Height: 80}, Labels: pades.LabelsFor("et")}
	doc = o.signWith(t, doc, again)
	for i := range 2 {
		wantVerdict(t, report(t, doc, o.Trust(true)), i, totalPassed, "", sign.LevelLT)
	}
	if text := shownText(t, written(t, doc)); !strings.Contains(text, "Digitaalselt allkirjastanud") || !strings.Contains(text, "Põhjus: I agree") {
		t.Errorf("the page shows:\n%s", text)
	}
}

// A certificate that names no person shows its common name without codes, and
// one without a name is refused.
func TestVisibleName(t *testing.T) {
	ca := newCA(t)
	for name, want := range map[string]string{"Acme OÜ": "Acme OÜ", "MÄNNIK,MARI-LIIS,47101010033": "MÄNNIK,MARI-LIIS", "47101010033": "", "": ""} {
		s := ca.issue(name, ca.ec256.key, ca.issuer, signProfile)
		o := options(s)
		o.Visible = &pades.Visible{Page: 2, Rect: pades.Rect{Width: 190, Height: 90}}
		if want == "" {
			wantRefusal(t, name, pageWith(""), s, o, "pades.visible-name")
			continue
		}
		out, _ := inTwoSteps(t, pageWith(""), s, o)
		if text := shownText(t, written(t, out)); !strings.Contains(text, want) || strings.Contains(text, "4710") {
			t.Errorf("%s: the page shows:\n%s", name, text)
		}
	}
}
