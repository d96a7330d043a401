package throttle

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"strings"

	"eidgate/gateway/session"
)

// holder is a session's cookie or an API key, hashed: it is no secret to keep.
type holder [sha256.Size]byte

// holderOf finds who says to be somebody; nil is nobody.
func holderOf(r *http.Request) *holder {
	if header := r.Header.Get("Authorization"); header != "" {
		_, key, _ := strings.Cut(header, " ") // the scheme may be spelt in many ways
		h := holder(sha256.Sum256([]byte(key)))
		return &h
	}
	if cookie, err := r.Cookie(session.CookieName); err == nil {
		h := holder(sha256.Sum256([]byte(cookie.Value)))
		return &h
	}
	return nil
}

// forwarded is the header in which proxies name whom they speak for.
const forwarded = "X-Forwarded-For"

// addressOf is the network that a request comes from. An address that cannot be
// read is the zero network, which all such share.
func (t *Throttle) addressOf(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	address := peer.Addr().Unmap()
	if !t.trusted(address) {
		return network(address)
	}
	hops := strings.Split(strings.Join(r.Header.Values(forwarded), ","), ",")
	for i := len(hops) - 1; i >= 0 && t.trusted(address); i-- {
		before, ok := hop(hops[i])
		if !ok {
			break // nobody who is trusted vouches for what stands further left
		}
		address = before
	}
	return network(address)
}

func (t *Throttle) trusted(address netip.Addr) bool {
	for _, proxy := range t.options.Proxies {
		if proxy.Contains(address.WithZone("")) {
			return true
		}
	}
	return false
}

// hop reads one address of the header; some proxies add the port.
func hop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil {
		return address.Unmap(), true
	}
	address, err := netip.ParseAddrPort(text)
	return address.Addr().Unmap(), err == nil
}

// ipv6Network is what one customer has at least (RFC 6177, RFC 7421).
const ipv6Network = 64

func network(address netip.Addr) netip.Prefix {
	bits := address.BitLen()
	if address.Is6() {
		bits = ipv6Network
	}
	prefix, err := address.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}
