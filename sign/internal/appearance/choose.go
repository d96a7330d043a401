package appearance

import (
	"errors"
	"fmt"
	"unicode"

	"eidgate/sign/internal/bidi"
	"eidgate/sign/internal/shape"
)

// chooser finds the face and glyphs of everything in a paragraph.
type chooser struct {
	faces  []*face
	text   []rune
	levels []bidi.Level
	chars  []char
	last   int // the face of what stands before
}

// choose gives the chars of a paragraph in the order of the text.
func choose(faces []*face, text []rune, levels []bidi.Level) ([]char, error) {
	c := &chooser{faces: faces, text: text, levels: levels}
	for at := 0; at < len(text); {
		end := at + 1
		for end < len(text) && (text[end] == ' ') == (text[at] == ' ') {
			end++
		}
		if err := c.word(at, end); err != nil {
			return nil, err
		}
		at = end
	}
	return c.chars, nil
}

// word cuts a word into pieces of one script and one direction.
func (c *chooser) word(from, to int) error {
	for at := from; at < to; {
		end, script := at+1, c.text[at]
		for end < to && c.levels[end] == c.levels[at] && shape.Same(script, c.text[end]) {
			if shape.Neutral(script) {
				script = c.text[end]
			}
			end++
		}
		if c.simple(at, end) {
			for i := at; i < end; i++ {
				c.plain(i)
			}
		} else if err := c.shaped(at, end); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// simple tells whether every character stands for itself, in a row from left to
// right. Brackets that face the other way are the shaper's matter, spaces are
// not.
func (c *chooser) simple(from, to int) bool {
	if c.text[from] == ' ' {
		return true
	}
	if c.levels[from].RightToLeft() {
		return false
	}
	for _, r := range c.text[from:to] {
		if shape.Needed(r) {
			return false
		}
	}
	return true
}

// plain finds the face of one character. A space keeps the face of what stands
// before it, so that text is not cut up.
func (c *chooser) plain(at int) {
	if c.text[at] == ' ' {
		if out, ok := c.faces[c.last].plain(c.text, at, c.last, c.levels[at]); ok {
			c.chars = append(c.chars, out)
			return
		}
	}
	for i, f := range c.faces {
		if out, ok := f.plain(c.text, at, i, c.levels[at]); ok {
			c.chars, c.last = append(c.chars, out), i
			return
		}
	}
	c.missing(at, at+1)
}

func (c *chooser) missing(from, to int) {
	c.chars = append(c.chars, char{text: c.text[from:to], face: -1, level: c.levels[from]})
}

// shaped draws a piece with the first font that can draw all of it, else with
// one font for every letter with its marks.
func (c *chooser) shaped(from, to int) error {
	done, err := c.with(from, to)
	if done || err != nil {
		return err
	}
	for at := from; at < to; {
		face := c.faceFor(at, c.letter(at, to), 0)
		end := c.letter(at, to)
		for end < to && c.faceFor(end, c.letter(end, to), 0) == face {
			end = c.letter(end, to)
		}
		done, err := c.with(at, end)
		if err != nil {
			return err
		}
		if !done {
			c.missing(at, end)
		}
		at = end
	}
	return nil
}

// letter is where the letter at a place ends, with the marks on it.
func (c *chooser) letter(at, to int) int {
	for at++; at < to && (unicode.IsMark(c.text[at]) || shape.Joiner(c.text[at])); {
		at++
	}
	return at
}

// faceFor is the first face from number first on that draws all of a piece; the
// number of faces when none does.
func (c *chooser) faceFor(from, to, first int) int {
next:
	for i := first; i < len(c.faces); i++ {
		for _, r := range c.text[from:to] {
			if !shape.Draws(c.faces[i].font, r) {
				continue next
			}
		}
		return i
	}
	return len(c.faces)
}

// with draws a piece with one font; done is false when none can. A font whose
// rules fail is passed over.
func (c *chooser) with(from, to int) (done bool, err error) {
	var failed error
	for i := c.faceFor(from, to, 0); i < len(c.faces); i = c.faceFor(from, to, i+1) {
		clusters, err := c.faces[i].shape(c.text, from, to, c.levels[from].RightToLeft())
		switch {
		case errors.Is(err, shape.ErrCluster):
			return false, fmt.Errorf("%w: %w", ErrText, err)
		case err != nil:
			failed = err
			continue
		}
		for _, cluster := range clusters {
			c.chars = append(c.chars, c.faces[i].shaped(c.text, cluster, i, c.levels[from]))
		}
		c.last = i
		return true, nil
	}
	return false, failed
}
