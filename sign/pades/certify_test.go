package pades_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/pades"
)

// Every sample is certified; further signatures follow where they are permitted.
func TestCertify(t *testing.T) {
	ca := newWorld(t)
	for i, s := range samplepdf.All(t, t.TempDir()) {
		permission := pades.Permission(i%3 + 1)
		t.Run(fmt.Sprintf("%s/P=%d", s.Name, permission), func(t *testing.T) {
			o := ca.levelLT()
			o.Certify = permission
			path, _ := signFile(t, s.Path, ca.ec384, o)
			judge(t, ca, path, 1)
			json := testtool.Run(t, testtool.Need(t, "qpdf"), "--json", path)
			if !strings.Contains(json, `"/DocMDP"`) || !strings.Contains(json, fmt.Sprintf(`"/P": %d`, permission)) {
				t.Error("the catalog or the signature does not tell of the certification")
			}
			wantLevel(t, ca, read(t, path), sign.LevelLT)
			again, err := trySign(t, path, filepath.Join(t.TempDir(), "again.pdf"), ca.ec256, ca.levelLT())
			if permission == pades.PermitNothing {
				if !errors.Is(err, pades.ErrCertified) || ca.ec256.uses != 0 {
					t.Errorf("signing after it: %v, %d key operations", err, ca.ec256.uses)
				}
				return
			}
			if err != nil || again.Level != sign.LevelLT {
				t.Fatalf("signing after it: %v", err)
			}
			second, _ := signFile(t, path, ca.ec256, ca.levelLT())
			judge(t, ca, second, 2)
			wantLevel(t, ca, read(t, second), sign.LevelLT)
		})
	}
}

// A certification comes first, and has a permission there is.
func TestCertifyRefusals(t *testing.T) {
	ca := newCA(t)
	out, _ := signTo(t, large(3000), ca.ec384, pades.Options{})
	o := options(ca.ec384)
	o.Certify = pades.PermitForms
	key := &counting{Signer: ca.ec384.key}
	if _, err := pades.Sign(t.Context(), out, int64(len(out.buf)), &failingOutput{left: 100}, key, o); !errors.Is(err, pades.ErrNotFirst) || key.n != 0 {
		t.Errorf("certifying a signed document: %v, %d key operations", err, key.n)
	}
	o.Certify = 4
	in := bytes.NewReader(large(3000))
	if _, err := pades.Sign(t.Context(), in, in.Size(), &failingOutput{left: 100}, key, o); err == nil || key.n != 0 {
		t.Errorf("permission 4: %v, %d key operations", err, key.n)
	}
}

// A certification can be shown. In a certified document a signature is shown
// in a field that was there, and not in a new one, which other validators take
// for a change of the page.
func TestCertifyVisible(t *testing.T) {
	ca := newWorld(t)
	for _, permission := range []pades.Permission{pades.PermitForms, pades.PermitAnnotations} {
		o := ca.levelLT()
		o.Certify, o.Visible = permission, &pades.Visible{Rect: pades.Rect{Left: 10, Bottom: 130, Width: 150, Height: 50}}
		// Poppler draws its own idea of every field where NeedAppearances says so.
		form := bytes.Replace(demanding(""), []byte("/NeedAppearances true"), []byte("/NeedAppearances null"), 1)
		path, _ := signFile(t, written(t, form), ca.ec384, o)
		judge(t, ca, path, 1)
		o = ca.levelLT()
		o.Visible = &pades.Visible{Rect: pades.Rect{Left: 110, Bottom: 10, Width: 80, Height: 50}}
		if _, err := trySign(t, path, filepath.Join(t.TempDir(), "again.pdf"), ca.ec256, o); !errors.Is(err, pades.ErrVisibleForbidden) {
			t.Errorf("a new visible field: %v", err)
		}
		o.Field, o.Visible = "Here", &pades.Visible{}
		path, _ = signFile(t, path, ca.ec256, o)
		judge(t, ca, path, 2)
		wantLevel(t, ca, read(t, path), sign.LevelLT)
		if text := shownText(t, path); strings.Count(text, "Digitally signed by") != 2 {
			t.Errorf("the page shows:\n%s", text)
		}
	}
}
