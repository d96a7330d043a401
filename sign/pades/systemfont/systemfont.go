// Package systemfont finds fonts on this machine for the characters that a
// visible signature needs and the built-in font lacks: Hangul, Han, Arabic,
// Devanagari, or the letters of languages with many of their own.
//
//	missing, err := options.MissingCharacters()
//	found, err := systemfont.Find(ctx, os.DirFS("/"), missing)
//	for _, f := range found {
//		options.Visible.Fonts = append(options.Visible.Fonts, f.Font)
//	}
//
// It guarantees that a font found can be embedded, has the characters it was
// found for and, where their script needs it, rules for joining and placing them. Nothing is a failure but the end of the context: a folder or font
// that cannot be read is passed over, and characters that no font has stay
// missing, which pades.Prepare refuses with a hint.
//
// It is no font manager: it knows no families and no language, and takes an
// upright sans serif of normal weight where there is a choice.
package systemfont

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"eidgate/sign/internal/font"
	"eidgate/sign/internal/shape"
	"eidgate/sign/pades"
)

// Found is a font file with the face to use.
type Found struct {
	// Path is the file's in the file system that was searched.
	Path string
	Font pades.Font
	// Runes are those of the wanted characters that it is for.
	Runes []rune
}

// Folders are where Linux, BSD, macOS and Windows keep fonts for everybody, as
// paths in the root file system (on Windows that of the drive of the system).
func Folders() []string {
	return []string{"usr/share/fonts", "usr/local/share/fonts", "System/Library/Fonts", "Library/Fonts", "Windows/Fonts"}
}

// Limits of a search.
const (
	maxFiles = 20_000
	maxWants = 4096
	maxFound = 12
)

// Find searches [Folders] and the folders named in addition (such as
// "home/mari/.local/share/fonts") for fonts with these characters: as few fonts
// as will do, twelve at most, and for each script that needs rules of its own one
// that is made for it.
func Find(ctx context.Context, files fs.FS, missing []rune, folders ...string) ([]Found, error) {
	wanted := missing[:min(len(missing), maxWants)]
	if len(wanted) == 0 {
		return nil, ctx.Err()
	}
	faces, err := search(ctx, files, wanted, append(folders, Folders()...))
	if err != nil {
		return nil, err
	}
	var found []Found
	for len(wanted) > 0 && len(found) < maxFound {
		best := slices.MinFunc(append(faces, face{}), func(a, b face) int { return compare(&a, &b, nextOf(wanted)) })
		covered := best.covers(wanted)
		if len(covered) == 0 {
			break
		}
		data, err := fs.ReadFile(files, best.path)
		if err != nil {
			faces = slices.DeleteFunc(faces, func(f face) bool { return f.path == best.path })
			continue
		}
		found = append(found, Found{Path: best.path, Font: pades.Font{Data: data, Index: best.index}, Runes: covered})
		wanted = slices.DeleteFunc(slices.Clone(wanted), func(r rune) bool { return slices.Contains(covered, r) })
	}
	return found, nil
}

// face is a candidate.
type face struct {
	path  string
	index int
	plain int // how far it is from an upright sans serif of normal weight
	has   map[rune]bool
	// scripts is for how many it has rules.
	scripts int
}

func (f *face) covers(wanted []rune) []rune {
	var out []rune
	for _, r := range wanted {
		if f.has[r] {
			out = append(out, r)
		}
	}
	return out
}

// nextOf is what a font is looked for next: the letters of one script that needs
// rules, else all that need none.
func nextOf(wanted []rune) []rune {
	i := slices.IndexFunc(wanted, func(r rune) bool { return shape.Needed(r) && !shape.Neutral(r) })
	if i < 0 {
		return wanted
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(r rune) bool { return shape.Neutral(r) || !shape.Same(wanted[i], r) })
}

// compare puts the face first that has more characters, then the plainer one,
// then the one made for fewer scripts, then the first by its path.
func compare(a, b *face, wanted []rune) int {
	return cmp.Or(cmp.Compare(len(b.covers(wanted)), len(a.covers(wanted))), cmp.Compare(a.plain, b.plain),
		cmp.Compare(a.scripts, b.scripts), cmp.Compare(a.path, b.path), cmp.Compare(a.index, b.index))
}

// search looks into every font file of the folders.
func search(ctx context.Context, files fs.FS, wanted []rune, folders []string) ([]face, error) {
	var out []face
	left := maxFiles
	for _, folder := range folders {
		err := fs.WalkDir(files, folder, func(name string, entry fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil || entry.IsDir() || !fontFile(name) {
				return nil //nolint:nilerr // a folder that cannot be read has no fonts
			}
			if left--; left < 0 {
				return fs.SkipAll
			}
			out = append(out, look(files, name, wanted)...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fontFile(name string) bool {
	return slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, strings.ToLower(path.Ext(name)))
}

// look gives the faces of a file that have some of the characters.
func look(files fs.FS, name string, wanted []rune) []face {
	file, err := files.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	r, size, ok := readerOf(file)
	if !ok {
		return nil
	}
	count, err := font.Faces(r, size)
	if err != nil {
		return nil
	}
	var out []face
	for i := range count {
		parsed, err := font.Parse(r, size, i)
		if err != nil || fallback(parsed.Name) {
			continue
		}
		f := face{path: name, index: i, plain: plainness(parsed.Name + " " + path.Base(name)), has: map[rune]bool{}}
		for _, r := range wanted {
			if shape.Draws(parsed, r) {
				f.has[r] = true
			}
		}
		if len(f.has) > 0 {
			f.scripts = parsed.Scripts()
			out = append(out, f)
		}
	}
	return out
}

// readerOf reads pieces of a file; one that cannot is read whole.
func readerOf(file fs.File) (io.ReaderAt, int64, bool) {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > font.MaxFile {
		return nil, 0, false
	}
	if r, ok := file.(io.ReaderAt); ok {
		return r, info.Size(), true
	}
	b, err := io.ReadAll(io.LimitReader(file, font.MaxFile))
	return bytes.NewReader(b), int64(len(b)), err == nil
}

// fallback tells fonts that draw a box with a number for every character.
func fallback(name string) bool {
	return strings.Contains(name, "LastResort") || strings.Contains(name, "AdobeBlank") || strings.Contains(name, "Fallback")
}

// styles are words in a font's name that tell it from an ordinary one.
var styles = []string{"bold", "italic", "oblique", "light", "thin", "black", "heavy", "extra", "semi", "demi", "medium",
	"condensed", "narrow", "mono", "coding", "serif", "myeongjo", "brush", "pen", "round", "eco", "square", "caps", "math", "display",
	"kufi", "naskh", "nastaliq", "looped", "rashi"}

// plainness counts the words that a name has.
func plainness(name string) int {
	n := 0
	for _, style := range styles {
		if strings.Contains(strings.ToLower(name), style) {
			n++
		}
	}
	return n
}
