package sdjwt

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
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
	payload := map[string]any{}
	for name, value := range c.Plain {
		if slices.Contains(neverDisclosed, name) || reserved(name) || name == "iat" {
			return "", fmt.Errorf("issuing an attestation: %w: %q", ErrReserved, name)
		}
		payload[name] = value
	}
	salts, err := i.salts(count(c.Claims))
	if err != nil {
		return "", fmt.Errorf("issuing an attestation: %w", err)
	}
	hidden := concealer{salts: salts}
	if err := hidden.conceal(payload, c.Claims); err != nil {
		return "", fmt.Errorf("issuing an attestation: %w", err)
	}
	payload["iss"], payload["vct"], payload["_sd_alg"] = i.url, c.Type, "sha-256"
	payload["iat"], payload["nbf"], payload["exp"] = c.IssuedAt.Unix(), c.NotBefore.Unix(), c.Expires.Unix()
	if c.Holder != nil {
		payload["cnf"] = map[string]any{"jwk": jws.Key{Type: c.Holder.Type, Curve: c.Holder.Curve, X: c.Holder.X, Y: c.Holder.Y}}
	}
	if c.Status != nil {
		payload["status"] = map[string]any{"status_list": c.Status}
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return "", fmt.Errorf("issuing an attestation: %w", err)
	}
	signed, err := i.signer.Sign(i.random, text)
	if err != nil {
		return "", fmt.Errorf("issuing an attestation: %w", err)
	}
	return signed + "~" + hidden.disclosures.String(), nil
}

const saltSize = 16 // 128 bits, RFC 9901 §9.3

// salts are drawn at once: a call to the system costs as much as a disclosure.
func (i *Issuer) salts(n int) ([]byte, error) {
	salts := make([]byte, n*saltSize)
	if _, err := io.ReadFull(i.random, salts); err != nil {
		return nil, fmt.Errorf("salting the claims: %w", err)
	}
	return salts, nil
}

// count is the number of disclosures.
func count(claims []Claim) int {
	n := 0
	for _, claim := range claims {
		n += max(1, count(claim.Members))
	}
	return n
}

// concealer replaces claims by digests and collects their disclosures.
type concealer struct {
	salts       []byte
	disclosures strings.Builder
}

// conceal puts digests of the claims into object. Their order tells nothing:
// they are sorted.
func (h *concealer) conceal(object map[string]any, claims []Claim) error {
	digests := make([]string, 0, len(claims))
	for _, claim := range claims {
		_, taken := object[claim.Name]
		if taken || slices.Contains(neverDisclosed, claim.Name) || reserved(claim.Name) {
			return fmt.Errorf("%w: %q", ErrReserved, claim.Name)
		}
		if len(claim.Members) > 0 {
			inner := map[string]any{}
			if err := h.conceal(inner, claim.Members); err != nil {
				return err
			}
			object[claim.Name] = inner
			continue
		}
		hash, err := h.disclose(claim)
		if err != nil {
			return err
		}
		digests = append(digests, hash)
	}
	if len(digests) > 0 {
		slices.Sort(digests)
		object["_sd"] = digests
	}
	return nil
}

// disclose writes a disclosure (RFC 9901 §4.2.1) and gives its digest.
func (h *concealer) disclose(claim Claim) (string, error) {
	parts, err := json.Marshal([]any{encoding.EncodeToString(h.salts[:saltSize]), claim.Name, claim.Value})
	if err != nil {
		return "", fmt.Errorf("writing the claim %q: %w", claim.Name, err)
	}
	h.salts = h.salts[saltSize:]
	text := encoding.EncodeToString(parts)
	h.disclosures.WriteString(text)
	h.disclosures.WriteByte('~')
	return digest(text), nil
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
