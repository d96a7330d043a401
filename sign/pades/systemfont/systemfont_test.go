package systemfont_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"eidgate/sign/pades/systemfont"
)

func file(data []byte) *fstest.MapFile { return &fstest.MapFile{Data: data} }

// The plainer of two fonts is taken, once, for all characters it has; broken
// files and others are passed over.
func TestFind(t *testing.T) {
	files := fstest.MapFS{
		"usr/share/fonts/a/Go-Bold.ttf":        file(gobold.TTF),
		"usr/share/fonts/b/Go-Regular.TTF":     file(goregular.TTF),
		"usr/share/fonts/b/broken.otf":         file(goregular.TTF[:5000]),
		"usr/share/fonts/b/empty.ttc":          file(nil),
		"usr/share/fonts/b/Go-Regular.ttf.bak": file(goregular.TTF),
	}
	found, err := systemfont.Find(t.Context(), files, []rune("Щ한Õ"))
	if err != nil || len(found) != 1 || found[0].Path != "usr/share/fonts/b/Go-Regular.TTF" || string(found[0].Runes) != "ЩÕ" {
		t.Fatalf("found %+v, %v", found, err)
	}
	if found, err := systemfont.Find(t.Context(), files, []rune("한글")); err != nil || found != nil {
		t.Errorf("for Hangul: %+v, %v", found, err)
	}
	if found, err := systemfont.Find(t.Context(), files, nil); err != nil || found != nil {
		t.Errorf("for nothing: %+v, %v", found, err)
	}
}

// A folder named in addition is searched, one that is not there does no harm.
func TestFindInFolder(t *testing.T) {
	files := fstest.MapFS{"home/mari/fonts/Go.ttf": file(goregular.TTF)}
	found, err := systemfont.Find(t.Context(), files, []rune("Щ"), "no/such", "home/mari/fonts")
	if err != nil || len(found) != 1 {
		t.Errorf("found %+v, %v", found, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := systemfont.Find(ctx, files, []rune("Щ"), "home/mari/fonts"); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancelling: %v", err)
	}
}

// On a machine with a Korean font it is found.
func TestFindOnThisMachine(t *testing.T) {
	files := os.DirFS("/")
	if _, err := fs.Stat(files, "usr/share/fonts/truetype/nanum/NanumGothic.ttf"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("fonts-nanum is not installed")
		}
		t.Skip("fonts-nanum is not installed; make test installs it")
	}
	found, err := systemfont.Find(t.Context(), files, []rune("한글"))
	if err != nil || len(found) != 1 {
		t.Fatalf("found %d fonts, %v", len(found), err)
	}
	t.Log(found[0].Path, found[0].Font.Index)
}

// Letters that need rules are found in a font that has them, and a letter with a
// mark in one font for both.
func TestFindRules(t *testing.T) {
	files := os.DirFS("/usr/share/fonts/truetype")
	if _, err := fs.Stat(files, "noto/NotoSansArabic-Regular.ttf"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("fonts-noto-core is not installed")
		}
		t.Skip("fonts-noto-core is not installed; make test installs it")
	}
	for text, name := range map[string]string{"محمد": "NotoSansArabic", "क्ष": "NotoSansDevanagari", "x\u0303": "Sans"} {
		found, err := systemfont.Find(t.Context(), files, []rune(text), "noto")
		if err != nil || len(found) != 1 || !strings.Contains(found[0].Path, name) || string(found[0].Runes) != text {
			t.Errorf("%s: found %d fonts, %v", text, len(found), err)
		}
	}
	if found, err := systemfont.Find(t.Context(), fstest.MapFS{"f/Go.ttf": file(goregular.TTF)}, []rune("\u0301"), "f"); err != nil || found != nil {
		t.Errorf("a font without rules for marks was found: %v", err)
	}
}
