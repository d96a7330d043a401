package pades

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/image/font/gofont/goregular"

	"eidgate/certs"
	"eidgate/sign/internal/appearance"
	"eidgate/sign/internal/font"
)

// Visible shows the signature on a page: who signed, when, and the reason and
// place of [Options] when they are set. What it shows is the same text that the
// signature dictionary holds.
type Visible struct {
	// Page counts from 1; 0 is the first. An existing field is on its own page:
	// 0 there.
	Page int
	// Rect is where on the page. It must be zero for an existing field, which
	// has a place of its own.
	Rect Rect
	// Image is a PNG or JPEG file, at most 4 MiB and 16 megapixels: a scanned
	// signature or a coat of arms. It stands left of the text, or above it in a
	// high rectangle.
	Image []byte
	// ImageOnly leaves the text out.
	ImageOnly bool
	// Frame draws a thin line around.
	Frame bool
	// Labels are the words before the name, time, reason and place; English
	// when zero.
	Labels Labels
	// Fonts are asked in this order for characters that the built-in font
	// lacks: it has Latin, Greek and Cyrillic letters. The package systemfont
	// finds fonts on this machine.
	Fonts []Font
}

// Rect is a rectangle in points (1/72 inch) on the page as it is seen, turned
// and cropped, from its lower left corner.
type Rect struct{ Left, Bottom, Width, Height float64 }

// Font is a TrueType or OpenType font file, and for a collection (.ttc) the
// face in it, from 0.
type Font struct {
	Data  []byte
	Index int
}

// Labels are the words of a visible signature.
type Labels struct{ SignedBy, Date, Reason, Location string }

// LabelsFor gives the labels in English ("en"), Estonian ("et") or Korean
// ("ko", which needs a font with Hangul); English for any other language.
func LabelsFor(language string) Labels {
	switch language {
	case "et":
		return Labels{"Digitaalselt allkirjastanud", "Kuupäev", "Põhjus", "Koht"}
	case "ko":
		return Labels{"전자 서명", "날짜", "사유", "장소"}
	}
	return Labels{"Digitally signed by", "Date", "Reason", "Location"}
}

// nameScale is the size of the name beside that of the other lines.
const nameScale = 1.35

// MissingCharacters are the characters of a visible signature that neither the
// built-in font nor those of [Visible] have; nil when there are none or the
// signature is not visible. [Prepare] refuses such a signature with
// [MissingError].
func (o *Options) MissingCharacters() ([]rune, error) {
	if o.Visible == nil || o.Visible.ImageOnly {
		return nil, nil
	}
	lines, err := o.visibleLines()
	if err != nil {
		return nil, err
	}
	fonts, err := o.Visible.fonts()
	if err != nil {
		return nil, err
	}
	return appearance.Missing(lines, fonts)
}

// visibleLines is the text to show.
func (o *Options) visibleLines() ([]appearance.Line, error) {
	name, err := o.visibleName()
	if err != nil {
		return nil, err
	}
	labels := o.Visible.Labels
	if labels == (Labels{}) {
		labels = LabelsFor("en")
	}
	lines := []appearance.Line{{Text: labels.SignedBy, Scale: 1, Whole: true}, {Text: name, Scale: nameScale, Whole: true},
		{Label: labels.Date + ":", Text: shownTime(o.Time), Scale: 1, Whole: true}}
	if o.Reason != "" {
		lines = append(lines, appearance.Line{Label: labels.Reason + ":", Text: o.Reason, Scale: 1})
	}
	if o.Location != "" {
		lines = append(lines, appearance.Line{Label: labels.Location + ":", Text: o.Location, Scale: 1})
	}
	return lines, nil
}

// visibleName is Name when the caller gave one, else the person in the
// certificate, else who the certificate is for: an organisation, a service. A
// personal code is not shown.
func (o *Options) visibleName() (string, error) {
	if o.Name != "" {
		if strings.TrimSpace(o.Name) == "" {
			return "", ErrVisibleName
		}
		return o.Name, nil
	}
	if person, err := certs.PersonOf(o.Certificate); err == nil && person.FullName() != "" {
		return person.FullName(), nil
	}
	if name := withoutCodes(o.Certificate.Subject.CommonName); name != "" {
		return name, nil
	}
	return "", ErrVisibleName
}

// withoutCodes takes out the parts that are only digits: names such as
// "MÄNNIK,MARI-LIIS,47101010033" end with a personal code.
func withoutCodes(name string) string {
	parts := strings.Split(name, ",")
	parts = slices.DeleteFunc(parts, func(part string) bool { return strings.Trim(part, "0123456789-+ ") == "" })
	return strings.TrimSpace(strings.Join(parts, ","))
}

// shownTime is the claimed time in its own zone.
func shownTime(t time.Time) string { return t.Format("2006-01-02 15:04:05 -07:00") }

// fonts gives the built-in font and the caller's.
func (v *Visible) fonts() ([]*font.Font, error) {
	var out []*font.Font
	for i, f := range append([]Font{{Data: goregular.TTF}}, v.Fonts...) {
		parsed, err := font.Parse(bytes.NewReader(f.Data), int64(len(f.Data)), f.Index)
		if err != nil {
			return nil, fmt.Errorf("reading font %d: %w", i, err)
		}
		out = append(out, parsed)
	}
	return out, nil
}

// maxFonts is the most fonts of one signature.
const maxFonts = 16

// check refuses what no document can make right.
func (v *Visible) check() error {
	r := v.Rect
	for _, n := range []float64{r.Left, r.Bottom, r.Width, r.Height} {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return ErrVisibleRect
		}
	}
	switch {
	case v.Page < 0:
		return fmt.Errorf("%w: page %d", ErrVisiblePage, v.Page)
	case r.Width < 0 || r.Height < 0:
		return ErrVisibleRect
	case v.ImageOnly && len(v.Image) == 0:
		return fmt.Errorf("%w: there is none, and the text is left out", ErrImage)
	case len(v.Fonts) > maxFonts:
		return fmt.Errorf("%d fonts: %w", len(v.Fonts), ErrLimit)
	}
	for _, text := range []string{v.Labels.SignedBy, v.Labels.Date, v.Labels.Reason, v.Labels.Location} {
		if len(text) > maxText {
			return fmt.Errorf("a label of more than %d bytes: %w", maxText, ErrLimit)
		}
	}
	return nil
}

// draw lays out the appearance for a box on the page.
func (o *Options) draw(box shownBox) (*appearance.Appearance, error) {
	v := o.Visible
	spec := appearance.Spec{Width: box.width, Height: box.height, Rotate: box.rotate, Frame: v.Frame}
	var err error
	if len(v.Image) > 0 {
		if spec.Picture, err = appearance.ReadPicture(v.Image); err != nil {
			return nil, err
		}
	}
	if !v.ImageOnly {
		if spec.Lines, err = o.visibleLines(); err != nil {
			return nil, err
		}
		if spec.Fonts, err = v.fonts(); err != nil {
			return nil, err
		}
	}
	a, err := appearance.New(spec)
	if err != nil {
		return nil, fmt.Errorf("drawing the signature: %w", err)
	}
	return a, nil
}
