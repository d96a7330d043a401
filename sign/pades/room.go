package pades

import (
	"fmt"
	"io"
	"math"

	"eidgate/sign/internal/pdf"
)

// Measures of the places that [Room] offers, in points.
const (
	roomMargin = 36
	roomGap    = 9
	maxNotes   = 10_000 // annotations looked at
	maxPlaces  = 1_000  // tried on a page
)

// Room finds a place for a visible signature of a size in points: at the bottom
// of a page, from left to right and then upwards, where no form field, signature
// or other annotation stands. page counts from 1; 0 is the last. What the page
// itself shows there is not looked at. Without a size it tells the page alone.
//
// A field of that name that is in the document has its own place: page 0 and a
// zero rectangle are what [Visible] wants for it. A page without room is
// [ErrVisibleRect].
func Room(in io.ReaderAt, size int64, field string, page int, width, height float64) (found int, r Rect, err error) {
	f, err := pdf.Open(in, size)
	if err != nil {
		return 0, Rect{}, err
	}
	v := f.Latest()
	if field != "" {
		fields, err := v.Fields()
		if err != nil {
			return 0, Rect{}, err
		}
		for i := range fields {
			if fields[i].Name == field {
				return 0, Rect{}, nil
			}
		}
	}
	if page == 0 {
		if err := v.Pages(func(*pdf.Indirect) bool { page++; return true }); err != nil {
			return 0, Rect{}, err
		}
	}
	on, err := visiblePage(v, page)
	if err != nil {
		return 0, Rect{}, err
	}
	if width <= 0 && height <= 0 {
		return page, Rect{}, nil
	}
	g, err := v.Geometry(on.pageDict)
	if err != nil {
		return 0, Rect{}, err
	}
	taken, err := notes(v, on.pageDict)
	if err != nil {
		return 0, Rect{}, err
	}
	r, err = free(&g, taken, width, height)
	return page, r, err
}

// notes are the rectangles of a page's annotations, in user space.
func notes(v *pdf.View, page pdf.Dict) (taken [][4]float64, err error) {
	list, err := v.Array(page.Get("Annots"))
	if err != nil {
		return nil, fmt.Errorf("reading the page's annotations: %w", err)
	}
	for _, o := range list[:min(len(list), maxNotes)] {
		note, err := v.Dict(o)
		if err != nil {
			continue // an annotation that cannot be read is shown nowhere
		}
		if r, ok, err := v.Rectangle(note.Get("Rect")); err == nil && ok {
			taken = append(taken, r)
		}
	}
	return taken, nil
}

// free is the first place of a size that meets nothing; a narrow page gets a
// smaller one.
func free(g *pdf.Geometry, taken [][4]float64, width, height float64) (Rect, error) {
	across, up := g.Size()
	across, up = across*g.Unit, up*g.Unit
	margin := math.Min(roomMargin, math.Min(across, up)/10)
	width, height = math.Min(width, across-2*margin), math.Min(height, up-2*margin)
	tried := 0
	for bottom := margin; bottom+height <= up-margin && tried < maxPlaces; bottom += height + roomGap {
		for left := margin; left+width <= across-margin && tried < maxPlaces; left += width + roomGap {
			tried++
			place := g.UserSpace([4]float64{left / g.Unit, bottom / g.Unit, (left + width) / g.Unit, (bottom + height) / g.Unit})
			if !meets(place, taken) {
				return Rect{left, bottom, width, height}, nil
			}
		}
	}
	return Rect{}, fmt.Errorf("%w: there is no room left on the page", ErrVisibleRect)
}

func meets(r [4]float64, taken [][4]float64) bool {
	for _, t := range taken {
		if r[0] < t[2] && t[0] < r[2] && r[1] < t[3] && t[1] < r[3] {
			return true
		}
	}
	return false
}
