package webeid

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Sizes of a token in bytes, as in the specification.
const (
	minToken = 100
	maxToken = 10_000
)

// Parse reads a token and believes nothing it says. It refuses with
// [ErrTokenSize], [ErrTokenForm] (a field missing, twice, or not a text) and
// [ErrTokenFormat]. Fields it does not know are skipped, as the specification
// lets programs add some.
func Parse(token []byte) (*Token, error) {
	if len(token) < minToken || len(token) > maxToken {
		return nil, ErrTokenSize
	}
	t := new(Token)
	fields := map[string]*string{
		"unverifiedCertificate": &t.UnverifiedCertificate,
		"algorithm":             &t.Algorithm,
		"signature":             &t.Signature,
		"format":                &t.Format,
		"appVersion":            &t.AppVersion,
	}
	if err := readObject(token, func(name string, value json.RawMessage) error {
		if field := fields[name]; field != nil {
			return json.Unmarshal(value, field)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenForm, err)
	}
	if t.UnverifiedCertificate == "" || t.Algorithm == "" || t.Signature == "" {
		return nil, fmt.Errorf("%w: a field is missing", ErrTokenForm)
	}
	if !goodFormat(t.Format) {
		return nil, ErrTokenFormat
	}
	return t, nil
}

// readObject reads one JSON object with every name at most once and nothing
// after it. encoding/json alone would take the last of two and match names
// regardless of case.
func readObject(text []byte, field func(name string, value json.RawMessage) error) error {
	if !utf8.Valid(text) {
		return errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errors.New("not an object")
	}
	seen := make(map[string]bool)
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return errors.New("broken JSON")
		}
		name, _ := token.(string)
		if seen[name] {
			return errors.New("a field occurs twice")
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return errors.New("broken JSON")
		}
		if field(name, value) != nil {
			return errors.New("a field is not a text")
		}
	}
	if _, err := d.Token(); err != nil {
		return errors.New("broken JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

// goodFormat accepts web-eid:1 and its minor versions, which only add fields.
func goodFormat(format string) bool {
	minor, ok := strings.CutPrefix(format, "web-eid:1")
	if !ok || minor == "" {
		return ok
	}
	minor, ok = strings.CutPrefix(minor, ".")
	return ok && minor != "" && len(minor) <= 4 && strings.Trim(minor, "0123456789") == ""
}

// certificate decodes the token's certificate.
func (t *Token) certificate() (*x509.Certificate, error) {
	der, err := DecodeBase64(t.UnverifiedCertificate)
	if err != nil {
		return nil, ErrCertificate
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, ErrCertificate
	}
	return c, nil
}

// DecodeBase64 decodes base64 as the protocol has it (RFC 4648 section 4): with
// padding, no bits left over, and no line ends, which encoding/base64 skips
// even when it is strict. A value has exactly one spelling.
func DecodeBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("a line end in base64")
	}
	return base64.StdEncoding.Strict().DecodeString(text)
}
