package evidence

import (
	"errors"
	"strings"
	"testing"

	"eidgate/xroad"
)

// TestSOAPSigner: who signs a SOAP message is its client or its provider.
func TestSOAPSigner(t *testing.T) {
	const id = `<i:xRoadInstance>DEV</i:xRoadInstance><i:memberClass>COM</i:memberClass><i:memberCode>`
	const message = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers">` +
		`<s:Header><x:client>` + id + `1</i:memberCode></x:client><x:service>` + id + `2</i:memberCode></x:service></s:Header><s:Body/></s:Envelope>`
	member := func(code string) xroad.ClientID { return xroad.ClientID{Instance: "DEV", Class: "COM", Code: code} }
	for _, c := range []struct{ name, from, to, signer, code string }{
		{"the client", "", "", "1", ""},
		{"the provider", "", "", "2", ""},
		{"somebody else", "", "", "3", CodeWrongSigner},
		{"no member code", "memberCode", "subsystemCode", "1", CodeWrongSigner},
		{"no client", "x:client", "x:other", "1", CodeMalformed},
		{"another namespace", "x-road.eu/xsd/xroad", "x-road.eu/xsd/other", "1", CodeMalformed},
		{"no header", "s:Header", "s:Other", "1", CodeMalformed},
		{"two clients", "<x:service>", "<x:client>" + id + "3</i:memberCode></x:client><x:service>", "3", CodeMalformed},
		{"no XML", "<s:Body/>", "<s:Body>", "1", CodeMalformed},
	} {
		text := strings.ReplaceAll(message, c.from, c.to)
		if c.from == "" {
			text = message
		}
		err := (&Report{Message: []byte(text), Signer: member(c.signer)}).checkSigner()
		var r *Refusal
		if c.code == "" && err != nil || c.code != "" && (!errors.As(err, &r) || r.Reason != c.code) {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}
