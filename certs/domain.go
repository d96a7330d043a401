package certs

import "fmt"

// Domain is a trust domain. Anchors, intermediates and stores of one domain
// never validate anything of the other.
type Domain int

// The two trust domains.
const (
	Production Domain = iota + 1
	Test
)

// String is "production" or "test", as written in a trust folder's file
// "domain".
func (d Domain) String() string {
	switch d {
	case Production:
		return "production"
	case Test:
		return "test"
	default:
		return fmt.Sprintf("Domain(%d)", int(d))
	}
}

// MarshalText gives the name.
func (d Domain) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "production" or "test"; another text is an error.
func (d *Domain) UnmarshalText(text []byte) error {
	switch string(text) {
	case "production":
		*d = Production
	case "test":
		*d = Test
	default:
		return fmt.Errorf("trust domain %q is neither \"production\" nor \"test\"", text)
	}
	return nil
}
