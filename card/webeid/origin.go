package webeid

import (
	"net/netip"
	"strconv"
	"strings"
)

const (
	maxOrigin = 255
	minNonce  = 44 // 32 random bytes in base64
	maxNonce  = 128
)

// CheckOrigin tells whether origin is what a browser calls the origin of a
// secure page (RFC 6454 §6.2): https or wss, a host in lower case ASCII, a
// port only when it is not the scheme's own, nothing else, at most 255
// characters. A site has exactly one spelling, so that origins compare as
// text.
func CheckOrigin(origin string) error {
	if origin == "" || len(origin) > maxOrigin {
		return ErrOriginLength
	}
	scheme, authority, ok := strings.Cut(origin, "://")
	if !ok {
		return ErrOriginForm
	}
	switch strings.ToLower(scheme) {
	case "https", "wss":
	default:
		return ErrOriginScheme
	}
	for i := range len(origin) {
		if c := origin[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			return ErrOriginSpelling
		}
	}
	host, port, err := splitPort(authority)
	if err != nil {
		return err
	}
	if port != "" {
		if err := checkPort(port); err != nil {
			return err
		}
	}
	return checkHost(host)
}

func splitPort(authority string) (host, port string, err error) {
	from := 0
	if strings.HasPrefix(authority, "[") {
		if from = strings.IndexByte(authority, ']'); from < 0 {
			return "", "", ErrOriginForm
		}
	}
	i := strings.IndexByte(authority[from:], ':')
	if i < 0 {
		return authority, "", nil
	}
	if port = authority[from+i+1:]; port == "" {
		return "", "", ErrOriginForm
	}
	return authority[:from+i], port, nil
}

// checkPort refuses 443, the default of both schemes.
func checkPort(port string) error {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return ErrOriginForm
	}
	if n == 443 || strconv.FormatUint(n, 10) != port {
		return ErrOriginSpelling
	}
	return nil
}

func checkHost(host string) error {
	if strings.HasPrefix(host, "[") {
		address, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if err != nil || !address.Is6() || address.Zone() != "" {
			return ErrOriginForm
		}
		if host != "["+address.String()+"]" {
			return ErrOriginSpelling
		}
		return nil
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return ErrOriginForm
		}
	}
	return nil
}

// CheckNonce tells whether nonce may be signed: 44 to 128 characters of
// printable ASCII. 44 are 256 bits in base64.
func CheckNonce(nonce string) error {
	if len(nonce) < minNonce || len(nonce) > maxNonce {
		return ErrNonceLength
	}
	for i := range len(nonce) {
		if c := nonce[i]; c <= 0x20 || c >= 0x7f {
			return ErrNonceCharacters
		}
	}
	return nil
}
