package appearance_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/sign/internal/appearance"
)

// quarters is a picture whose upper left is red, upper right green, lower left
// blue and lower right white, or clear.
func quarters(width, height int, clear bool) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.NRGBA{255, 255, 255, 255}
			switch {
			case x < width/2 && y < height/2:
				c = color.NRGBA{255, 0, 0, 255}
			case y < height/2:
				c = color.NRGBA{0, 255, 0, 255}
			case x < width/2:
				c = color.NRGBA{0, 0, 255, 255}
			case clear:
				c.A = 0
			}
			m.Set(x, y, c)
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image, orientation int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if orientation == 0 {
		return b.Bytes()
	}
	exif := append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00"), byte(orientation), 0, 0, 0, 0, 0, 0, 0)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(segment, exif...), b.Bytes()[2:]...)
}

// corners renders the picture alone in a box and gives the colours near its
// corners, as a person sees them: R, G, B, W, or "." for something else.
func corners(t testing.TB, file []byte, width, height float64) string {
	t.Helper()
	p, err := appearance.ReadPicture(file)
	if err != nil {
		t.Fatal(err)
	}
	shown := show(t, appearance.Spec{Width: width, Height: height, Picture: p})
	keep(t, shown)
	prefix := filepath.Join(t.TempDir(), "page")
	testtool.Run(t, testtool.Need(t, "pdftoppm"), "-q", "-r", "72", "-png", "-singlefile", shown, prefix)
	b, err := os.ReadFile(prefix + ".png")
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, at := range [][2]float64{{.25, .75}, {.75, .75}, {.25, .25}, {.75, .25}} {
		r, g, b, _ := m.At(50+int(at[0]*width), pageSize-50-int(at[1]*height)).RGBA()
		const low, high = 0x3000, 0xd000
		switch {
		case r > high && g > high && b > high:
			out.WriteString("W")
		case r > high && g < low && b < low:
			out.WriteString("R")
		case r < low && g > high && b < low:
			out.WriteString("G")
		case r < low && g < low && b > high:
			out.WriteString("B")
		default:
			out.WriteString(".")
		}
	}
	return out.String()
}

// Pictures are shown the right way up, what is clear shows the page, and what a
// camera turned is turned back.
func TestPicture(t *testing.T) {
	upright := quarters(80, 40, false)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"png":           {pngOf(t, upright), "RGBW"},
		"png, clear":    {pngOf(t, quarters(80, 40, true)), "RGBW"},
		"jpeg":          {jpegOf(t, upright, 0), "RGBW"},
		"orientation 1": {jpegOf(t, upright, 1), "RGBW"},
		"mirrored":      {jpegOf(t, upright, 2), "GRWB"},
		"upside down":   {jpegOf(t, upright, 3), "WBGR"},
		"flipped":       {jpegOf(t, upright, 4), "BWRG"},
		"orientation 9": {jpegOf(t, upright, 9), "RGBW"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := corners(t, c.file, 160, 80); got != c.want {
				t.Errorf("corners %s, want %s", got, c.want)
			}
		})
	}
	for orientation, want := range map[int]string{5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"} {
		if got := corners(t, jpegOf(t, upright, orientation), 80, 160); got != want {
			t.Errorf("orientation %d: corners %s, want %s", orientation, got, want)
		}
	}
}

// The picture stands beside the text or above it, never under it.
func TestPictureAndText(t *testing.T) {
	p, err := appearance.ReadPicture(pngOf(t, quarters(80, 40, true)))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]float64{{240, 60}, {100, 120}} {
		lines := []appearance.Line{{Text: "Digitally signed by", Scale: 1}, {Text: "MARI-LIIS MÄNNIK", Scale: 1.35}}
		shown := show(t, appearance.Spec{Width: size[0], Height: size[1], Lines: lines, Fonts: fonts(t, ""), Picture: p, Frame: true})
		keep(t, shown)
		texts, boxes := words(t, shown)
		if len(texts) != 5 {
			t.Fatalf("words %q", texts)
		}
		for i, b := range boxes {
			beside := size[0] > size[1]
			if beside && b[0] < 50+0.3*size[0] || !beside && b[3] > 50+0.62*size[1] {
				t.Errorf("%v: %q is at %v", size, texts[i], b)
			}
		}
	}
}

func TestPictureRefusals(t *testing.T) {
	good := pngOf(t, quarters(80, 40, true))
	photo := jpegOf(t, quarters(80, 40, false), 0)
	huge := bytes.Clone(good)
	binary.BigEndian.PutUint32(huge[16:], 1<<20)
	for name, file := range map[string][]byte{
		"nothing": nil, "text": []byte("no picture"), "gif": []byte("GIF89a\x01\x00\x01\x00"),
		"half a png": good[:len(good)/2], "half a jpeg": photo[:len(photo)/2], "lies about its size": huge,
		"too many bytes": append(bytes.Clone(good), make([]byte, appearance.MaxImage)...),
		"wide":           wide(good), "jpeg without image": photo[:20],
	} {
		if _, err := appearance.ReadPicture(file); !errors.Is(err, appearance.ErrImage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wide claims 100000 by 1000 pixels in a small file.
func wide(good []byte) []byte {
	out := bytes.Clone(good)
	binary.BigEndian.PutUint32(out[16:], 100_000)
	binary.BigEndian.PutUint32(out[20:], 1000)
	return out
}

// FuzzPicture: any bytes make a picture within the limits or the one error.
func FuzzPicture(f *testing.F) {
	f.Add(pngOf(f, quarters(8, 4, true)))
	f.Add(jpegOf(f, quarters(8, 8, false), 6))
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<16 {
			return
		}
		p, err := appearance.ReadPicture(file)
		if err != nil {
			if !errors.Is(err, appearance.ErrImage) {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		if p.Width < 1 || p.Height < 1 || p.Width*p.Height > 16<<20 {
			t.Fatalf("a picture of %d by %d", p.Width, p.Height)
		}
	})
}
