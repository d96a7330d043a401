package pades_test

import (
	"bytes"
	"testing"

	"eidgate/sign"
	"eidgate/sign/pades"
)

// FuzzValidate: any bytes get a verdict or an error.
func FuzzValidate(f *testing.F) {
	o := newOffice(f)
	trust := o.Trust(false)
	lt := o.sign(f, contract(), sign.LevelLT)
	f.Add(contract())
	f.Add(lt)
	f.Add(archived(o).apply(f, o, lt))
	f.Add(objects(lt, map[int]string{8: "<< /Type /Annot >>"}))
	form := o.certified(f, application(), pades.PermitForms)
	f.Add(objects(form, filledName(f, form, "Mari", shows("Mari"))))
	f.Add(objects(form, edit(f, form, 30, "/V /Off", "/V /large", 13, "/AS /Off", "/AS /large")))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := pades.Validate(t.Context(), bytes.NewReader(in), int64(len(in)), trust)
		if err == nil && r.Text() == "" {
			t.Error("a report without text")
		}
	})
}

// FuzzTamper: a signed document with bytes written over and bytes added is
// valid only when all that the signer saw is still there.
func FuzzTamper(f *testing.F) {
	o := newOffice(f)
	lt := o.sign(f, contract(), sign.LevelLT)
	trust := o.Trust(true)
	content := []int{2, 3, 4, 5, 6, 7, 8, 10, 12}
	f.Add(uint16(0), []byte{}, []byte{})
	f.Add(uint16(700), []byte("999"), []byte{})
	f.Add(uint16(0), []byte{}, objects(lt, map[int]string{5: "(x)"})[len(lt):])
	f.Add(uint16(0), []byte{}, objects(lt, map[int]string{3: objectText(f, lt, 4), 14: "[800 0 R]"})[len(lt):])
	f.Add(uint16(0), []byte{}, archived(o).apply(f, o, lt)[len(lt):])
	f.Fuzz(func(t *testing.T, at uint16, patch, tail []byte) {
		doc := append(bytes.Clone(lt), tail...)
		copy(doc[min(int(at), len(lt)):len(lt)], patch)
		r, err := pades.Validate(t.Context(), bytes.NewReader(doc), int64(len(doc)), trust)
		if err != nil || !r.Valid() {
			return
		}
		for _, num := range content {
			if objectText(t, doc, num) != objectText(t, lt, num) {
				t.Errorf("valid, and object %d is %s", num, objectText(t, doc, num))
			}
		}
	})
}

// FuzzFill: an appearance is accepted only with the value that it shows.
func FuzzFill(f *testing.F) {
	o := newOffice(f)
	form := o.certified(f, application(), pades.PermitForms)
	trust := o.Trust(true)
	f.Add("/Tx BMC q BT 0 g /Helv 12 Tf 2 5 Td (Mari) Tj ET Q EMC")
	f.Add("1 1 198 18 re W n BT /Helv 9 Tf 10 TL 1 0 0 1 2 10 Tm [(M) -20 (ar)] TJ (i) ' ET")
	f.Add("q Q BT 3 Tr /DeviceGray cs 0 sc <4d617269> Tj ET /X Do")
	f.Fuzz(func(t *testing.T, content string) {
		doc := objects(form, filledName(t, form, "Mari", textForm(200, 20, content)))
		r, err := pades.Validate(t.Context(), bytes.NewReader(doc), int64(len(doc)), trust)
		if err != nil || !r.Valid() {
			return
		}
		other := objects(form, filledName(t, form, "Malle", textForm(200, 20, content)))
		if r, err := pades.Validate(t.Context(), bytes.NewReader(other), int64(len(other)), trust); err == nil && r.Valid() {
			t.Errorf("valid with two values: %q", content)
		}
	})
}
