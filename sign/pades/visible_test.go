package pades_test

import (
	"bytes"
	"crypto/rand"
	"math"
	"os"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/pades"
	"eidgate/sign/pades/systemfont"
)

// The texts that signing must not damage: bytes of their UTF-16 are brackets
// and backslashes, and one needs a font that is not built in.
const (
	hardName   = "Šaša ЩУКА-ЌОШ Õnne 한글"
	hardReason = "Проверка ЩШЌ: nõus, žürii, 동의합니다"
	hardPlace  = "Tallinn (vana) \\ 서울"
)

// hangul is a font of this machine with the Korean letters of the tests.
func hangul(t testing.TB) []pades.Font {
	t.Helper()
	found, err := systemfont.Find(t.Context(), os.DirFS("/"), []rune("한글동의합니다서울전자명날짜사유장소"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		if os.Getenv("CI") != "" {
			t.Fatal("no Korean font is installed (fonts-nanum)")
		}
		t.Skip("no Korean font is installed (fonts-nanum)")
	}
	return []pades.Font{found[0].Font}
}

// shownText is what a program that is not ours reads on the pages.
func shownText(t testing.TB, path string) string {
	t.Helper()
	return testtool.Run(t, testtool.Need(t, "pdftotext"), "-q", "-layout", path, "-")
}

// A visible signature is valid, shows and holds the same texts in any script,
// and stays valid under a second one.
func TestVisible(t *testing.T) {
	ca := newWorld(t)
	fonts := hangul(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		t.Run(s.Name, func(t *testing.T) {
			o := ca.levelLT()
			o.Name, o.Reason, o.Location = hardName, hardReason, hardPlace
			o.Visible = &pades.Visible{Rect: pades.Rect{Left: 40, Bottom: 60, Width: 220, Height: 70}, Frame: true, Fonts: fonts}
			path, _ := signFile(t, s.Path, ca.ec384, o)
			judge(t, ca, path, 1)
			wantLevel(t, ca, read(t, path), sign.LevelLT)
			if text := shownText(t, path); !strings.Contains(text, hardName) || !strings.Contains(text, "Reason: "+hardReason) || !strings.Contains(text, "Location: "+hardPlace) {
				t.Errorf("the page shows:\n%s", text)
			}
			o = ca.levelLT()
			o.Visible = &pades.Visible{Rect: pades.Rect{Left: 40, Bottom: 140, Width: 150, Height: 50}}
			path, _ = signFile(t, path, ca.ec256, o)
			judge(t, ca, path, 2)
			wantLevel(t, ca, read(t, path), sign.LevelLT)
			if text := shownText(t, path); !strings.Contains(text, hardName) || !strings.Contains(text, "ЩЕРБАК,ИГОРЬ") {
				t.Errorf("the page shows:\n%s", text)
			}
		})
	}
}

// scripts are the letters of other tests' names, each with its own rules.
const scripts = "محمد שָׁלוֹם श्री क्षत्रिय রবীন্দ্রনাথ น้ำผึ้ง தமிழ் ខ្មែរ"

// lettersOf finds fonts of this machine for what a visible signature says.
func lettersOf(t testing.TB, o *pades.Options) []pades.Font {
	t.Helper()
	missing, err := o.MissingCharacters()
	if err != nil {
		t.Fatal(err)
	}
	found, err := systemfont.Find(t.Context(), os.DirFS("/"), missing)
	if err != nil {
		t.Fatal(err)
	}
	var fonts []pades.Font
	for _, f := range found {
		fonts = append(fonts, f.Font)
	}
	return fonts
}

// Names in scripts whose letters depend on their neighbours are drawn with fonts
// of this machine, several in a line, and the signature holds the same texts.
func TestVisibleScripts(t *testing.T) {
	ca := newWorld(t)
	o := ca.levelLT()
	o.Name, o.Reason, o.Location = "Mari-Liis Õ. 한글 محمد (Щ)", scripts, "बेंगलुरु"
	o.Visible = &pades.Visible{Rect: pades.Rect{Left: 40, Bottom: 60, Width: 300, Height: 90}, Frame: true}
	o.Visible.Fonts = lettersOf(t, &o)
	if missing, err := o.MissingCharacters(); err != nil || missing != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("fonts-noto-core is not installed: no font for %q, %v", string(missing), err)
		}
		t.Skipf("fonts-noto-core is not installed: no font for %q, %v", string(missing), err)
	}
	path, _ := signFile(t, written(t, contract()), ca.ec384, o)
	judge(t, ca, path, 1)
	wantLevel(t, ca, read(t, path), sign.LevelLT)
	text := shownText(t, path)
	for _, word := range []string{"محمد", "श्री क्षत्रिय", "রবীন্দ্রনাথ", "น้ำผึ้ง", "தமிழ்", "ខ្មែរ", "बेंगलुरु", "한글"} {
		if !strings.Contains(text, word) {
			t.Errorf("the page does not show %q:\n%s", word, text)
		}
	}
	if json := testtool.Run(t, testtool.Need(t, "qpdf"), "--json", path); !strings.Contains(json, `"/Reason": "u:`+scripts) {
		t.Error("the signature does not hold the reason that the page shows")
	}
	keepFile(t, path)
}

// All that cannot be shown is refused by its code before the key is used.
func TestVisibleRefusals(t *testing.T) {
	ca := newCA(t)
	place := pades.Rect{Left: 10, Bottom: 10, Width: 150, Height: 50}
	in := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>", pagesObject, pageObject+">>")
	for name, c := range map[string]struct {
		change func(o *pades.Options)
		code   string
	}{
		"page -1":             {func(o *pades.Options) { o.Visible.Page = -1 }, "pades.visible-page"},
		"page 2 of 1":         {func(o *pades.Options) { o.Visible.Page = 2 }, "pades.visible-page"},
		"no rectangle":        {func(o *pades.Options) { o.Visible.Rect = pades.Rect{} }, "pades.visible-rect"},
		"left of the page":    {func(o *pades.Options) { o.Visible.Rect.Left = -1 }, "pades.visible-rect"},
		"over the edge":       {func(o *pades.Options) { o.Visible.Rect.Left = 51 }, "pades.visible-rect"},
		"above the page":      {func(o *pades.Options) { o.Visible.Rect.Bottom = 151 }, "pades.visible-rect"},
		"negative width":      {func(o *pades.Options) { o.Visible.Rect.Width = -150 }, "pades.visible-rect"},
		"no number":           {func(o *pades.Options) { o.Visible.Rect.Height = math.NaN() }, "pades.visible-rect"},
		"infinite":            {func(o *pades.Options) { o.Visible.Rect.Width = math.Inf(1) }, "pades.visible-rect"},
		"long reason":         {func(o *pades.Options) { o.Reason = strings.Repeat("because of this ", 100) }, "pades.visible-too-small"},
		"tiny rectangle":      {func(o *pades.Options) { o.Visible.Rect.Width = 3 }, "pades.visible-too-small"},
		"no font for Hangul":  {func(o *pades.Options) { o.Reason = "한글" }, "pades.font-missing"},
		"no font for Han":     {func(o *pades.Options) { o.Name = "山田" }, "pades.font-missing"},
		"no font for emoji":   {func(o *pades.Options) { o.Reason = "😀" }, "pades.font-missing"},
		"Arabic":              {func(o *pades.Options) { o.Name = "محمد" }, "pades.font-missing"},
		"Hebrew":              {func(o *pades.Options) { o.Name = "דוד" }, "pades.font-missing"},
		"Devanagari":          {func(o *pades.Options) { o.Reason = "सहमत" }, "pades.font-missing"},
		"direction override":  {func(o *pades.Options) { o.Reason = "paid \u202e001 EUR" }, "pades.visible-text"},
		"joiner":              {func(o *pades.Options) { o.Name = "A\u200dB" }, "pades.visible-text"},
		"no font for accent":  {func(o *pades.Options) { o.Name = "Щ\u0301" }, "pades.font-missing"},
		"loose accent":        {func(o *pades.Options) { o.Name = "\u0301Щ" }, "pades.visible-text"},
		"top to bottom":       {func(o *pades.Options) { o.Name = "ᠮᠣᠩᠭᠣᠯ" }, "pades.visible-text"},
		"bell":                {func(o *pades.Options) { o.Location = "a\ab" }, "pades.visible-text"},
		"private use":         {func(o *pades.Options) { o.Name = "\ue000" }, "pades.visible-text"},
		"old Korean letters":  {func(o *pades.Options) { o.Name = "\u1100\u119e" }, "pades.visible-text"},
		"broken UTF-8":        {func(o *pades.Options) { o.Name = "A\xff" }, "pades.visible-text"},
		"image is text":       {func(o *pades.Options) { o.Visible.Image = []byte("hello") }, "pades.image"},
		"image without image": {func(o *pades.Options) { o.Visible.ImageOnly = true }, "pades.image"},
		"font is text":        {func(o *pades.Options) { o.Visible.Fonts = []pades.Font{{Data: []byte("no font at all")}} }, "pades.font-unusable"},
		"many fonts":          {func(o *pades.Options) { o.Visible.Fonts = make([]pades.Font, 17) }, "pdf.limit"},
		"long label":          {func(o *pades.Options) { o.Visible.Labels.Date = strings.Repeat("x", 5000) }, "pdf.limit"},
	} {
		o := options(ca.ec384)
		o.Visible = &pades.Visible{Rect: place}
		c.change(&o)
		wantRefusal(t, name, in, ca.ec384, o, c.code)
	}
}

// wantRefusal signs and wants the code, no use of the key and not a byte
// written.
func wantRefusal(t testing.TB, name string, in []byte, s *signer, o pades.Options, code string) {
	t.Helper()
	key := &counting{Signer: s.key}
	out := &failingOutput{left: 1 << 20}
	_, err := pades.Sign(t.Context(), bytes.NewReader(in), int64(len(in)), out, key, o)
	if fault.CodeOf(err) != code || fault.HintOf(err) == "" {
		t.Errorf("%s: error %v (%s), want %s with a hint", name, err, fault.CodeOf(err), code)
	}
	if key.n != 0 || len(out.buf) != 0 {
		t.Errorf("%s: %d key operations, %d bytes written", name, key.n, len(out.buf))
	}
}

// The characters that are missing can be asked for before signing, and are
// those that the refusal names.
func TestMissingCharacters(t *testing.T) {
	ca := newCA(t)
	o := options(ca.ec384)
	o.Name, o.Reason = "Õnne 한글", "글, Щ"
	for _, c := range []struct {
		visible *pades.Visible
		want    string
	}{
		{nil, ""}, {&pades.Visible{}, "한글"}, {&pades.Visible{ImageOnly: true}, ""}, {&pades.Visible{Fonts: hangul(t)}, ""},
	} {
		o.Visible = c.visible
		if got, err := o.MissingCharacters(); err != nil || string(got) != c.want {
			t.Errorf("missing %q, %v, want %q", string(got), err, c.want)
		}
	}
	for _, language := range []string{"en", "et", "ko", "xx"} {
		o.Visible = &pades.Visible{Labels: pades.LabelsFor(language), Fonts: hangul(t)}
		if got, err := o.MissingCharacters(); err != nil || got != nil {
			t.Errorf("labels of %s: missing %q, %v", language, string(got), err)
		}
	}
}

// inTwoSteps signs with the state stored in between.
func inTwoSteps(t testing.TB, in []byte, s *signer, o pades.Options) (signed, state []byte) {
	t.Helper()
	r := bytes.NewReader(in)
	p, err := pades.Prepare(t.Context(), r, r.Size(), o)
	if err != nil {
		t.Fatal(err)
	}
	if state, err = p.MarshalBinary(); err != nil {
		t.Fatal(err)
	}
	signature, err := s.key.Sign(rand.Reader, p.Digest(), p.SignerOptions())
	if err != nil {
		t.Fatal(err)
	}
	if p, err = pades.Restore(state, s.cert); err != nil {
		t.Fatal(err)
	}
	message, err := p.Message(signature)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Complete(t.Context(), r, &out, message); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), state
}
