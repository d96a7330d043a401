package pades

import (
	"fmt"
	"slices"

	"eidgate/sign/internal/pdf"
)

// spot is where a signature field stands on a page.
type spot struct {
	page     pdf.Ref
	pageDict pdf.Dict
	rect     [4]float64 // in user space
	box      shownBox
}

// shownBox is the box of a signature as it is seen, in points, and how far the
// page is turned clockwise.
type shownBox struct {
	width, height float64
	rotate        int
}

// newSpot finds the place of a new field: nowhere on the first page, when it is
// not visible.
func newSpot(v *pdf.View, want *Visible) (*spot, error) {
	if want == nil {
		page, d, err := v.Page(0)
		if err != nil {
			return nil, err
		}
		return &spot{page: refOf(page), pageDict: d}, nil
	}
	s, err := visiblePage(v, max(want.Page, 1))
	if err != nil {
		return nil, err
	}
	g, err := v.Geometry(s.pageDict)
	if err != nil {
		return nil, err
	}
	r := want.Rect
	width, height := g.Size()
	const close = 0.01 // points; rounding of what was computed is forgiven
	if r.Width <= 0 || r.Height <= 0 || r.Left < -close || r.Bottom < -close ||
		r.Left+r.Width > width*g.Unit+close || r.Bottom+r.Height > height*g.Unit+close {
		return nil, fmt.Errorf("%w: the page has %.0f by %.0f points", ErrVisibleRect, width*g.Unit, height*g.Unit)
	}
	u := g.Unit
	s.rect = g.UserSpace([4]float64{r.Left / u, r.Bottom / u, (r.Left + r.Width) / u, (r.Bottom + r.Height) / u})
	s.box = shownBox{r.Width, r.Height, g.Rotate}
	return s, nil
}

// visiblePage finds page number n, from 1.
func visiblePage(v *pdf.View, n int) (*spot, error) {
	var found *pdf.Indirect
	count := 0
	err := v.Pages(func(p *pdf.Indirect) bool {
		count++
		if count == n {
			found = p
		}
		return found == nil
	})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fmt.Errorf("%w: page %d of %d", ErrVisiblePage, n, count)
	}
	d, _ := found.Value.(pdf.Dict)
	return &spot{page: refOf(found), pageDict: d}, nil
}

func refOf(i *pdf.Indirect) pdf.Ref { return pdf.Ref{Num: i.Num, Gen: i.Gen} }

// Bits of F that keep an annotation off the screen, or upright on a turned page:
// ISO 32000-1 table 165.
const (
	hidden   = 2
	noRotate = 16
	noView   = 32
)

// widgetSpot finds the place of the only widget of an existing field.
func widgetSpot(v *pdf.View, f *pdf.Field, want *Visible) (widget pdf.Dict, s *spot, err error) {
	if want.Page != 0 || want.Rect != (Rect{}) {
		return nil, nil, fmt.Errorf("%w: it has its own, leave page and rectangle out", ErrVisibleField)
	}
	if len(f.Widgets) != 1 {
		return nil, nil, fmt.Errorf("%w: it is shown in %d places", ErrVisibleField, len(f.Widgets))
	}
	if widget, err = v.Dict(f.Widgets[0]); err != nil {
		return nil, nil, err
	}
	if flags, _ := widget.Int("F"); flags&(hidden|noView) != 0 {
		return nil, nil, fmt.Errorf("%w: it is hidden", ErrVisibleField)
	}
	s = &spot{}
	var ok bool
	if s.rect, ok, err = v.Rectangle(widget.Get("Rect")); err != nil {
		return nil, nil, err
	}
	if !ok {
		return nil, nil, fmt.Errorf("%w: its rectangle is empty", ErrVisibleField)
	}
	page, err := pageOf(v, f.Widgets[0])
	if err != nil {
		return nil, nil, err
	}
	g, err := v.Geometry(page)
	if err != nil {
		return nil, nil, err
	}
	s.box, err = widgetBox(v, widget, &g, s.rect)
	return widget, s, err
}

// widgetBox is the box of a widget as it is seen. R of MK says how the author
// wants it turned against the page; where there is none it is made upright.
func widgetBox(v *pdf.View, widget pdf.Dict, g *pdf.Geometry, rect [4]float64) (shownBox, error) {
	b := shownBox{(rect[2] - rect[0]) * g.Unit, (rect[3] - rect[1]) * g.Unit, g.Rotate}
	if flags, _ := widget.Int("F"); flags&noRotate != 0 {
		b.rotate = 0
	}
	mk, err := v.Dict(widget.Get("MK"))
	if err != nil {
		return b, err
	}
	if r, ok := mk.Int("R"); ok && r%90 == 0 {
		b.rotate = int((r%360 + 360) % 360)
	}
	if b.rotate%180 != 0 {
		b.width, b.height = b.height, b.width
	}
	return b, nil
}

// pageOf finds the page that shows an annotation. P of the annotation is not
// asked: it may be missing or wrong.
func pageOf(v *pdf.View, widget pdf.Ref) (page pdf.Dict, err error) {
	var failed error
	err = v.Pages(func(p *pdf.Indirect) bool {
		d, _ := p.Value.(pdf.Dict)
		annots, err := v.Array(d.Get("Annots"))
		if failed = err; err == nil && slices.Contains(annots, pdf.Object(widget)) {
			page = d
		}
		return page == nil && failed == nil
	})
	switch {
	case err != nil:
		return nil, err
	case failed != nil:
		return nil, failed
	case page == nil:
		return nil, fmt.Errorf("%w: no page shows it", ErrVisibleField)
	}
	return page, nil
}
