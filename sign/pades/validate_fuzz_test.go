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
