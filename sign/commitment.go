package sign

import "strings"

// committed are the claimed commitments in words, as far as they are known
// (EN 319 132-1 §5.2.3.2, ETSI TS 119 172-1 annex B); others are shown as they
// are.
func (c *Claims) committed() []string {
	var out []string
	for _, uri := range c.Commitments {
		out = append(out, commitment(uri))
	}
	return out
}

func commitment(uri string) string {
	id := uri
	for _, prefix := range []string{"http://uri.etsi.org/01903/v1.2.2#ProofOf", "urn:oid:1.2.840.113549.1.9.16.6."} {
		id = strings.TrimPrefix(id, prefix)
	}
	switch id {
	case "Origin", "1":
		return "proof of origin"
	case "Receipt", "2":
		return "proof of receipt"
	case "Delivery", "3":
		return "proof of delivery"
	case "Sender", "4":
		return "proof of sender"
	case "Approval", "5":
		return "proof of approval"
	case "Creation", "6":
		return "proof of creation"
	}
	return uri
}
