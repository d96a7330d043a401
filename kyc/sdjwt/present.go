package sdjwt

import (
	"crypto"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"eidgate/internal/jws"
)

// Present keeps the disclosures of the named claims and leaves the others out.
// A member of an object is named by its own name.
func Present(attestation string, names ...string) (string, error) {
	signed, disclosures, _, err := split(attestation)
	if err != nil {
		return "", fmt.Errorf("presenting an attestation: %w", err)
	}
	var kept strings.Builder
	kept.WriteString(signed + "~")
	for _, text := range disclosures {
		d, err := parseDisclosure(text)
		if err != nil {
			return "", fmt.Errorf("presenting an attestation: %w", err)
		}
		for _, name := range names {
			if d.name == name {
				kept.WriteString(text + "~")
				break
			}
		}
	}
	return kept.String(), nil
}

// binding is a key binding JWT's payload (RFC 9901 §4.3).
type binding struct {
	IssuedAt int64  `json:"iat"`
	Audience string `json:"aud"`
	Nonce    string `json:"nonce"`
	Hash     string `json:"sd_hash"`
}

// Bind ends a presentation with the holder's proof for one verifier and nonce.
func Bind(presentation string, holder crypto.Signer, audience, nonce string, now time.Time, random io.Reader) (string, error) {
	signer, err := jws.NewSigner(holder, TypeKeyBinding, "", nil)
	if err != nil {
		return "", fmt.Errorf("binding a presentation: %w", err)
	}
	payload, err := json.Marshal(binding{IssuedAt: now.Unix(), Audience: audience, Nonce: nonce, Hash: digest(presentation)})
	if err != nil {
		return "", fmt.Errorf("binding a presentation: %w", err)
	}
	proof, err := signer.Sign(random, payload)
	if err != nil {
		return "", fmt.Errorf("binding a presentation: %w", err)
	}
	return presentation + proof, nil
}
