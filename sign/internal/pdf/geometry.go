package pdf

import (
	"fmt"
	"math"
)

// Geometry is how a page is shown: ISO 32000-1 §7.7.3.3.
type Geometry struct {
	// Box is what is shown of the page, CropBox within MediaBox: left, bottom,
	// right, top in user space.
	Box [4]float64
	// Rotate is how far it is turned clockwise when shown: 0, 90, 180 or 270.
	Rotate int
	// Unit is the size of user space units in points, 1 for nearly all pages.
	Unit float64
}

// letter is the size of a page that does not tell its own, which is against
// the standard and done all the same: 8.5 by 11 inches.
var letter = [4]float64{0, 0, 612, 792}

// Geometry reads how a page is shown, with what it inherits.
func (v *View) Geometry(page Dict) (Geometry, error) {
	g := Geometry{Unit: 1}
	media, err := v.box(page, "MediaBox", letter)
	if err != nil {
		return g, err
	}
	crop, err := v.box(page, "CropBox", media)
	if err != nil {
		return g, err
	}
	g.Box = [4]float64{max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3])}
	if g.Box[0] >= g.Box[2] || g.Box[1] >= g.Box[3] {
		return g, fmt.Errorf("the boxes of a page do not meet: %w", ErrDamaged) // viewers show different things
	}
	turn, err := v.inherited(page, "Rotate")
	if err != nil {
		return g, err
	}
	if n, ok := turn.(Integer); ok {
		if n%90 != 0 {
			return g, fmt.Errorf("a page turned by %d degrees: %w", n, ErrDamaged)
		}
		g.Rotate = int((n%360 + 360) % 360)
	}
	unit, err := v.Resolve(page.Get("UserUnit"))
	if err != nil {
		return g, err
	}
	if n, ok := Number(unit); ok && n > 0 && n <= 1e6 {
		g.Unit = n
	}
	return g, nil
}

// Size is that of the page as it is shown, in user space units.
func (g *Geometry) Size() (width, height float64) {
	width, height = g.Box[2]-g.Box[0], g.Box[3]-g.Box[1]
	if g.Rotate%180 != 0 {
		return height, width
	}
	return width, height
}

// UserSpace leads from a rectangle on the page as it is shown, counted from its
// lower left corner, to one in user space; both are left, bottom, right, top.
func (g *Geometry) UserSpace(shown [4]float64) [4]float64 {
	b := g.Box
	switch g.Rotate {
	case 90:
		return [4]float64{b[2] - shown[3], b[1] + shown[0], b[2] - shown[1], b[1] + shown[2]}
	case 180:
		return [4]float64{b[2] - shown[2], b[3] - shown[3], b[2] - shown[0], b[3] - shown[1]}
	case 270:
		return [4]float64{b[0] + shown[1], b[3] - shown[2], b[0] + shown[3], b[3] - shown[0]}
	}
	return [4]float64{b[0] + shown[0], b[1] + shown[1], b[0] + shown[2], b[1] + shown[3]}
}

// box reads a rectangle that a page may inherit.
func (v *View) box(page Dict, key Name, otherwise [4]float64) ([4]float64, error) {
	o, err := v.inherited(page, key)
	if err != nil || o == nil {
		return otherwise, err
	}
	box, ok, err := v.Rectangle(o)
	if err == nil && !ok {
		err = fmt.Errorf("%s of a page is no rectangle: %w", key, ErrDamaged)
	}
	return box, err
}

// inherited is the value of key on the page or the nearest node above it.
func (v *View) inherited(page Dict, key Name) (Object, error) {
	for range maxTreeDepth {
		o, err := v.Resolve(page.Get(key))
		if err != nil || o != nil {
			return o, err
		}
		if page, err = v.Dict(page.Get("Parent")); err != nil || page == nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the page tree is too deep: %w", ErrLimit)
}

// Rectangle reads an array of four numbers and puts them in order: left,
// bottom, right, top. ok is false when it is none, or holds no area.
func (v *View) Rectangle(o Object) (r [4]float64, ok bool, err error) {
	value, err := v.Resolve(o)
	if err != nil {
		return r, false, err
	}
	a, isArray := value.(Array)
	if !isArray || len(a) != 4 {
		return r, false, nil
	}
	for i := range r {
		item, err := v.Resolve(a[i])
		if err != nil {
			return r, false, err
		}
		if r[i], ok = Number(item); !ok {
			return r, false, nil
		}
	}
	r = [4]float64{min(r[0], r[2]), min(r[1], r[3]), max(r[0], r[2]), max(r[1], r[3])}
	return r, r[0] < r[2] && r[1] < r[3], nil
}

// Number is the value of an [Integer] or [Real] that a page can use.
func Number(o Object) (float64, bool) {
	var n float64
	switch v := o.(type) {
	case Integer:
		n = float64(v)
	case Real:
		n = v.Float()
	default:
		return 0, false
	}
	return n, math.Abs(n) <= 1e9
}
