package shape

import (
	"bytes"
	"errors"
	"fmt"

	engine "github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"

	"eidgate/sign/internal/font"
)

// Font is a font ready for shaping. It is not safe for concurrent use.
type Font struct {
	font *font.Font
	hb   *harfbuzz.Font
}

// Glyph is one to draw. X and Y are where it stands from where its cluster
// begins, in units of the em. From and To are the runes that it stands for, none
// where its cluster is not in order and it is not the first.
type Glyph struct {
	ID       uint16
	X, Y     int
	From, To int
}

// Cluster is a piece of the text that is drawn as a whole: the runes from From
// up to To, and its glyphs from left to right. It is in order when its glyphs
// stand for one piece of the text after the other, as they are read.
type Cluster struct {
	From, To int
	Glyphs   []Glyph
	Advance  int
	InOrder  bool
}

// Errors of a cluster or font. The caller says what they mean to a person.
var (
	// ErrCluster: more characters belong together than any language has.
	ErrCluster = errors.New("too many characters stand on one another")
	// ErrMissing: the font's rules ask for a glyph that it lacks.
	ErrMissing = errors.New("the font lacks a glyph that it asks for")
)

// Limits of a text and a cluster.
const (
	maxText    = 1 << 16 // runes
	maxCluster = 64      // runes
	maxGlyphs  = 256     // of a cluster
	maxOffset  = 8       // ems that a glyph may stand from its cluster
)

// New reads the rules of a font. A damaged one is [font.ErrFont].
func New(f *font.Font) (ready *Font, err error) {
	tables, err := f.Layout()
	if err != nil {
		return nil, err
	}
	defer guard(&err)
	face, err := engine.ParseTTF(bytes.NewReader(tables))
	if err != nil {
		return nil, fmt.Errorf("%w: its rules: %w", font.ErrFont, err)
	}
	// The engine goes on without rules that it cannot read.
	if f.Scripts() > 0 && len(face.GSUB.Lookups) == 0 || f.Placing() > 0 && len(face.GPOS.Lookups) == 0 {
		return nil, fmt.Errorf("%w: its rules are damaged", font.ErrFont)
	}
	return &Font{f, harfbuzz.NewFont(face)}, nil
}

// guard turns a panic of the engine over a damaged font into an error.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: its rules are damaged", font.ErrFont)
	}
}

// Shape gives the clusters of text[from:to] in the order of the text. It is of
// one script and direction; what stands around it tells how letters join.
func (f *Font) Shape(text []rune, from, to int, rightToLeft bool) (clusters []Cluster, err error) {
	if from < 0 || to > len(text) || from >= to || len(text) > maxText {
		return nil, fmt.Errorf("shaping %d to %d of %d characters: %w", from, to, len(text), ErrCluster)
	}
	defer guard(&err)
	b := harfbuzz.NewBuffer()
	b.AddRunes(text, from, to-from)
	b.ClusterLevel = harfbuzz.Characters
	b.Flags = harfbuzz.DoNotinsertDottedCircle | harfbuzz.RemoveDefaultIgnorables
	b.Props = harfbuzz.SegmentProperties{Language: "und", Script: scriptTag(text[from:to]), Direction: harfbuzz.LeftToRight}
	if rightToLeft {
		b.Props.Direction = harfbuzz.RightToLeft
	}
	b.Shape(f.hb, nil)
	return f.clusters(b, text, from, to, rightToLeft)
}

// scriptTag is the script of the first letter that has one.
func scriptTag(text []rune) language.Script {
	for _, r := range text {
		if s := language.LookupScript(r); s.Strong() && s != language.Unknown {
			return s
		}
	}
	return language.Common
}
