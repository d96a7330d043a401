package pades_test

import (
	"strings"
	"testing"

	"eidgate/sign"
	"eidgate/sign/internal/pdf"
)

// One key more, or another value, in one dictionary of a signed document. Each
// is a way in which viewers show or do something else.
func TestForgedKeys(t *testing.T) {
	o := newOffice(t)
	signed := o.sign(t, contract(), sign.LevelLT)
	sig := lastSignature(t, signed)
	script := "<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
	for _, c := range []struct {
		num  int
		code string
		keys []string
	}{
		{1, "pades.catalog-changed", []string{
			"/OpenAction " + script, "/OpenAction [3 0 R /Fit]", "/AA << /WS " + script + " >>", "/Names << /JavaScript << /Names [(a) " + script + "] >> >>",
			"/Names << /EmbeddedFiles << /Names [(a) 800 0 R] >> >>", "/OCProperties << /OCGs [] /D << /OFF [] >> >>", "/Outlines << /First 800 0 R >>",
			"/PageLabels << /Nums [0 << /P (x) >>] >>", "/PageMode /FullScreen", "/PageLayout /TwoColumnLeft", "/ViewerPreferences << /HideToolbar true >>",
			"/Perms << /DocMDP 800 0 R >>", "/Perms << /UR3 800 0 R >>", "/StructTreeRoot << /Type /StructTreeRoot >>", "/MarkInfo << /Marked true >>", "/Lang (ko)",
			"/URI << /Base (http://example.org) >>", "/Collection << /View /T >>", "/AF [800 0 R]", "/Dests << /a [3 0 R /Fit] >>", "/Threads []",
			"/Legal << /Attestation (none) >>", "/NeedsRendering true", "/Requirements []", "/OutputIntents []", "/SpiderInfo << >>", "/PieceInfo << >>",
			"/DPartRoot << >>", "/Version 7", "/Extensions << /X << /S /JavaScript >> >>", "/Extensions << /X [<< /BaseVersion /1.7 /A 1 >>] >>",
		}},
		{3, "pades.page-changed", []string{
			"/AA << /O " + script + " >>", "/CropBox [0 0 100 100]", "/BleedBox [0 0 9 9]", "/UserUnit 72", "/Group << /S /Transparency >>", "/Thumb 13 0 R",
			"/Trans << /S /R >>", "/Dur 1", "/Tabs /S", "/StructParents 0", "/AF [800 0 R]", "/VP []", "/Metadata 12 0 R", "/TemplateInstantiated /a", "/Type /Template",
		}},
		{2, "pades.page-tree-changed", []string{"/MediaBox [0 0 9 9]", "/Rotate 180", "/Resources << >>", "/Count 1", "/Kids [3 0 R]"}},
		{8, "pades.annotation-changed", []string{
			"/AP << /N 13 0 R >>", "/F 2", "/OC << /Type /OCG >>", "/Popup 800 0 R", "/Open true", "/Subtype /Link", "/C [1 0 0]", "/A " + script, "/AA << /E " + script + " >>", "/Contents (other)",
		}},
		{10, "pades.form-value-changed", []string{
			"/V (999)", "/DV (999)", "/Ff 1", "/AA << /K " + script + " >>", "/A " + script, "/MK << /CA (x) >>", "/DA (/F1 0 Tf)", "/Q 2", "/TU (other)",
			"/MaxLen 1", "/RV (x)", "/F 2", "/T (sum)", "/TM (x)", "/Kids [800 0 R]", "/Parent 800 0 R", "/OC << /Type /OCG >>",
		}},
		{9, "pades.form-changed", []string{"/NeedAppearances true", "/XFA [(a) 13 0 R]", "/CO [10 0 R]", "/DR << /Font << /F1 13 0 R >> >>", "/DA (/F1 0 Tf)", "/Q 1", "/SigFlags 1", "/SigFlags /x"}},
		{15, "pades.signature-changed", []string{"/AA << /E " + script + " >>", "/A " + script, "/Lock << /Action /All >>", "/SV << /Ff 1 >>", "/MK << /CA (x) >>", "/OC << >>", "/T (Third)", "/F 2"}},
		{sig.Field.Ref.Num, "pades.signature-changed", []string{"/AP << /N 13 0 R >>", "/F 2", "/MK << /CA (x) >>", "/T (other)", "/Rect [0 0 1 1]", "/AA << >>"}},
		{11, "pades.info-changed", []string{"/Author (Eve)", "/Subject (x)", "/Keywords (x)", "/Creator (x)", "/CreationDate (D:20200101000000Z)", "/Trapped /True", "/Company (x)"}},
		{7, "pades.content-changed", []string{"/Encoding << /Differences [49 /nine] >>", "/ToUnicode 13 0 R", "/FirstChar 0", "/Widths [0]", "/FontDescriptor 800 0 R"}},
	} {
		for _, key := range c.keys {
			t.Run(key, func(t *testing.T) {
				name, _, _ := strings.Cut(key[1:], " ")
				object, err := opened(t, signed).Latest().Object(c.num)
				if err != nil {
					t.Fatal(err)
				}
				d, ok := object.Value.(pdf.Dict)
				if !ok {
					t.Fatalf("object %d is no dictionary", c.num)
				}
				rest := string(pdf.Append(nil, d.With(pdf.Name(name), nil))) // a key that was there gets a new value
				text := strings.TrimSuffix(rest, ">>") + " " + key + " >>"
				wantRefused(t, o, objects(signed, map[int]string{c.num: text, 800: draws}), c.code)
			})
		}
	}
}
