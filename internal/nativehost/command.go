package nativehost

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"io"

	"eidgate/card/webeid"
)

// Command is what the extension asks for: [*Authenticate],
// [*SigningCertificate], [*Sign] or [*Quit].
type Command interface{ name() string }

// Site is who asks, and in which language its page speaks.
type Site struct {
	Origin   string // checked by webeid.CheckOrigin
	Language string // as the page says it, may be empty; a wish, not a fact
}

// Authenticate asks for an authentication token.
type Authenticate struct {
	Site
	Nonce string // checked by webeid.CheckNonce
}

// SigningCertificate asks for the certificate of the signing key.
type SigningCertificate struct{ Site }

// Sign asks for a signature over a digest.
type Sign struct {
	Site
	Digest      []byte
	Hash        crypto.Hash // its size is the digest's
	Certificate *x509.Certificate
}

// Quit asks the program to end.
type Quit struct{}

func (*Authenticate) name() string       { return "authenticate" }
func (*SigningCertificate) name() string { return "get-signing-certificate" }
func (*Sign) name() string               { return "sign" }
func (*Quit) name() string               { return "quit" }

// NameOf is the name of a command as the protocol has it.
func NameOf(c Command) string { return c.name() }

// ReadCommand reads one command. Every error but a broken connection has a
// code; see the package's Err variables and those of webeid.CheckOrigin and
// webeid.CheckNonce.
func ReadCommand(r io.Reader) (Command, error) {
	text, err := readMessage(r)
	if err != nil {
		return nil, err
	}
	return ParseCommand(text)
}

// ParseCommand reads the JSON of one command.
func ParseCommand(text []byte) (Command, error) {
	m, err := parseMessage(text)
	if err != nil {
		return nil, fmt.Errorf("reading the command: %w", err)
	}
	c, err := m.parse()
	if err != nil {
		return nil, fmt.Errorf("reading the command: %w", err)
	}
	return c, nil
}

func (m *message) parse() (Command, error) {
	switch m.command {
	case "authenticate":
		return m.authenticate()
	case "get-signing-certificate":
		return m.signingCertificate()
	case "sign":
		return m.sign()
	case "quit":
		if len(m.arguments) != 0 {
			return nil, ErrArguments
		}
		return new(Quit), nil
	}
	return nil, ErrCommand
}

// take checks that the arguments are exactly these and the optional lang.
func (m *message) take(names ...string) error {
	for _, n := range names {
		if _, ok := m.arguments[n]; !ok {
			return fmt.Errorf("%w: %s is missing", ErrArguments, n)
		}
	}
	want := len(names)
	if _, ok := m.arguments["lang"]; ok {
		want++
	}
	if len(m.arguments) != want {
		return fmt.Errorf("%w: there is an unknown one", ErrArguments)
	}
	return nil
}

// maxLanguage is the longest language tag RFC 5646 section 4.4.1 asks programs
// to expect.
const maxLanguage = 35

func (m *message) site() (Site, error) {
	s := Site{Origin: m.arguments["origin"], Language: m.arguments["lang"]}
	if err := webeid.CheckOrigin(s.Origin); err != nil {
		return Site{}, err
	}
	if len(s.Language) > maxLanguage {
		return Site{}, fmt.Errorf("%w: lang is too long", ErrArguments)
	}
	return s, nil
}

func (m *message) authenticate() (Command, error) {
	if err := m.take("challengeNonce", "origin"); err != nil {
		return nil, err
	}
	site, err := m.site()
	if err != nil {
		return nil, err
	}
	nonce := m.arguments["challengeNonce"]
	if err := webeid.CheckNonce(nonce); err != nil {
		return nil, err
	}
	return &Authenticate{Site: site, Nonce: nonce}, nil
}

func (m *message) signingCertificate() (Command, error) {
	if err := m.take("origin"); err != nil {
		return nil, err
	}
	site, err := m.site()
	if err != nil {
		return nil, err
	}
	return &SigningCertificate{Site: site}, nil
}

func (m *message) sign() (Command, error) {
	if err := m.take("hash", "hashFunction", "certificate", "origin"); err != nil {
		return nil, err
	}
	site, err := m.site()
	if err != nil {
		return nil, err
	}
	hash, ok := hashNamed(m.arguments["hashFunction"])
	if !ok {
		return nil, ErrHashFunction
	}
	digest, err := webeid.DecodeBase64(m.arguments["hash"])
	if err != nil || len(digest) != hash.Size() {
		return nil, ErrHash
	}
	der, err := webeid.DecodeBase64(m.arguments["certificate"])
	if err != nil {
		return nil, ErrCertificate
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, ErrCertificate
	}
	return &Sign{Site: site, Digest: digest, Hash: hash, Certificate: certificate}, nil
}
