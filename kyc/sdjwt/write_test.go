package sdjwt_test

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eidgate/kyc/sdjwt"
)

// What a claim says comes out as it went in, whatever characters it has.
func FuzzIssue(f *testing.F) {
	w := newWorld(f)
	issuer, err := sdjwt.NewIssuer(issuerURL, "", w.key, w.chain, rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"", "Õ 민지", `"\`, "\x00\x1f\n", "\u2028</script>", "\xff", "😀", "~"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, plain, hidden string) {
		c := w.credential(t)
		c.Plain = map[string]any{"plain": plain, "name " + plain: true}
		c.Claims = []sdjwt.Claim{{Name: "hidden", Value: hidden}, {Name: "x" + hidden, Value: map[string]any{"a": hidden}}}
		text, err := issuer.Issue(c)
		if err != nil {
			t.Fatal(err)
		}
		verified, err := w.verifier.Verify(t.Context(), text, sdjwt.Expect{})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{}
		written, err := json.Marshal(map[string]any{"plain": plain, "name " + plain: true, "hidden": hidden, "x" + hidden: map[string]any{"a": hidden}})
		if err == nil {
			err = json.Unmarshal(written, &want) // as encoding/json has it
		}
		if diff := cmp.Diff(want, verified.Claims); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

// A claim stands once; two of one name would make what no verifier accepts.
func TestIssueRefusesANameTwice(t *testing.T) {
	w := newWorld(t)
	issuer, err := sdjwt.NewIssuer(issuerURL, "", w.key, w.chain, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, claims := range map[string][]sdjwt.Claim{
		"hidden and hidden": {{Name: "a", Value: 1}, {Name: "a", Value: 2}},
		"hidden and plain":  {{Name: "verification", Value: 1}},
		"hidden and object": {{Name: "a", Value: 1}, {Name: "a", Members: []sdjwt.Claim{{Name: "b", Value: 1}}}},
		"in an object":      {{Name: "a", Members: []sdjwt.Claim{{Name: "b", Value: 1}, {Name: "b", Value: 2}}}},
	} {
		c := w.credential(t)
		c.Claims = claims
		if _, err := issuer.Issue(c); code(err) != "sdjwt.reserved-claim" {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := w.credential(t)
	c.Claims = []sdjwt.Claim{{Name: "a", Value: func() {}}}
	if text, err := issuer.Issue(c); err == nil || text != "" || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("%q, %v", text, err)
	}
}
