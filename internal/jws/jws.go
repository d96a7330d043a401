// Package jws makes and checks the compact JWTs that attestations are made of:
// ES256 alone, with the header's type checked, the signing certificate in x5c
// and the payload kept as bytes.
//
// [Signer.Sign] writes one, [Parse] takes one apart without believing it, and
// [Token.Verify] checks the signature.
package jws

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"eidgate/internal/fault"
	"eidgate/internal/rawsig"
)

// What Parse, Verify and NewSigner refuse.
var (
	ErrMalformed = fault.New("jws.malformed", "the text is not a compact JWT", "")
	ErrAlgorithm = fault.New("jws.algorithm", "the JWT is not signed with ES256", "")
	ErrType      = fault.New("jws.type", "the JWT is of another type", "")
	ErrSignature = fault.New("jws.signature", "the JWT's signature is not by its key", "")
	ErrKey       = fault.New("jws.key", "the key is not on P-256", "")
)

// Limits of a JWT.
const (
	MaxText  = 1 << 20
	maxChain = 6
)

const algorithm = "ES256"

var encoding = base64.RawURLEncoding.Strict()

// Decode reads base64url without padding (RFC 7515 §2). A value has one
// spelling: encoding/base64 skips line ends even when it is strict.
func Decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, ErrMalformed
	}
	return encoding.DecodeString(text)
}

// header is RFC 7515 §4 as far as it is used here.
type header struct {
	Algorithm string   `json:"alg"`
	Type      string   `json:"typ"`
	KeyID     string   `json:"kid,omitempty"`
	Chain     [][]byte `json:"x5c,omitempty"`
}

// notUnderstood are members that change what a signature means or who made it
// (RFC 7515 §4.1, RFC 7797).
var notUnderstood = []string{"crit", "jwk", "jku", "x5u", "b64"} //nolint:gochecknoglobals // a table that is never written

// read takes a header as it is spelled, see [Object].
func (h *header) read(text []byte) error {
	o, err := ReadObject(text)
	if err != nil {
		return err
	}
	if err := o.Texts(map[string]*string{"alg": &h.Algorithm, "typ": &h.Type, "kid": &h.KeyID}); err != nil {
		return err
	}
	for _, name := range notUnderstood {
		if _, present := o[name]; present {
			return fmt.Errorf("%w: its header has %s", ErrMalformed, name)
		}
	}
	_, err = o.Read("x5c", &h.Chain)
	return err
}

// Key is a public key on P-256 as a JWK (RFC 7518 §6.2).
type Key struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
	ID    string `json:"kid,omitempty"`
	Alg   string `json:"alg,omitempty"`
	Use   string `json:"use,omitempty"`
}

const coordinate = 32

// ReadKey reads a JWK as it is spelled. It refuses what is not a point of P-256
// with ErrKey.
func ReadKey(o Object) (Key, error) {
	var k Key
	if err := o.Texts(map[string]*string{"kty": &k.Type, "crv": &k.Curve, "x": &k.X, "y": &k.Y, "kid": &k.ID, "alg": &k.Alg, "use": &k.Use}); err != nil {
		return Key{}, err
	}
	_, err := k.Public()
	return k, err
}

// KeyOf writes a public key as a JWK. It refuses other curves with ErrKey.
func KeyOf(public crypto.PublicKey) (Key, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return Key{}, ErrKey
	}
	point, err := key.Bytes()
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return Key{Type: "EC", Curve: "P-256", X: encoding.EncodeToString(point[1 : 1+coordinate]), Y: encoding.EncodeToString(point[1+coordinate:])}, nil
}

// Public reads the JWK. It refuses what is not a point of P-256 with ErrKey.
func (k Key) Public() (*ecdsa.PublicKey, error) {
	x, errX := Decode(k.X)
	y, errY := Decode(k.Y)
	if errX != nil || errY != nil || k.Type != "EC" || k.Curve != "P-256" || len(x) != coordinate || len(y) != coordinate {
		return nil, ErrKey
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), bytes.Join([][]byte{{4}, x, y}, nil))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return key, nil
}

// Signer signs JWTs of one type with one key.
type Signer struct {
	key    crypto.Signer
	public *ecdsa.PublicKey
	prefix string // the encoded header and its dot
	hashed hash.Cloner
}

// NewSigner prepares the header: the type, the key's name, and the chain, the
// signing certificate first and without the trust anchor.
func NewSigner(key crypto.Signer, typ, keyID string, chain []*x509.Certificate) (*Signer, error) {
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, ErrKey
	}
	h := header{Algorithm: algorithm, Type: typ, KeyID: keyID}
	for _, certificate := range chain {
		h.Chain = append(h.Chain, certificate.Raw)
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("writing a JWT's header: %w", err)
	}
	signer := &Signer{key: key, public: public, prefix: encoding.EncodeToString(text) + "."}
	// The certificates are most of a JWT: their part is hashed once.
	h256 := sha256.New()
	h256.Write([]byte(signer.prefix))
	signer.hashed, ok = h256.(hash.Cloner)
	if !ok {
		return nil, fmt.Errorf("preparing a JWT's hash: %w", ErrAlgorithm)
	}
	return signer, nil
}

// Sign writes a JWT with one use of the key.
func (s *Signer) Sign(random io.Reader, payload []byte) (string, error) {
	text, err := s.Append(nil, random, payload)
	return string(text), err
}

// Append is Sign for who writes on: it appends the JWT.
func (s *Signer) Append(to []byte, random io.Reader, payload []byte) ([]byte, error) {
	start := len(to)
	text := slices.Grow(to, len(s.prefix)+encoding.EncodedLen(len(payload))+1+encoding.EncodedLen(2*coordinate))
	text = append(text, s.prefix...)
	text = encoding.AppendEncode(text, payload)
	digest, err := s.hashed.Clone()
	if err != nil {
		return nil, fmt.Errorf("signing a JWT: %w", err)
	}
	digest.Write(text[start+len(s.prefix):])
	der, err := s.key.Sign(random, digest.Sum(nil), crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing a JWT: %w", err)
	}
	raw, err := rawsig.FromDER(s.public, der)
	if err != nil {
		return nil, fmt.Errorf("signing a JWT: %w", err)
	}
	text = append(text, '.')
	return encoding.AppendEncode(text, raw), nil
}

// Token is a JWT taken apart, not believed.
type Token struct {
	Type    string
	KeyID   string
	Chain   []*x509.Certificate // of x5c, as sent
	Payload []byte

	signed    string
	signature []byte
}

// Parse takes a JWT of the given type apart. It refuses another algorithm,
// another type, critical headers, and keys given or named in the header.
func Parse(text, typ string) (*Token, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("%w: it is larger than 1 MiB", ErrMalformed)
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, ErrMalformed
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = Decode(part); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
	}
	var h header
	if err := h.read(decoded[0]); err != nil {
		return nil, err
	}
	switch {
	case h.Algorithm != algorithm:
		return nil, ErrAlgorithm
	case h.Type != typ:
		return nil, ErrType
	case len(h.Chain) > maxChain:
		return nil, fmt.Errorf("%w: it has more than %d certificates", ErrMalformed, maxChain)
	}
	token := &Token{
		Type: h.Type, KeyID: h.KeyID, Payload: decoded[1], signature: decoded[2],
		signed: text[:len(parts[0])+1+len(parts[1])],
	}
	for _, der := range h.Chain {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		token.Chain = append(token.Chain, certificate)
	}
	return token, nil
}

// Verify checks the signature with a key on P-256.
func (t *Token) Verify(public crypto.PublicKey) error {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return ErrKey
	}
	digest := sha256.Sum256([]byte(t.signed))
	if !rawsig.Verify(key, digest[:], t.signature) {
		return ErrSignature
	}
	return nil
}
