package pades_test

import (
	"bytes"
	"errors"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/samplepdf"
	"eidgate/sign/pades"
)

// TestRoom finds places at the bottom of the last page, beside and above what is
// there, on turned pages too.
func TestRoom(t *testing.T) {
	two := func(more string, objects ...string) []byte {
		return samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n", append([]string{
			"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>", "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 200] >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] " + more + " >>",
			"<< /FT /Sig /T (Place) /Subtype /Widget /Rect [36 36 200 90] >>",
		}, objects...)...)
	}
	for name, c := range map[string]struct {
		file  []byte
		field string
		page  int
		want  pades.Rect
		on    int
	}{
		"empty page":        {two(""), "", 0, pades.Rect{Left: 36, Bottom: 36, Width: 220, Height: 60}, 2},
		"beside a field":    {two("/Annots [5 0 R]"), "", 0, pades.Rect{Left: 265, Bottom: 36, Width: 220, Height: 60}, 2},
		"above a wide note": {two("/Annots [<< /Subtype /Square /Rect [0 0 600 50] >>]"), "", 0, pades.Rect{Left: 36, Bottom: 105, Width: 220, Height: 60}, 2},
		"a page named":      {two(""), "", 1, pades.Rect{Left: 10, Bottom: 10, Width: 80, Height: 60}, 1},
		"turned":            {two("/Rotate 90 /Annots [<< /Subtype /Square /Rect [500 0 600 100] >>]"), "", 0, pades.Rect{Left: 265, Bottom: 36, Width: 220, Height: 60}, 2},
		"an existing field": {two("/Annots [5 0 R]"), "Place", 0, pades.Rect{}, 0},
		"a new field":       {two(""), "Other", 0, pades.Rect{Left: 36, Bottom: 36, Width: 220, Height: 60}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			on, r, err := pades.Room(bytes.NewReader(c.file), int64(len(c.file)), c.field, c.page, 220, 60)
			if err != nil || on != c.on || r != c.want {
				t.Errorf("page %d, %+v, %v; want page %d, %+v", on, r, err, c.on, c.want)
			}
		})
	}
	full := two("/Annots [<< /Subtype /Square /Rect [0 0 600 800] >>]")
	if _, _, err := pades.Room(bytes.NewReader(full), int64(len(full)), "", 0, 220, 60); fault.CodeOf(err) != "pades.visible-rect" {
		t.Errorf("full page: %v", err)
	}
	if _, _, err := pades.Room(bytes.NewReader(full), int64(len(full)), "", 3, 220, 60); fault.CodeOf(err) != "pades.visible-page" {
		t.Errorf("no such page: %v", err)
	}
	if _, _, err := pades.Room(bytes.NewReader(nil), 0, "", 0, 220, 60); !errors.Is(err, pades.ErrNotPDF) {
		t.Errorf("no PDF: %v", err)
	}
}
