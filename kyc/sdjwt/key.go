package sdjwt

import (
	"crypto"

	"eidgate/internal/jws"
)

// Key is a holder's public key as a JWK, EC on P-256 (RFC 7518 §6.2).
type Key = jws.Key

// KeyOf writes a public key as a JWK; it refuses other curves.
func KeyOf(public crypto.PublicKey) (Key, error) { return jws.KeyOf(public) }
