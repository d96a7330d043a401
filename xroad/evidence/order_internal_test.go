package evidence

import (
	"testing"

	"eidgate/internal/xmlsec"
)

// TestOrder: a chain's digests do not bind names, places do.
func TestOrder(t *testing.T) {
	one, two := &xmlsec.Element{}, &xmlsec.Element{}
	const m, a, b = "/message.xml", "/attachment1", "/attachment2"
	for name, c := range map[string]struct {
		refs []reference
		code string
	}{
		"a message":                       {[]reference{{m, one, 0, 1, false}}, ""},
		"a message in a batch":            {[]reference{{m, one, 1, 2, false}}, ""},
		"with an attachment":              {[]reference{{m, one, 0, 2, false}, {a, one, 1, 2, false}}, ""},
		"with two":                        {[]reference{{m, one, 0, 3, false}, {a, one, 1, 3, false}, {b, one, 2, 3, false}}, ""},
		"exchanged":                       {[]reference{{a, one, 0, 2, false}, {m, one, 1, 2, false}}, "xroad.invalid-hash-chain-ref"},
		"attachments exchanged":           {[]reference{{m, one, 0, 3, false}, {b, one, 1, 3, false}, {a, one, 2, 3, false}}, "xroad.invalid-hash-chain-ref"},
		"the first attachment left out":   {[]reference{{m, one, 0, 2, false}, {b, one, 1, 2, false}}, "xroad.invalid-hash-chain-ref"},
		"one is hidden behind a digest":   {[]reference{{m, one, 0, 3, false}, {a, one, 1, 3, false}}, "xroad.invalid-hash-chain-ref"},
		"in two steps":                    {[]reference{{m, one, 0, 2, false}, {a, two, 1, 2, false}}, "xroad.invalid-hash-chain-ref"},
		"the message as an attachment":    {[]reference{{a, one, 0, 1, false}}, "xroad.invalid-hash-chain-ref"},
		"a message in its canonical form": {[]reference{{m, one, 0, 1, true}}, "xroad.malformed-hash-chain"},
	} {
		err := (&Covered{refs: c.refs}).inOrder()
		code := ""
		if r, ok := err.(*Refusal); ok { //nolint:errorlint // nothing wraps it
			code = r.Code()
		}
		if code != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}
