package pades

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"

	"golang.org/x/crypto/cryptobyte"

	"eidgate/internal/cms"
)

// stateMark begins every state; the last byte is the version of the format.
const stateMark = "eidgate/pades\x01"

// MarshalBinary is all that is needed to go on later: the update without its
// zeros, where the signature goes, the digest of the document and the signed
// attributes. It holds no byte of the document itself but what the update
// copies from its form and first page, and no secret.
func (p *Prepared) MarshalBinary() ([]byte, error) {
	attributes, err := p.cms.MarshalBinary()
	if err != nil {
		return nil, err
	}
	before, after := p.place.parts()
	var b cryptobyte.Builder
	b.AddBytes([]byte(stateMark))
	b.AddUint64(uint64(p.place.size))
	b.AddUint32(uint32(p.place.reserved))
	b.AddUint16(uint16(p.hash))
	for _, part := range [][]byte{p.digest, before, after, attributes} {
		b.AddUint32LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(part) })
	}
	return b.Bytes()
}

// Restore reads what MarshalBinary wrote. cert is the signer's: a state made
// for another certificate is [ErrState]. A state that was changed gives another
// digest than the one that was signed, or does not fit the document; both are
// refused when the signature is completed.
func Restore(state []byte, cert *x509.Certificate) (*Prepared, error) {
	s := cryptobyte.String(state)
	var mark []byte
	var size uint64
	var reserved uint32
	var hash uint16
	if !s.ReadBytes(&mark, len(stateMark)) || string(mark) != stateMark || !s.ReadUint64(&size) ||
		!s.ReadUint32(&reserved) || !s.ReadUint16(&hash) {
		return nil, ErrState
	}
	var parts [4]cryptobyte.String
	for i := range parts {
		if !readPart(&s, &parts[i]) {
			return nil, ErrState
		}
	}
	h := crypto.Hash(hash)
	if !s.Empty() || size > 1<<62 || reserved > 2*maxTimestampSpace || (h != crypto.SHA256 && h != crypto.SHA384 && h != crypto.SHA512) ||
		len(parts[0]) != h.Size() {
		return nil, ErrState
	}
	p := &Prepared{hash: h, digest: parts[0], place: restorePlacement(int64(size), int(reserved), parts[1], parts[2])}
	// The digest covers all but the gap, whose length the byte range tells.
	if !bytes.HasSuffix(parts[1], p.place.beforeContents()) {
		return nil, ErrState
	}
	var err error
	if p.cms, err = cms.Restore(parts[3], cert); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	return p, nil
}

func restorePlacement(size int64, reserved int, before, after []byte) *placement {
	p := &placement{size: size, reserved: reserved, contents: size + int64(len(before))}
	p.update = append(p.update, before...)
	p.update = append(p.update, '<')
	p.update = append(p.update, bytes.Repeat([]byte("0"), 2*reserved)...)
	p.update = append(p.update, '>')
	p.update = append(p.update, after...)
	return p
}

// readPart reads a part with its length before it.
func readPart(s *cryptobyte.String, out *cryptobyte.String) bool {
	var n uint32
	return s.ReadUint32(&n) && s.ReadBytes((*[]byte)(out), int(n))
}
