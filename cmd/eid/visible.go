package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"eidgate/sign/pades"
	"eidgate/sign/pades/systemfont"
)

// pdfFlags are what only PDF signatures have.
type pdfFlags struct {
	Reason  string `placeholder:"TEXT" help:"Reason, written into a PDF signature."`
	Field   string `placeholder:"NAME" help:"Sign this empty signature field of the form, or make a new one of this name."`
	Certify string `enum:"none,no-changes,fill-forms,annotate" default:"none" placeholder:"WHAT" help:"Certify the document, as its first signature: no-changes, fill-forms or annotate is what others may still do."`

	Visible bool     `help:"Show the signature on a page: at the bottom of the last one, or where --page and --rect say, or in the existing --field."`
	Page    int      `placeholder:"N" help:"Page of the visible signature, from 1 (default: the last)."`
	Rect    string   `placeholder:"LEFT,BOTTOM,WIDTH,HEIGHT" help:"Place of the visible signature in points (1/72 inch) from the lower left corner of the page."`
	Image   string   `type:"path" placeholder:"FILE" help:"PNG or JPEG shown in the visible signature."`
	Font    []string `sep:"none" placeholder:"FILE[#FACE]" help:"TrueType or OpenType font for the visible signature; fonts of this machine are searched for what it lacks."`
	Labels  string   `enum:"en,et,ko" default:"en" placeholder:"en|et|ko" help:"Language of the words in the visible signature (default: en)."`
	Frame   bool     `help:"Draw a thin line around the visible signature."`
}

// used tells whether a flag was given that containers do not know.
func (f *pdfFlags) used() bool {
	return f.Reason != "" || f.Field != "" || f.Certify != "none" || f.visible()
}

// visible tells whether the signature is to be shown.
func (f *pdfFlags) visible() bool {
	return f.Visible || f.Page != 0 || f.Rect != "" || f.Image != "" || len(f.Font) > 0 || f.Frame
}

// permissions are what --certify names.
func permissions() map[string]pades.Permission {
	return map[string]pades.Permission{
		"no-changes": pades.PermitNothing, "fill-forms": pades.PermitForms, "annotate": pades.PermitAnnotations,
	}
}

// Size of a visible signature that --rect does not give, in points: about 80 by
// 23 millimetres.
const (
	shownWidth  = 226
	shownHeight = 65
)

// shown is the visible signature that the flags describe, for every file; nil
// when there is none. The place is for [signer.place] to find.
func (f *pdfFlags) shown() (*pades.Visible, error) {
	if !f.visible() {
		return nil, nil //nolint:nilnil // nil is the signature that is not shown
	}
	v := &pades.Visible{Page: f.Page, Frame: f.Frame, Labels: pades.LabelsFor(f.Labels)}
	if f.Page < 0 {
		return nil, fmt.Errorf("%w: pages are counted from 1", errUsage)
	}
	var err error
	if v.Rect, err = parseRect(f.Rect); err != nil {
		return nil, err
	}
	if f.Image != "" {
		if v.Image, err = readSmall(f.Image); err != nil {
			return nil, err
		}
	}
	for _, name := range f.Font {
		font, err := readFont(name)
		if err != nil {
			return nil, err
		}
		v.Fonts = append(v.Fonts, font)
	}
	return v, nil
}

func parseRect(text string) (r pades.Rect, err error) {
	if text == "" {
		return r, nil
	}
	parts := strings.Split(text, ",")
	numbers := []*float64{&r.Left, &r.Bottom, &r.Width, &r.Height}
	for i, part := range parts {
		if len(parts) != len(numbers) {
			break
		}
		if *numbers[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			break
		}
	}
	if err != nil || len(parts) != len(numbers) {
		return r, fmt.Errorf("%w: --rect is four numbers, as in --rect 36,36,220,60", errUsage)
	}
	return r, nil
}

// readFont reads FILE or FILE#FACE.
func readFont(name string) (font pades.Font, err error) {
	if file, face, ok := strings.Cut(name, "#"); ok {
		if font.Index, err = strconv.Atoi(face); err != nil {
			return font, fmt.Errorf("%w: --font FILE#FACE names a face by its number, from 0", errUsage)
		}
		name = file
	}
	font.Data, err = readSmall(name)
	return font, err
}

// maxSmall is more than any font or picture that is taken, in bytes.
const maxSmall = 64 << 20

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err == nil && len(b) > maxSmall {
		err = fmt.Errorf("%w: %s is too large", errUsage, name)
	}
	return b, err
}

// place says where on this document the signature goes.
func (s *signer) place(in io.ReaderAt, size int64, o *pades.Options) error {
	if o.Visible == nil || o.Visible.Rect != (pades.Rect{}) {
		if o.Visible != nil && o.Visible.Page == 0 {
			return s.onLastPage(in, size, o)
		}
		return nil
	}
	v := *o.Visible
	page, r, err := pades.Room(in, size, o.Field, v.Page, shownWidth, shownHeight)
	if err != nil {
		return err
	}
	if r != (pades.Rect{}) { // an existing field keeps what was asked, to be refused
		v.Page = page
	}
	v.Rect = r
	o.Visible = &v
	return nil
}

// onLastPage puts a rectangle on the last page, as no page was named.
func (s *signer) onLastPage(in io.ReaderAt, size int64, o *pades.Options) error {
	v := *o.Visible
	page, _, err := pades.Room(in, size, o.Field, 0, 0, 0)
	if err != nil {
		return err
	}
	v.Page = page
	o.Visible = &v
	return nil
}

// letters finds fonts of this machine for what the visible signature says and
// its own fonts lack.
func (s *signer) letters(ctx context.Context) error {
	o := s.options
	o.Time = s.app.now()
	missing, err := o.MissingCharacters()
	if err != nil || len(missing) == 0 {
		return err
	}
	found, err := systemfont.Find(ctx, os.DirFS(root()), missing, ownFonts()...)
	if err != nil {
		return err
	}
	v := *o.Visible
	for _, f := range found {
		v.Fonts = append(v.Fonts, f.Font)
	}
	s.options.Visible = &v
	return nil
}

// ownFonts are the user's font folders, as paths in the root file system.
func ownFonts() []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	home = strings.TrimPrefix(filepath.ToSlash(strings.TrimPrefix(home, filepath.VolumeName(home))), "/")
	return []string{home + "/.local/share/fonts", home + "/.fonts", home + "/Library/Fonts"}
}

// root is the folder that font folders are named from.
func root() string {
	if volume := filepath.VolumeName(os.Getenv("SystemRoot")); volume != "" {
		return volume + `\`
	}
	return "/"
}
