package pades_test

import (
	"slices"
	"strings"
	"testing"

	"eidgate/sign"
)

// A signature may draw any name on the page. The report names the holder of the
// certificate, and notes a name that is not his.
func TestClaimedNameOfAnother(t *testing.T) {
	o := newOffice(t)
	for name, noted := range map[string]bool{
		"(Donald Duck)": true, "(Mari-Liis M\\304nnik)": false, "(M\\304NNIK,MARI-LIIS,60001019906)": false, "<FEFF0428>": true, "(...)": true,
	} {
		doc := bent{dict: "/Name " + name, rect: "[72 500 300 540]", flags: "4"}.apply(t, o, contract())
		r := report(t, doc, o.Trust(true))
		s := r.Signatures[0]
		got := slices.ContainsFunc(s.Checks, func(c sign.Check) bool { return c.Name == "claimed-name" && c.Result == sign.Noted })
		if got != noted || !r.Valid() {
			t.Errorf("%s: noted %v\n%s", name, got, r.Text())
		}
		if !strings.Contains(r.Text(), "MARI-LIIS") || strings.Contains(r.Text(), "Duck") {
			t.Error(r.Text())
		}
	}
}
