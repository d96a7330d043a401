package dertest_test

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eidgate/certs/internal/dertest"
)

func TestVariants(t *testing.T) {
	der, err := hex.DecodeString("3007" + "020101" + "0402" + "0500")
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, v := range dertest.Variants(der) {
		got[v.Name] = hex.EncodeToString(v.DER)
	}
	want := map[string]string{
		"NULL added to /30":                 "300902010104020500" + "0500",
		"element 0 left out of /30":         "300404020500",
		"element 0 (02) twice in /30":       "300a02010102010104020500",
		"element 1 left out of /30":         "3003020101",
		"element 1 (04) twice in /30":       "300b0201010402050004020500",
		"NULL added to /30[1]/04":           "3009020101040405000500",
		"element 0 left out of /30[1]/04":   "30050201010400",
		"element 0 (05) twice in /30[1]/04": "3009020101040405000500",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if v := dertest.Variants([]byte{0x30, 5}); v != nil {
		t.Errorf("variants of what is not DER: %v", v)
	}
}
