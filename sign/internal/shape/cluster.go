package shape

import (
	"fmt"
	"slices"
	"unicode"

	"github.com/go-text/typesetting/harfbuzz"

	"eidgate/sign/internal/font"
)

// clusters groups what the engine gives: glyphs from left to right, each with
// the first rune it stands for.
func (f *Font) clusters(b *harfbuzz.Buffer, text []rune, from, to int, rightToLeft bool) ([]Cluster, error) {
	starts := boundaries(b.Info, text, from, to, rightToLeft)
	clusters := make([]Cluster, len(starts))
	for i := range starts {
		c := &clusters[i]
		c.From, c.To = starts[i], to
		if i+1 < len(starts) {
			c.To = starts[i+1]
		}
		if c.To-c.From > maxCluster {
			return nil, ErrCluster
		}
	}
	for i := range b.Info {
		at, found := slices.BinarySearch(starts, b.Info[i].Cluster)
		if !found {
			at--
		}
		if at < 0 {
			return nil, ErrMissing
		}
		if err := f.add(&clusters[at], b.Info[i], b.Pos[i]); err != nil {
			return nil, err
		}
	}
	for i := range clusters {
		if len(clusters[i].Glyphs) == 0 {
			return nil, ErrMissing
		}
		clusters[i].assign(text, rightToLeft)
	}
	return clusters, nil
}

// boundaries are where clusters begin in the text: where a letter begins, and
// all glyphs on one side stand for what comes before it, all on the other for
// what follows.
func boundaries(glyphs []harfbuzz.GlyphInfo, text []rune, from, to int, rightToLeft bool) []int {
	order := make([]int, len(glyphs)) // as the text is read
	for i := range glyphs {
		order[i] = glyphs[i].Cluster
	}
	if rightToLeft {
		slices.Reverse(order)
	}
	least := slices.Clone(order) // from here on
	for i := len(least) - 2; i >= 0; i-- {
		least[i] = min(least[i], least[i+1])
	}
	starts := []int{from}
	most := -1
	for i, at := range order {
		if i > 0 && least[i] > most && at == least[i] && at > starts[len(starts)-1] && at < to && !attached(text[at]) {
			starts = append(starts, at)
		}
		most = max(most, at)
	}
	return starts
}

// attached tells what never begins a cluster.
func attached(r rune) bool { return unicode.IsMark(r) || Joiner(r) }

// add puts a glyph into its cluster; From is what the engine says for now.
func (f *Font) add(c *Cluster, info harfbuzz.GlyphInfo, at harfbuzz.GlyphPosition) error {
	if info.Glyph == 0 || info.Glyph > 0xffff || len(c.Glyphs) == maxGlyphs {
		return ErrMissing
	}
	g := Glyph{ID: uint16(info.Glyph), X: c.Advance + int(at.XOffset), Y: int(at.YOffset), From: info.Cluster}
	c.Advance += int(at.XAdvance)
	far := maxOffset * f.font.UnitsPerEm
	if max(g.X, -g.X, c.Advance) > far*maxGlyphs || max(g.Y, -g.Y) > far || c.Advance < -far {
		return fmt.Errorf("%w: it puts glyphs far away", font.ErrFont)
	}
	c.Glyphs = append(c.Glyphs, g)
	return nil
}

// assign tells every glyph what it stands for. Marks may come in any order, as
// they do in the text.
func (c *Cluster) assign(text []rune, rightToLeft bool) {
	read := make([]*Glyph, len(c.Glyphs))
	for i := range c.Glyphs {
		read[i] = &c.Glyphs[i]
	}
	if rightToLeft {
		slices.Reverse(read)
	}
	starts := make([]int, 0, len(read)+1)
	for _, g := range read {
		starts = append(starts, g.From)
	}
	c.InOrder = slices.IsSorted(starts) || starts[0] == c.From && len(starts) == c.To-c.From
	slices.Sort(starts)
	distinct := len(slices.Compact(slices.Clone(starts))) == len(starts)
	c.InOrder = c.InOrder && distinct
	if c.InOrder && len(starts) > 1 && unicode.IsMark(text[c.From+1]) {
		// Marks that became one glyph are not the letter's: the engine puts
		// shadda before a vowel, and names their glyph by the shadda.
		for _, g := range read {
			if g.From == starts[1] {
				g.From = c.From + 1
			}
		}
		starts[1] = c.From + 1
	}
	starts = append(starts, c.To)
	for i, g := range read {
		switch {
		case c.InOrder:
			at, _ := slices.BinarySearch(starts, g.From)
			g.To = starts[at+1]
		case i == 0:
			g.From, g.To = c.From, c.To
		default:
			g.To = g.From
		}
	}
	if c.InOrder {
		read[0].From = c.From
	}
}
