package appearance_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"eidgate/internal/fault"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign/internal/appearance"
	"eidgate/sign/internal/font"
	"eidgate/sign/internal/pdf"
)

func fonts(t testing.TB, paths ...string) []*font.Font {
	t.Helper()
	var out []*font.Font
	for _, path := range paths {
		data := goregular.TTF
		if path != "" {
			var err error
			data, err = os.ReadFile(path)
			switch {
			case err != nil && os.Getenv("CI") != "":
				t.Fatalf("the font is not installed: %v", err)
			case err != nil:
				t.Skipf("the font is not installed; make test installs it: %v", err)
			}
		}
		f, err := font.Parse(bytes.NewReader(data), int64(len(data)), 0)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

const pageSize = 400

// show writes a document with the appearance in an annotation 50 points from
// the left and bottom of its page.
func show(t testing.TB, s appearance.Spec) string {
	t.Helper()
	a, err := appearance.New(s)
	if err != nil {
		t.Fatal(err)
	}
	page := fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << >> /Annots [4 0 R] >>", pageSize, pageSize)
	base := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		page, "<< >>")
	f, err := pdf.Open(bytes.NewReader(base), int64(len(base)))
	if err != nil {
		t.Fatal(err)
	}
	u, err := f.NewUpdate()
	if err != nil {
		t.Fatal(err)
	}
	ref := a.Write(u)
	u.PutText(pdf.Ref{Num: 4}, fmt.Appendf(nil, "<< /Type /Annot /Subtype /Stamp /F 4 /Rect [50 50 %v %v] /AP << /N %d 0 R >> >>", 50+s.Width, 50+s.Height, ref.Num))
	update, err := u.Finish()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "shown.pdf")
	if err := os.WriteFile(path, append(base, update...), 0o600); err != nil {
		t.Fatal(err)
	}
	testtool.Run(t, testtool.Need(t, "qpdf"), "--check", path)
	return path
}

var word = regexp.MustCompile(`<word xMin="([-0-9.]+)" yMin="([-0-9.]+)" xMax="([-0-9.]+)" yMax="([-0-9.]+)">(.*?)</word>`)

// words are what pdftotext reads, and where: left, bottom, right, top counted
// from the lower left corner of the page.
func words(t testing.TB, path string) (texts []string, boxes [][4]float64) {
	t.Helper()
	out := testtool.Run(t, testtool.Need(t, "pdftotext"), "-q", "-bbox", path, "-")
	for _, m := range word.FindAllStringSubmatch(out, -1) {
		var v [4]float64
		for i := range v {
			v[i], _ = strconv.ParseFloat(m[i+1], 64)
		}
		texts = append(texts, m[5])
		boxes = append(boxes, [4]float64{v[0], pageSize - v[3], v[2], pageSize - v[1]})
	}
	return texts, boxes
}

// Every kind of font shows its text and gives it back, letters that look alike
// too.
func TestTextComesBack(t *testing.T) {
	for path, text := range map[string]string{
		"": "ABEKMH АВЕКМН ΑΒΕΚΜΗ Õlu Šašlõk Žürii Щука Ќ",
		"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf":             "АВЕ ABE Қазақ Əli ğış ế",
		"/usr/share/fonts/truetype/nanum/NanumGothic.ttf":             "한글 이름 김영희 ABC",
		"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc":      "한글 山田太郎 ひらがな 𠮷野家 Щука",
		"/usr/share/fonts/opentype/urw-base35/NimbusSans-Regular.otf": "Õlu Щука ABC",
		"/usr/share/fonts/opentype/urw-base35/NimbusRoman-Italic.otf": "Õlu Щука ABC",
		"/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf":        "Հայերեն ქართული",
	} {
		t.Run(path, func(t *testing.T) {
			shown := show(t, appearance.Spec{Width: 300, Height: 30, Lines: []appearance.Line{{Text: text, Scale: 1}}, Fonts: fonts(t, path)})
			texts, _ := words(t, shown)
			if got := strings.Join(texts, " "); got != text {
				t.Errorf("pdftotext reads %q, want %q", got, text)
			}
			out := testtool.Run(t, testtool.Need(t, "mutool"), "draw", "-q", "-F", "txt", shown)
			if got := strings.Join(strings.Fields(strings.ReplaceAll(out, "warning: ICC support is not available", "")), " "); got != text {
				t.Errorf("mutool reads %q, want %q", got, text)
			}
			keep(t, shown)
		})
	}
}

// keep leaves a file for a person to look at, where one is wanted.
func keep(t testing.TB, path string) {
	if dir := os.Getenv("EIDGATE_KEEP"); dir != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(t.Name(), "-")
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Text never leaves the box, whatever its size: it shrinks and wraps, or is
// refused.
func TestTextStaysInside(t *testing.T) {
	faces := fonts(t, "")
	lines := []appearance.Line{{Text: "Digitally signed by", Scale: 1}, {Text: "MARI-LIIS MÄNNIK-ŠČERBAKOVA", Scale: 1.35},
		{Text: "Reason: " + strings.Repeat("agreed and confirmed ", 6), Scale: 1}, {Text: "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen", Scale: 1}}
	fitted := 0
	for _, width := range []float64{20, 60, 90, 150, 300} {
		for _, height := range []float64{10, 40, 60, 120, 300} {
			s := appearance.Spec{Width: width, Height: height, Lines: lines, Fonts: faces, Frame: true}
			if _, err := appearance.New(s); errors.Is(err, appearance.ErrTooSmall) {
				continue
			}
			fitted++
			texts, boxes := words(t, show(t, s))
			if got, want := strings.Join(texts, ""), strings.ReplaceAll(lines[0].Text+lines[1].Text+lines[2].Text+lines[3].Text, " ", ""); got != want {
				t.Errorf("%v by %v: reads %q", width, height, got)
			}
			for i, b := range boxes {
				if b[0] < 50 || b[1] < 50 || b[2] > 50+width || b[3] > 50+height {
					t.Errorf("%v by %v: %q is at %v", width, height, texts[i], b)
				}
			}
		}
	}
	if fitted < 10 || fitted > 20 {
		t.Errorf("the text fitted %d of 25 boxes", fitted)
	}
}

// A word is not broken while the text can be read without.
func TestWordsStayWhole(t *testing.T) {
	shown := show(t, appearance.Spec{Width: 60, Height: 100, Lines: []appearance.Line{{Text: "Confirmation of receipt", Scale: 1}}, Fonts: fonts(t, "")})
	if texts, _ := words(t, shown); !slicesEqual(texts, "Confirmation", "of", "receipt") {
		t.Errorf("words %q", texts)
	}
}

func slicesEqual(got []string, want ...string) bool {
	return strings.Join(got, "|") == strings.Join(want, "|")
}

// Decomposed letters, as macOS writes them, are composed; white space of any
// kind separates words and lines.
func TestNormalisation(t *testing.T) {
	shown := show(t, appearance.Spec{Width: 200, Height: 60, Lines: []appearance.Line{{Text: "O\u0303nne\u00a0S\u030casa\tA\r\nB\u2028C\n\n", Scale: 1}}, Fonts: fonts(t, "")})
	texts, boxes := words(t, shown)
	if !slicesEqual(texts, "Õnne", "Šasa", "A", "B", "C") {
		t.Fatalf("words %q", texts)
	}
	if boxes[3][3] > boxes[2][1]+1 || boxes[4][3] > boxes[3][1]+1 {
		t.Errorf("the lines are at %v", boxes)
	}
}

// The hint names the Debian package of the first missing character.
func TestMissingHint(t *testing.T) {
	for text, want := range map[string]string{"한글": "fonts-nanum", "山": "fonts-noto-cjk", "ひ": "fonts-noto-cjk", "Ⴀ": "fonts-noto-core"} {
		_, err := appearance.New(appearance.Spec{Width: 200, Height: 60, Lines: []appearance.Line{{Text: "A " + text, Scale: 1}}, Fonts: fonts(t, "")})
		var missing *appearance.MissingError
		if !errors.As(err, &missing) || string(missing.Runes) != text || !strings.Contains(fault.HintOf(err), want) || !strings.Contains(err.Error(), fmt.Sprintf("U+%04X", missing.Runes[0])) {
			t.Errorf("%s: %v (%s)", text, err, fault.HintOf(err))
		}
	}
}
