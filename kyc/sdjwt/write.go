package sdjwt

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// writer writes an attestation's payload and disclosures. It writes JSON itself:
// through encoding/json the text costs as much as half a signature.
type writer struct {
	payload, disclosures []byte
	salts                []byte // of the disclosures that are not written yet
	drawn, text, signed  []byte // kept for their room
}

// attestation writes one anew. The salts are drawn at once: a call to the system
// costs as much as a disclosure.
func (w *writer) attestation(i *Issuer, c Credential) (string, error) {
	w.payload, w.disclosures = w.payload[:0], w.disclosures[:0]
	w.drawn = slices.Grow(w.drawn[:0], count(c.Claims)*saltSize)[:count(c.Claims)*saltSize]
	if _, err := io.ReadFull(i.random, w.drawn); err != nil {
		return "", fmt.Errorf("salting the claims: %w", err)
	}
	w.salts = w.drawn
	if err := w.credential(i.url, c); err != nil {
		return "", err
	}
	signed, err := i.signer.Append(w.signed[:0], i.random, w.payload)
	if err != nil {
		return "", err
	}
	w.signed = append(append(signed, '~'), w.disclosures...)
	return string(w.signed), nil
}

// credential writes the whole payload (SD-JWT VC §3.2.2).
func (w *writer) credential(issuer string, c Credential) error {
	w.payload = append(w.payload, '{')
	if err := w.plain(c); err != nil {
		return err
	}
	if err := w.conceal(c.Claims, func(name string) bool { _, taken := c.Plain[name]; return taken }); err != nil {
		return err
	}
	if c.Holder != nil {
		w.holder(*c.Holder)
	}
	if c.Status != nil {
		w.name("status")
		w.payload = append(w.payload, `{"status_list":{"idx":`...)
		w.payload = strconv.AppendUint(w.payload, c.Status.Index, 10)
		w.payload = append(w.payload, `,"uri":`...)
		w.payload = append(appendString(w.payload, c.Status.URI), "}}"...)
	}
	for _, text := range []struct{ name, value string }{{"iss", issuer}, {"vct", c.Type}, {"_sd_alg", "sha-256"}} {
		w.name(text.name)
		w.payload = appendString(w.payload, text.value)
	}
	for _, time := range []struct {
		name  string
		value int64
	}{{"iat", c.IssuedAt.Unix()}, {"nbf", c.NotBefore.Unix()}, {"exp", c.Expires.Unix()}} {
		w.name(time.name)
		w.payload = strconv.AppendInt(w.payload, time.value, 10)
	}
	w.payload = append(w.payload, '}')
	return nil
}

// name begins a member of the object being written.
func (w *writer) name(name string) {
	if w.payload[len(w.payload)-1] != '{' {
		w.payload = append(w.payload, ',')
	}
	w.payload = append(appendString(w.payload, name), ':')
}

func (w *writer) plain(c Credential) error {
	for _, name := range slices.Sorted(maps.Keys(c.Plain)) {
		if slices.Contains(neverDisclosed, name) || reserved(name) || name == "iat" {
			return fmt.Errorf("%w: %q", ErrReserved, name)
		}
		w.name(name)
		var err error
		if w.payload, err = appendValue(w.payload, c.Plain[name]); err != nil {
			return fmt.Errorf("writing the claim %q: %w", name, err)
		}
	}
	return nil
}

func (w *writer) holder(key Key) {
	w.name("cnf")
	w.payload = append(w.payload, `{"jwk":{`...)
	for _, text := range []struct{ name, value string }{{"kty", key.Type}, {"crv", key.Curve}, {"x", key.X}, {"y", key.Y}} {
		w.name(text.name)
		w.payload = appendString(w.payload, text.value)
	}
	w.payload = append(w.payload, "}}"...)
}

// digestSize is a digest's length in base64url.
const digestSize = 43

// conceal writes the claims of an object: digests of those that are shown or
// left out as one, and objects of those with members. The order of digests
// tells nothing: they are sorted.
func (w *writer) conceal(claims []Claim, taken func(name string) bool) error {
	digests := make([][digestSize]byte, 0, len(claims))
	for i, claim := range claims {
		again := slices.ContainsFunc(claims[:i], func(c Claim) bool { return c.Name == claim.Name })
		if again || taken(claim.Name) || slices.Contains(neverDisclosed, claim.Name) || reserved(claim.Name) {
			return fmt.Errorf("%w: %q", ErrReserved, claim.Name)
		}
		if len(claim.Members) > 0 {
			continue
		}
		digest, err := w.disclose(claim)
		if err != nil {
			return err
		}
		digests = append(digests, digest)
	}
	w.digests(digests)
	for _, claim := range claims {
		if len(claim.Members) == 0 {
			continue
		}
		w.name(claim.Name)
		w.payload = append(w.payload, '{')
		if err := w.conceal(claim.Members, func(string) bool { return false }); err != nil {
			return err
		}
		w.payload = append(w.payload, '}')
	}
	return nil
}

func (w *writer) digests(digests [][digestSize]byte) {
	if len(digests) == 0 {
		return
	}
	slices.SortFunc(digests, func(a, b [digestSize]byte) int { return bytes.Compare(a[:], b[:]) })
	w.name("_sd")
	open := byte('[')
	for _, digest := range digests {
		w.payload = append(w.payload, open, '"')
		w.payload = append(append(w.payload, digest[:]...), '"')
		open = ','
	}
	w.payload = append(w.payload, ']')
}

// disclose writes a disclosure (RFC 9901 §4.2.1) and gives its digest.
func (w *writer) disclose(claim Claim) (digest [digestSize]byte, err error) {
	w.text = append(w.text[:0], `["`...)
	w.text = encoding.AppendEncode(w.text, w.salts[:saltSize])
	w.salts = w.salts[saltSize:]
	w.text = append(w.text, `",`...)
	w.text = append(appendString(w.text, claim.Name), ',')
	if w.text, err = appendValue(w.text, claim.Value); err != nil {
		return digest, fmt.Errorf("writing the claim %q: %w", claim.Name, err)
	}
	w.text = append(w.text, ']')
	start := len(w.disclosures)
	w.disclosures = encoding.AppendEncode(w.disclosures, w.text)
	sum := sha256.Sum256(w.disclosures[start:])
	w.disclosures = append(w.disclosures, '~')
	encoding.Encode(digest[:], sum[:])
	return digest, nil
}

// appendValue writes the common values itself and the others through
// encoding/json.
func appendValue(to []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return appendString(to, v), nil
	case bool:
		return strconv.AppendBool(to, v), nil
	}
	text, err := json.Marshal(value)
	return append(to, text...), err
}

// appendString writes a JSON string (RFC 8259 §7). What is not UTF-8 becomes
// U+FFFD, as in encoding/json.
func appendString(to []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	to = append(to, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			to = append(to, '\\', c)
		case c < 0x20:
			to = append(to, `\u00`...)
			to = append(to, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}
