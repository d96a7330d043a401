package pades_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/sign/pades"
)

// Texts that read otherwise than they are written are refused in signatures that
// nobody sees too: viewers show them in a panel.
func TestDeceptiveTexts(t *testing.T) {
	ca := newCA(t)
	texts := map[string]string{
		"override": "paid \u202e001 EUR", "left override": "\u202da", "embedding": "a\u202bb", "isolate": "a\u2067b\u2069", "right-to-left mark": "a\u200fb",
		"Arabic letter mark": "a\u061cb", "escape": "a\x1b[31mb", "null": "a\x00b", "C1": "a\u009bb", "broken UTF-8": "a\xff\xfe",
	}
	for name, text := range texts {
		for place, set := range map[string]func(*pades.Options){
			"name": func(o *pades.Options) { o.Name = text }, "reason": func(o *pades.Options) { o.Reason = text },
			"location": func(o *pades.Options) { o.Location = text }, "contact": func(o *pades.Options) { o.Contact = text },
			"field": func(o *pades.Options) { o.Field = text },
			"reason beside a picture": func(o *pades.Options) {
				o.Reason, o.Visible = text, &pades.Visible{ImageOnly: true, Image: []byte("x")}
			},
		} {
			o := options(ca.ec384)
			set(&o)
			wantRefusal(t, name+" in the "+place, pageWith(""), ca.ec384, o, "pades.text")
		}
		o := options(ca.ec384)
		o.Visible = &pades.Visible{Rect: pades.Rect{Width: 190, Height: 90}, Labels: pades.Labels{SignedBy: text, Date: "d", Reason: "r", Location: "l"}}
		wantRefusal(t, name+" in a label", pageWith(""), ca.ec384, o, "pades.visible-text")
	}
}

// A signature that shows nobody is refused.
func TestBlankName(t *testing.T) {
	ca := newCA(t)
	for _, name := range []string{" ", "\u00a0", "\t\n", "\u2003\u3000"} {
		o := options(ca.ec384)
		o.Name, o.Visible = name, &pades.Visible{Page: 2, Rect: pades.Rect{Width: 190, Height: 90}}
		wantRefusal(t, fmt.Sprintf("%q", name), pageWith(""), ca.ec384, o, "pades.visible-name")
	}
	for _, name := range []string{"\u2800", "\u3164", "\u115f", "\u200b", "\ufeff"} {
		o := options(ca.ec384)
		o.Name, o.Visible = name, &pades.Visible{Page: 2, Rect: pades.Rect{Width: 190, Height: 90}}
		wantRefusal(t, fmt.Sprintf("%q", name), pageWith(""), ca.ec384, o, "pades.visible-text")
	}
}

// Texts and labels without end are refused before anything is drawn.
func TestEndlessTexts(t *testing.T) {
	ca := newCA(t)
	endless := strings.Repeat("a ", 1<<19)
	for name, set := range map[string]func(*pades.Options){
		"name": func(o *pades.Options) { o.Name = endless }, "reason": func(o *pades.Options) { o.Reason = endless }, "field": func(o *pades.Options) { o.Field = endless },
		"label": func(o *pades.Options) { o.Visible.Labels.Date = endless },
	} {
		o := options(ca.ec384)
		o.Visible = &pades.Visible{Rect: pades.Rect{Width: 190, Height: 90}}
		set(&o)
		wantRefusal(t, name, pageWith(""), ca.ec384, o, "pdf.limit")
	}
}

// brokenRules is a font with Arabic letters whose tables for shaping were
// overwritten.
func brokenRules(t *testing.T, tag string, with func([]byte)) []pades.Font {
	t.Helper()
	data, err := os.ReadFile("/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf")
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("fonts-noto-core is not installed: %v", err)
	case err != nil:
		t.Skipf("fonts-noto-core is not installed: %v", err)
	}
	i := bytes.Index(data[:12+16*40], []byte(tag))
	at, size := binary.BigEndian.Uint32(data[i+8:]), binary.BigEndian.Uint32(data[i+12:])
	with(data[at : at+size])
	return []pades.Font{{Data: data}}
}

// A font whose rules are damaged draws nothing wrong: what it cannot shape is
// missing or the font is refused, and nothing is signed.
func TestBrokenFontRules(t *testing.T) {
	ca := newCA(t)
	for name, c := range map[string]struct {
		tag  string
		with func([]byte)
		code string
	}{
		"no places of marks":  {"GPOS", func(b []byte) { copy(b[8:], "\xff\xff") }, "pades.font-unusable"},
		"no list of scripts":  {"GSUB", func(b []byte) { copy(b[4:], "\xff\xff") }, "pades.font-missing"},
		"no version":          {"GSUB", func(b []byte) { copy(b, "\xff\xff\xff\xff") }, "pades.font-missing"},
		"lookups of nowhere":  {"GSUB", func(b []byte) { copy(b[8:], "\xff\xff") }, "pades.font-unusable"},
		"lookups of nothing":  {"GSUB", func(b []byte) { clear(b[binary.BigEndian.Uint16(b[8:]):]) }, "pades.font-unusable"},
		"endless letters":     {"cmap", func(b []byte) { copy(b[2:], "\xff\xff") }, "pades.font-unusable"},
		"more glyphs in maxp": {"maxp", func(b []byte) { copy(b[4:], "\xff\xff") }, "pades.font-unusable"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(ca.ec384)
			o.Name, o.Visible = "محمد", &pades.Visible{Page: 2, Rect: pades.Rect{Width: 190, Height: 90}, Fonts: brokenRules(t, c.tag, c.with)}
			wantRefusal(t, name, pageWith(""), ca.ec384, o, c.code)
		})
	}
}

// Pages of every shape that is none are refused, by their own code.
func TestVisibleOnHostilePages(t *testing.T) {
	ca := newCA(t)
	o := options(ca.ec384)
	for name, c := range map[string]struct{ page, code string }{
		"empty MediaBox":   {"/MediaBox [0 0 0 0]", "pdf.damaged"},
		"endless MediaBox": {"/MediaBox [0 0 1e30 1e30] /UserUnit 1e30", "pdf.damaged"},
		"three numbers":    {"/MediaBox [0 0 200]", "pdf.damaged"},
	} {
		o.Visible = &pades.Visible{Page: 2, Rect: pades.Rect{Left: 1, Bottom: 1, Width: 150, Height: 60}}
		wantRefusal(t, name, pageWith(c.page), ca.ec384, o, c.code)
	}
	loop := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 2 0 R >>",
		"<< /Type /Page /Parent 2 0 R /Resources << >> >>")
	o.Visible.Page = 1
	wantRefusal(t, "pages that are their own parent", loop, ca.ec384, o, "pdf.limit")
}

// A box of a page as large as a wall holds the text at a size that can be read.
func TestVisibleHugeRectangle(t *testing.T) {
	ca := newCA(t)
	o := options(ca.ec384)
	o.Visible = &pades.Visible{Page: 2, Rect: pades.Rect{Width: 14000, Height: 14000}}
	out, _ := signTo(t, pageWith("/MediaBox [0 0 14400 14400]"), ca.ec384, o)
	if text := shownText(t, written(t, out.buf)); !strings.Contains(text, "Digitally signed by") {
		t.Errorf("the page shows:\n%s", text)
	}
	for _, side := range []float64{1e-300, 1e-9, 0.5} {
		o.Visible.Rect = pades.Rect{Width: side, Height: 60}
		wantRefusal(t, fmt.Sprint(side), pageWith(""), ca.ec384, o, "pades.visible-too-small")
	}
}
