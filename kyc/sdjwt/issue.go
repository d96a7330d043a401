package sdjwt

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"sync"
	"time"

	"eidgate/internal/fault"
	"eidgate/internal/jws"
)

// Types of the JWTs.
const (
	TypeCredential = "dc+sd-jwt" //nolint:gosec // G101: a media type, not a credential
	TypeKeyBinding = "kb+jwt"
)

// ErrReserved refuses claims that may not be issued under their name.
var ErrReserved = fault.New("sdjwt.reserved-claim", "a claim's name is reserved", "")

var encoding = base64.RawURLEncoding.Strict()

// Claim is a statement about the holder that is shown or left out as one. With
// Members it is an object whose members are shown or left out one by one.
type Claim struct {
	Name    string
	Value   any
	Members []Claim
}

// Status is an attestation's place in a status list.
type Status struct {
	Index uint64 `json:"idx"`
	URI   string `json:"uri"`
}

// Credential is what an attestation says.
type Credential struct {
	// Type is its vct, an URL of the issuer's.
	Type string
	// NotBefore and Expires bound its validity; IssuedAt is for information.
	IssuedAt, NotBefore, Expires time.Time
	// Holder is the key that presentations are bound to; nil makes a bearer
	// attestation.
	Holder *Key
	Status *Status
	// Plain are claims that every presentation shows.
	Plain map[string]any
	// Claims are those that the holder shows or leaves out.
	Claims []Claim
}

// Issuer makes attestations with one key.
type Issuer struct {
	url    string
	random io.Reader
	signer *jws.Signer
	// writers that have written: half of what an attestation costs besides its
	// signature was memory.
	writers sync.Pool
}

// NewIssuer prepares an issuer. url is its iss, an https URL whose host stands
// in the first certificate of the chain; the chain is without the anchor.
func NewIssuer(url, keyID string, key crypto.Signer, chain []*x509.Certificate, random io.Reader) (*Issuer, error) {
	signer, err := jws.NewSigner(key, TypeCredential, keyID, chain)
	if err != nil {
		return nil, fmt.Errorf("preparing the issuer: %w", err)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("preparing the issuer: %w: no certificate", ErrIssuer)
	}
	if err := hostMatches(url, chain[0]); err != nil {
		return nil, fmt.Errorf("preparing the issuer: %w", err)
	}
	return &Issuer{url: url, random: random, signer: signer}, nil
}

// Issue makes an attestation: the JWT and all its disclosures, each ended by a
// tilde. The key is used once.
func (i *Issuer) Issue(c Credential) (string, error) {
	w, ok := i.writers.Get().(*writer)
	if !ok {
		w = &writer{}
	}
	defer i.writers.Put(w)
	text, err := w.attestation(i, c)
	if err != nil {
		return "", fmt.Errorf("issuing an attestation: %w", err)
	}
	return text, nil
}

const saltSize = 16 // 128 bits, RFC 9901 §9.3

// count is the number of disclosures.
func count(claims []Claim) int {
	n := 0
	for _, claim := range claims {
		n += max(1, count(claim.Members))
	}
	return n
}

func digest(disclosure string) string {
	sum := sha256.Sum256([]byte(disclosure))
	return encoding.EncodeToString(sum[:])
}

func reserved(name string) bool {
	return name == "_sd" || name == "..." || name == "_sd_alg" || name == ""
}

// neverDisclosed may not be left out or brought by a holder (SD-JWT VC §3.2.2.2).
var neverDisclosed = []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}
