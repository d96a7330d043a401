package font_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"eidgate/sign/internal/font"
)

// maxFuzzed keeps the fuzzer on small inputs.
const maxFuzzed = 1 << 20

// FuzzFont: any bytes make a font or the one error, and a subset of it is a
// bounded file.
func FuzzFont(f *testing.F) {
	f.Add(goregular.TTF, "AÕЩ")
	for _, path := range []string{
		"/usr/share/fonts/opentype/urw-base35/NimbusMonoPS-Regular.otf", "/usr/share/fonts/opentype/urw-base35/D050000L.otf",
	} {
		if data, err := os.ReadFile(path); err == nil {
			f.Add(data, "AÕЩ✁")
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if len(data) > maxFuzzed || len(text) > 64 {
			return
		}
		r, size := bytes.NewReader(data), int64(len(data))
		n, err := font.Faces(r, size)
		if err != nil {
			return
		}
		parsed, err := font.Parse(r, size, n-1)
		if err != nil {
			if !errors.Is(err, font.ErrFont) {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		glyphs := []uint16{0}
		for _, c := range text + "Aé" {
			if g, ok := parsed.Glyph(c); ok {
				glyphs = append(glyphs, g)
				_ = parsed.Advance(g)
			}
		}
		program, err := parsed.Subset(glyphs)
		if err != nil && !errors.Is(err, font.ErrFont) {
			t.Fatalf("an error without a code: %v", err)
		}
		if err == nil && len(program.Data) > 16<<20 {
			t.Fatalf("a subset of %d bytes", len(program.Data))
		}
	})
}
