package sdjwt

import (
	"fmt"
	"time"

	"eidgate/internal/jws"
)

const defaultBindingAge = 5 * time.Minute

func checkBinding(holder *Key, presentation, proof string, expect Expect, now time.Time) error {
	if holder == nil || proof == "" || expect.Audience == "" || expect.Nonce == "" {
		return ErrBinding
	}
	key, err := holder.Public()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	token, err := jws.Parse(proof, TypeKeyBinding)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	if err := token.Verify(key); err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	said, made, err := readBinding(token.Payload)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	age := expect.MaxAge
	if age == 0 {
		age = defaultBindingAge
	}
	if said.Audience != expect.Audience || said.Nonce != expect.Nonce || said.Hash != digest(presentation) ||
		made.After(now.Add(Leeway)) || made.Before(now.Add(-age)) {
		return ErrBinding
	}
	return nil
}

// readBinding reads a proof's claims, each of which is required (RFC 9901 §4.3).
func readBinding(payload []byte) (said binding, made time.Time, err error) {
	o, err := jws.ReadObject(payload)
	if err != nil {
		return said, made, err
	}
	made, present, err := o.Time("iat")
	if err == nil && !present {
		err = fmt.Errorf("%w: iat is missing", ErrMalformed)
	}
	if err != nil {
		return said, made, err
	}
	return said, made, o.Texts(map[string]*string{"aud": &said.Audience, "nonce": &said.Nonce, "sd_hash": &said.Hash})
}
