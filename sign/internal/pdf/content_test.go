package pdf

import (
	"errors"
	"fmt"
	"testing"
)

func TestOperations(t *testing.T) {
	for _, c := range []struct{ content, want string }{
		{"/Tx BMC q 0.9 g % note\n0 0 20 10 re f Q EMC", "BMC[Tx] q[] g[0.9] re[0 0 20 10] f[] Q[] EMC[] "},
		{"BT /F1 12 Tf [(a) -20 (b)] TJ T* (x) ' 1 0 0 RG ET", "BT[] Tf[F1 12] TJ[[{[97] false} -20 {[98] false}]] T*[] '[{[120] false}] RG[1 0 0] ET[] "},
		{"true /A false null x", "x[true A false <nil>] "},
		{"", ""},
	} {
		operations, err := Operations([]byte(c.content), 16)
		got := ""
		for _, op := range operations {
			got += op.Operator + fmt.Sprint(op.Operands) + " "
		}
		if err != nil || got != c.want {
			t.Errorf("%q: %s, %v, want %s", c.content, got, err, c.want)
		}
	}
	for content, want := range map[string]error{
		"1 2": ErrDamaged, "5 0 R Do": ErrDamaged, "(x Tj": ErrDamaged, "<< /A 1 >": ErrDamaged, ") Tj": ErrDamaged,
		"averyveryverylongoperator": ErrDamaged, "q q q q q q q q q q q q q q q q q": ErrLimit, "[[[": ErrDamaged,
	} {
		if operations, err := Operations([]byte(content), 16); !errors.Is(err, want) {
			t.Errorf("%q: %v, %v, want %v", content, operations, err, want)
		}
	}
}

// FuzzOperations: content streams come from outside.
func FuzzOperations(f *testing.F) {
	f.Add([]byte("/Tx BMC q BT 0 g /Helv 12 Tf 2 5 Td (Mari) Tj ET Q EMC"))
	f.Add([]byte("BI /W 1 /H 1 ID x EI [<00> (\\(] << /A [1 2] >> sh"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if operations, err := Operations(in, 100); err == nil && len(operations) > 100 {
			t.Error(len(operations))
		}
	})
}
