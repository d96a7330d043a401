package font

import (
	"encoding/binary"
	"slices"
)

// glyf are TrueType outlines.
type glyf struct {
	f    *Font
	loca []byte
	long bool
}

func newGlyf(f *Font) (*glyf, error) {
	head, err := f.table("head", 54, 1<<10)
	if err != nil {
		return nil, err
	}
	g := &glyf{f: f, long: binary.BigEndian.Uint16(head[50:]) != 0}
	entry := int64(2)
	if g.long {
		entry = 4
	}
	if g.loca, err = f.table("loca", entry*int64(f.glyphs+1), 1<<20); err != nil {
		return nil, err
	}
	return g, nil
}

// place is where an outline is in the file.
func (g *glyf) place(glyph uint16) (extent, bool) {
	i := int(glyph)
	var from, to int64
	if g.long {
		from, to = int64(binary.BigEndian.Uint32(g.loca[4*i:])), int64(binary.BigEndian.Uint32(g.loca[4*i+4:]))
	} else {
		from, to = 2*int64(binary.BigEndian.Uint16(g.loca[2*i:])), 2*int64(binary.BigEndian.Uint16(g.loca[2*i+2:]))
	}
	table := g.f.tables["glyf"]
	return extent{table.at + from, to - from}, from <= to && to <= table.size && to-from <= maxGlyph
}

func (g *glyf) empty(glyph uint16) bool {
	e, ok := g.place(glyph)
	return !ok || e.size == 0
}

// subset copies the outlines, and those that composite ones are made of.
func (g *glyf) subset(glyphs []uint16) (*Program, error) {
	s := glyfSubset{g: g, order: slices.Clone(glyphs), number: map[uint16]int{}, kids: map[uint16][]uint16{}}
	for i := 0; i < len(s.order); i++ {
		if err := s.add(s.order[i]); err != nil {
			return nil, err
		}
	}
	if err := s.heights(); err != nil {
		return nil, err
	}
	data, err := s.file()
	if err != nil {
		return nil, err
	}
	return &Program{Data: data, Glyphs: len(s.order)}, nil
}

type glyfSubset struct {
	g      *glyf
	order  []uint16       // glyphs of the font, by their number in the subset
	number map[uint16]int // of components in the subset
	kids   map[uint16][]uint16
	height map[uint16]int
	data   []byte
	loca   []byte
}

// add copies one outline; its components join the end of the order.
func (s *glyfSubset) add(glyph uint16) error {
	e, ok := s.g.place(glyph)
	if !ok {
		return bad("glyph %d is damaged", glyph)
	}
	outline, err := s.g.f.read(e.at, e.size)
	if err != nil {
		return err
	}
	components, err := componentsOf(outline)
	if err != nil {
		return err
	}
	var kids []uint16
	for _, at := range components {
		kid := binary.BigEndian.Uint16(outline[at:])
		if int(kid) >= s.g.f.glyphs {
			return bad("glyph %d is made of a glyph that is not there", glyph)
		}
		kids = append(kids, kid)
		if _, known := s.number[kid]; !known {
			s.number[kid] = len(s.order)
			s.order = append(s.order, kid)
		}
		binary.BigEndian.PutUint16(outline[at:], uint16(s.number[kid]))
	}
	s.kids[glyph] = kids
	s.loca = binary.BigEndian.AppendUint32(s.loca, uint32(len(s.data)))
	s.data = append(s.data, outline...)
	for len(s.data)%4 != 0 {
		s.data = append(s.data, 0)
	}
	if len(s.data) > maxSubset || len(s.order) > maxSubsetCount {
		return bad("a subset of more than %d glyphs or %d bytes", maxSubsetCount, maxSubset)
	}
	return nil
}

// heights refuses outlines that are made of themselves, or of too many inside
// one another.
func (s *glyfSubset) heights() error {
	s.height = make(map[uint16]int, len(s.order))
	for _, glyph := range s.order {
		if _, err := s.heightOf(glyph, 0); err != nil {
			return err
		}
	}
	return nil
}

// heightOf is how many composite outlines are inside one another at most; each
// outline is looked at once.
func (s *glyfSubset) heightOf(glyph uint16, depth int) (int, error) {
	if h, known := s.height[glyph]; known {
		return h, nil
	}
	if depth > maxComposite {
		return 0, bad("glyph %d is made of too many others", glyph)
	}
	height := 0
	for _, kid := range s.kids[glyph] {
		h, err := s.heightOf(kid, depth+1)
		if err != nil {
			return 0, err
		}
		height = max(height, h+1)
	}
	if height > maxComposite {
		return 0, bad("glyph %d is made of too many others", glyph)
	}
	s.height[glyph] = height
	return height, nil
}

// Flags of a component: OpenType chapter "glyf".
const (
	argsAreWords   = 0x0001
	haveScale      = 0x0008
	moreComponents = 0x0020
	haveTwoScales  = 0x0040
	haveMatrix     = 0x0080
)

// componentsOf gives where a composite outline names its components.
func componentsOf(outline []byte) ([]int, error) {
	if len(outline) < 10 || outline[0]&0x80 == 0 { // contours are not negative
		return nil, nil
	}
	var places []int
	for at := 10; ; {
		if at+4 > len(outline) {
			return nil, bad("a composite glyph is cut short")
		}
		flags := binary.BigEndian.Uint16(outline[at:])
		places = append(places, at+2)
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&haveScale != 0:
			at += 2
		case flags&haveTwoScales != 0:
			at += 4
		case flags&haveMatrix != 0:
			at += 8
		}
		if flags&moreComponents == 0 {
			return places, nil
		}
	}
}
