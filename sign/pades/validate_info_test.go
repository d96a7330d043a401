package pades_test

import (
	"fmt"
	"strings"
	"testing"

	"eidgate/sign"
)

// A document without an information dictionary may get one that says when and
// by which program it was changed, as pyHanko writes it, and nothing else.
func TestAddedInformation(t *testing.T) {
	o := newOffice(t)
	bare := []byte(strings.Replace(string(contract()), "/Info 11 0 R", "            ", 1))
	signed := o.sign(t, bare, sign.LevelB)
	const dates = "<< /ModDate (D:20261123233435Z) /Producer (pyHanko 0.36.2) >>"
	for name, c := range map[string]struct {
		info    string
		objects map[int]string
		code    string
	}{
		"dates and a program":  {"850 0 R", map[int]string{850: dates}, ""},
		"a title":              {"850 0 R", map[int]string{850: "<< /Title (Other) >>"}, "pades.info-changed"},
		"a date of creation":   {"850 0 R", map[int]string{850: "<< /CreationDate (D:20000101000000Z) >>"}, "pades.info-changed"},
		"something to be done": {"850 0 R", map[int]string{850: "<< /Producer << /S /JavaScript /JS (x) >> >>"}, "pades.info-changed"},
		"a stream":             {"850 0 R", map[int]string{850: draws}, "pades.info-changed"},
		"used elsewhere":       {"850 0 R", map[int]string{850: dates, 851: "[850 0 R]"}, "pades.info-changed"},
		"an old object":        {"11 0 R", map[int]string{851: "(x)"}, "pades.info-changed"},
		"in the trailer":       {dates, map[int]string{851: "(x)"}, "pades.info-changed"},
		"of other generation":  {"850 1 R", map[int]string{850: dates}, "pades.info-changed"},
		"nowhere":              {"852 0 R", map[int]string{850: dates}, "pades.info-changed"},
	} {
		t.Run(name, func(t *testing.T) {
			a := amendment{objects: c.objects, trailer: fmt.Sprintf("/Root 1 0 R /Info %s", c.info)}
			wantRefused(t, o, amend(signed, a), c.code)
		})
	}
	dangling := strings.Replace(string(bare), "/Title (Contract)", "/Next  850 0 R   ", 1)
	a := amendment{objects: map[int]string{850: dates}, trailer: "/Root 1 0 R /Info 850 0 R"}
	wantRefused(t, o, amend(o.sign(t, []byte(dangling), sign.LevelB), a), "pades.info-changed")
}
