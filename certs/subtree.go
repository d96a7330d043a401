package certs

import (
	"bytes"
	"net/netip"
	"net/url"
	"strings"

	"eidgate/certs/internal/pkix"
)

// permits says that a name certainly lies in a permitted subtree; what cannot
// be understood does not.
func permits(name, base pkix.GeneralName) bool {
	within, understood := inSubtree(name, base)
	return within && understood
}

// excludes says that a name may lie in an excluded subtree; what cannot be
// understood does.
func excludes(name, base pkix.GeneralName) bool {
	if name.Kind == pkix.DNSName && wildcardReaches(name.Text(), base.Text()) {
		return true
	}
	within, understood := inSubtree(name, base)
	return within || !understood
}

// inSubtree compares a name with a subtree of its kind (RFC 5280 §4.2.1.10).
func inSubtree(name, base pkix.GeneralName) (within, understood bool) {
	switch name.Kind {
	case pkix.DirectoryName:
		return name.Name.Within(base.Name), true
	case pkix.Mailbox:
		return mailboxWithin(name.Text(), base.Text())
	case pkix.DNSName:
		return domainWithin(name.Text(), base.Text()), true
	case pkix.URI:
		return uriWithin(name.Text(), base.Text())
	case pkix.IPAddress:
		return addressWithin(name.Bytes, base.Bytes)
	default:
		return false, false
	}
}

// mailboxWithin: a constraint is a mailbox, a host ("example.com", that host
// alone) or a domain (".example.com", hosts below it). The local part keeps
// its case, the host does not (§7.5).
func mailboxWithin(mailbox, base string) (within, understood bool) {
	local, host, ok := cutLast(mailbox, "@")
	if !ok || local == "" || host == "" {
		return false, false
	}
	if baseLocal, baseHost, isMailbox := cutLast(base, "@"); isMailbox {
		return local == baseLocal && strings.EqualFold(host, baseHost), true
	}
	return hostWithin(host, base), true
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// hostWithin: ".example.com" takes hosts below it, "example.com" that host
// alone.
func hostWithin(host, base string) bool {
	host, base = strings.ToLower(host), strings.ToLower(base)
	switch {
	case base == "":
		return true
	case strings.HasPrefix(base, "."):
		return strings.HasSuffix(host, base) && len(host) > len(base)
	default:
		return host == base
	}
}

// domainWithin: a name that adds labels to the left of the constraint is
// within it, as is the constraint itself.
func domainWithin(name, base string) bool {
	name, base = strings.ToLower(strings.TrimSuffix(name, ".")), strings.ToLower(strings.TrimSuffix(base, "."))
	switch {
	case base == "":
		return true
	case strings.HasPrefix(base, "."):
		return strings.HasSuffix(name, base) && len(name) > len(base)
	default:
		return name == base || strings.HasSuffix(name, "."+base)
	}
}

// wildcardReaches says that a wildcard name covers a host in the constraint:
// "*.example.com" covers the excluded "host.example.com".
func wildcardReaches(name, base string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(name), "*.")
	if !ok {
		return false
	}
	_, parent, found := strings.Cut(strings.TrimPrefix(strings.ToLower(base), "."), ".")
	return found && parent == strings.TrimSuffix(rest, ".")
}

// uriWithin applies to the host of a URI. A URI without a host, or with an
// address for one, cannot be compared (§4.2.1.10 demands a host name).
func uriWithin(uri, base string) (within, understood bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" {
		return false, false
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return false, false
	}
	return hostWithin(strings.TrimSuffix(u.Hostname(), "."), base), true
}

// addressWithin: the constraint is an address and a mask of the same length.
func addressWithin(address, base []byte) (within, understood bool) {
	if len(address) != 4 && len(address) != 16 {
		return false, false
	}
	if len(base) != 2*len(address) {
		return false, true
	}
	network, mask := base[:len(address)], base[len(address):]
	masked := make([]byte, len(address))
	for i := range address {
		masked[i] = address[i] & mask[i]
	}
	return bytes.Equal(masked, maskedBytes(network, mask)), true
}

func maskedBytes(network, mask []byte) []byte {
	out := make([]byte, len(network))
	for i := range network {
		out[i] = network[i] & mask[i]
	}
	return out
}
