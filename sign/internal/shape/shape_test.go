package shape_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"eidgate/sign/internal/font"
	"eidgate/sign/internal/shape"
)

const noto = "/usr/share/fonts/truetype/noto/NotoSans"

func installed(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("the font is not installed (fonts-noto-core): %v", err)
	case err != nil:
		t.Skipf("the font is not installed (fonts-noto-core): %v", err)
	}
	return data
}

func parse(t testing.TB, data []byte) *font.Font {
	t.Helper()
	f, err := font.Parse(bytes.NewReader(data), int64(len(data)), 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func shaped(t testing.TB, f *font.Font, text string, rightToLeft bool) []shape.Cluster {
	t.Helper()
	s, err := shape.New(f)
	if err != nil {
		t.Fatal(err)
	}
	runes := []rune(text)
	clusters, err := s.Shape(runes, 0, len(runes), rightToLeft)
	if err != nil {
		t.Fatal(err)
	}
	return clusters
}

// Letters join, ligate and stack; the clusters cover the text in its order.
func TestShape(t *testing.T) {
	for _, c := range []struct {
		name, font, text string
		rightToLeft      bool
		clusters, glyphs int
	}{
		{"joined", "Arabic", "محمد", true, 4, 4},
		{"ligature", "Arabic", "لا", true, 1, 1},
		{"vowels", "Arabic", "مُحَمَّد", true, 4, 7},
		{"conjunct", "Devanagari", "क्ष", false, 1, 1},
		{"moved vowel", "Devanagari", "कि", false, 1, 2},
		{"stacked marks", "Thai", "ผึ้", false, 1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := parse(t, installed(t, noto+c.font+"-Regular.ttf"))
			clusters := shaped(t, f, c.text, c.rightToLeft)
			at, glyphs := 0, 0
			for _, cluster := range clusters {
				if cluster.From != at || cluster.To <= at {
					t.Errorf("a cluster from %d to %d after %d", cluster.From, cluster.To, at)
				}
				at, glyphs = cluster.To, glyphs+len(cluster.Glyphs)
			}
			if at != len([]rune(c.text)) || len(clusters) != c.clusters || glyphs != c.glyphs {
				t.Errorf("%d clusters of %d glyphs up to %d", len(clusters), glyphs, at)
			}
		})
	}
}

// A letter has another shape alone, and beside one of another font.
func TestContext(t *testing.T) {
	f := parse(t, installed(t, noto+"Arabic-Regular.ttf"))
	s, err := shape.New(f)
	if err != nil {
		t.Fatal(err)
	}
	text := []rune("بب")
	alone, err := s.Shape(text[:1], 0, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := s.Shape(text, 0, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	if alone[0].Glyphs[0].ID == beside[0].Glyphs[0].ID {
		t.Error("the letter does not join")
	}
}

// A font draws a script only when it has rules for it.
func TestDraws(t *testing.T) {
	arabic, latin, plain := parse(t, installed(t, noto+"Arabic-Regular.ttf")), parse(t, installed(t, noto+"-Regular.ttf")), parse(t, goregular.TTF)
	nastaliq := parse(t, installed(t, "/usr/share/fonts/truetype/noto/NotoNastaliqUrdu-Regular.ttf"))
	for _, c := range []struct {
		font *font.Font
		r    rune
		want bool
	}{
		{nastaliq, 'م', false},
		{arabic, 'م', true}, {arabic, '\u064e', true}, {arabic, 'न', false}, {arabic, 'ש', false}, {arabic, '\u200c', true},
		{latin, '\u0301', true}, {latin, 'м', true}, {latin, 'م', false}, {plain, 'Щ', true}, {plain, '\u0301', false},
	} {
		if got := shape.Draws(c.font, c.r); got != c.want {
			t.Errorf("%s draws U+%04X: %v", c.font.Name, c.r, got)
		}
	}
}

// Pieces that are none, and texts without end, are refused.
func TestLimits(t *testing.T) {
	s, err := shape.New(parse(t, goregular.TTF))
	if err != nil {
		t.Fatal(err)
	}
	long := bytes.Runes(bytes.Repeat([]byte("a"), 1<<17))
	for _, c := range [][2]int{{-1, 2}, {2, 2}, {0, 1 << 17}, {0, 1 << 18}} {
		if _, err := s.Shape(long, c[0], c[1], false); !errors.Is(err, shape.ErrCluster) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if _, err := s.Shape([]rune("한"), 0, 1, false); !errors.Is(err, shape.ErrMissing) {
		t.Errorf("a letter that the font lacks: %v", err)
	}
}

// Damaged rules are an error or shape anything, without end or panic.
func FuzzRules(f *testing.F) {
	for _, name := range []string{"Arabic", "Devanagari", "Khmer"} {
		data, err := os.ReadFile(noto + name + "-Regular.ttf")
		if err != nil {
			continue // the seeds are a help, not the test
		}
		for _, tag := range []string{"GSUB", "GPOS", "GDEF"} {
			f.Add(tableOf(data, tag), tag == "GPOS", "محمد क्षत्रिय ស្រី")
		}
	}
	f.Fuzz(func(t *testing.T, table []byte, places bool, text string) {
		tag := "GSUB"
		if places {
			tag = "GPOS"
		}
		file := with(goregular.TTF, tag, table)
		parsed, err := font.Parse(bytes.NewReader(file), int64(len(file)), 0)
		if err != nil {
			return
		}
		parsed.Knows(true, "latn")
		s, err := shape.New(parsed)
		if err != nil {
			return
		}
		runes := []rune(text)
		if len(runes) > 0 && len(runes) < 200 {
			_, _ = s.Shape(runes, 0, len(runes), places)
		}
	})
}

func tableOf(file []byte, tag string) []byte {
	for i := range int(binary.BigEndian.Uint16(file[4:])) {
		record := file[12+16*i:]
		if string(record[:4]) == tag {
			at, size := binary.BigEndian.Uint32(record[8:]), binary.BigEndian.Uint32(record[12:])
			return file[at : at+size]
		}
	}
	return nil
}

// with puts a table in place of one that does not matter.
func with(file []byte, tag string, table []byte) []byte {
	out := bytes.Clone(file)
	i := bytes.Index(out, []byte("post"))
	copy(out[i:], tag)
	binary.BigEndian.PutUint32(out[i+8:], uint32(len(file)))
	binary.BigEndian.PutUint32(out[i+12:], uint32(len(table)))
	return append(out, table...)
}
