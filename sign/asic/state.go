package asic

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eidgate/sign/xades"
)

// stateMark names the format of stored states.
const stateMark = "eidgate/asic/1"

type state struct {
	Mark      string    `json:"state"`
	Kind      Kind      `json:"kind"`
	Hash      uint      `json:"hash"`
	When      time.Time `json:"when"`
	Existing  bool      `json:"existing"`
	Detached  bool      `json:"detached,omitempty"`
	CAdES     bool      `json:"cades"`
	Name      string    `json:"name"`
	Files     []entry   `json:"files"`
	Extra     []extra   `json:"extra"`
	Signature []byte    `json:"signature"`
}

// MarshalBinary is all that is needed to go on later: names, sizes and digests
// of the files, and the signature without its value. It holds no content and no
// secret.
func (p *Prepared) MarshalBinary() ([]byte, error) {
	inner, err := p.inner.MarshalBinary()
	if err != nil {
		return nil, err
	}
	return json.Marshal(state{
		stateMark, p.kind, uint(p.hash), p.when, p.existing, p.detached, p.cades, p.name, p.files, p.extra, inner,
	})
}

// Restore reads what MarshalBinary wrote. cert is the signer's: a state made
// for another certificate is [ErrState], and so is one whose parts do not belong
// together.
func Restore(stored []byte, cert *x509.Certificate) (*Prepared, error) {
	decoder := json.NewDecoder(bytes.NewReader(stored))
	decoder.DisallowUnknownFields()
	var s state
	if err := decoder.Decode(&s); err != nil || s.Mark != stateMark || decoder.More() {
		return nil, ErrState
	}
	p := &Prepared{kind: s.Kind, hash: crypto.Hash(s.Hash), when: s.When, existing: s.Existing, detached: s.Detached, cades: s.CAdES, name: s.Name, files: s.Files}
	if kindOf(p.kind.mediaType()) != p.kind || !p.hash.Available() {
		return nil, ErrState
	}
	if p.cades {
		p.extra = s.Extra
		return p, p.restoreCAdES(s.Signature, cert)
	}
	inner, err := xades.Restore(s.Signature, cert)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	p.inner = inner
	if err := p.checkMessage(s.Signature); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	return p, p.restoreManifest(s.Extra)
}

// restoreManifest sees that the stored list of files is the one that the files
// give; a container that is there has its own.
func (p *Prepared) restoreManifest(stored []extra) error {
	if !p.existing {
		p.addManifest()
	}
	if !slices.EqualFunc(p.extra, stored, func(a, b extra) bool { return a.Name == b.Name && bytes.Equal(a.Content, b.Content) }) {
		return ErrState
	}
	return nil
}
