package card

import (
	"strings"
	"testing"
)

// TestTheTableOfCards checks what the compiler cannot: hex constants, masks,
// check bytes, and that no answer to reset belongs to two kinds.
func TestTheTableOfCards(t *testing.T) {
	kinds := make(map[string]bool)
	for _, d := range drivers() {
		if kinds[d.kind] || d.name == "" || len(d.atrs) == 0 {
			t.Errorf("%s: the row is incomplete or there twice", d.kind)
		}
		kinds[d.kind] = true
		for _, p := range d.atrs {
			if len(p.value) < 10 || p.value[0] != 0x3B || p.mask != nil && len(p.mask) != len(p.value) {
				t.Errorf("%s: %X, mask %X", d.kind, p.value, p.mask)
				continue
			}
			for _, other := range drivers() {
				for _, q := range other.atrs {
					if other.kind != d.kind && q.matches(p.value) {
						t.Errorf("%X is of kind %s and of kind %s", p.value, d.kind, other.kind)
					}
				}
			}
			if found := lookUp(p.value); found == nil || found.kind != d.kind {
				t.Errorf("%X is not found", p.value)
			}
			if Supported(p.value[:len(p.value)-1]) || Supported(append(p.value[:len(p.value):len(p.value)], 0)) {
				t.Errorf("%X is found when it is cut or longer", p.value)
			}
		}
		for _, aid := range [][]byte{idemiaMain, idemiaAWP, idemiaQSCD, thalesMain} {
			if len(aid) < 12 {
				t.Errorf("an application's name has %d bytes", len(aid))
			}
		}
	}
	if Supported(nil) {
		t.Error("no answer to reset is supported")
	}
}

func TestMaskedAnswersToReset(t *testing.T) {
	for value, want := range map[string]string{
		"3B7F9600008031B865B085050011122460829000": "fineid4", // 4.0
		"3B7F9600008031B865B085051024122460829000": "fineid4", // 4.1
		"3B7F9600008031B865B08504021B1200F6829000": "fineid3",
		"3B7F9600008031B865B085050011122460829001": "",
	} {
		d := lookUp(unhex(value))
		if got := d; got == nil && want != "" || got != nil && got.kind != want {
			t.Errorf("%s is not %q", value, want)
		}
	}
}

func TestCardsWithoutADriverHaveAModule(t *testing.T) {
	for value, kind := range map[string]string{
		"3B9D188131FC358031C0694D54434F5373020604D1":         "liteid",
		"3BFF1300008131FE450031B9640444ECC17394018082900012": "hrveid",
		"3B9894400AA503010101AD1310":                         "beleid", // masked
		"3B989440FFA503010101AD1310":                         "beleid",
		"3B7F96000080318065B085040120120FFF829000":           "beleid",
		"3B8F800180318065B0850300EF120FFF82900073":           "luxeid",
		"3B7F96000080318065B085050011120FFF829000":           "luxtrust",
		"3B7E9400008025D20310010056000000020200":             "czeeid",
		"3B7E940000802580":                                   "",
	} {
		got, ok := ModuleFor(unhex(value))
		if got.Kind != kind || ok != (kind != "") {
			t.Errorf("%s: %+v", value, got)
		}
		e := &UnsupportedCardError{ATR: unhex(value)}
		if ok && !strings.Contains(e.Hint(), got.Name) {
			t.Errorf("%s: %s", value, e.Hint())
		}
	}
	for _, m := range modules() {
		for _, p := range m.atrs {
			if len(p.value) < 10 || p.mask != nil && len(p.mask) != len(p.value) || Supported(p.value) {
				t.Errorf("%s: %X", m.Kind, p.value)
			}
		}
	}
}
