package cms_test

import (
	"testing"

	"eidgate/internal/cms"
)

// FuzzParse: any bytes are refused or read; what verifies still verifies after
// a time-stamp was added to it.
func FuzzParse(f *testing.F) {
	good := newIdentity(f, "P-256").sign(f)
	f.Add(good)
	f.Add(indefinite(good))
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, in []byte) {
		sd, err := cms.Parse(in)
		if err != nil {
			return
		}
		sd.X509()
		r, err := sd.Verify(cms.Rules{}, contentDigest)
		if (err == nil) != (len(r.Checks) == 6 && r.Checks[5].Err == nil) {
			t.Fatalf("verdict %v after the checks %v", err, r.Checks)
		}
		if err != nil {
			return
		}
		stamp := cms.Attribute{Type: cms.OIDSignatureTimestamp, Values: [][]byte{{5, 0}}}
		stamped := must(cms.AddUnsigned(in, stamp))(t)
		if _, err := must(cms.Parse(stamped))(t).Verify(cms.Rules{}, contentDigest); err != nil {
			t.Errorf("no longer valid with a time-stamp: %v", err)
		}
	})
}

// indefinite writes every constructed value with an indefinite length.
func indefinite(der []byte) []byte {
	var out []byte
	for len(der) > 0 {
		size, length := 2, int(der[1])
		if length > 0x80 {
			count := length & 0x7f
			length = 0
			for _, b := range der[2 : 2+count] {
				length = length<<8 | int(b)
			}
			size += count
		}
		whole := der[:size+length]
		if der[0]&0x20 == 0 {
			out = append(out, whole...)
		} else {
			out = append(out, der[0], 0x80)
			out = append(out, indefinite(whole[size:])...)
			out = append(out, 0, 0)
		}
		der = der[size+length:]
	}
	return out
}

// Indefinite lengths everywhere are the same message.
func TestIndefiniteLengths(t *testing.T) {
	id := newIdentity(t, "P-256")
	sd := must(cms.Parse(indefinite(id.sign(t))))(t)
	if _, err := sd.Verify(cms.Rules{}, contentDigest); err != nil {
		t.Error(err)
	}
}
