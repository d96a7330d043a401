package pades

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/internal/cms"
)

// Message takes the signature value over [Prepared.Digest], checks it with the
// certificate and gives the CMS message. ECDSA values are DER.
func (p *Prepared) Message(signature []byte) ([]byte, error) {
	message, err := p.cms.Complete(signature)
	if err != nil {
		return nil, fmt.Errorf("completing the signature: %w", err)
	}
	return message, nil
}

// Complete reads the document again and writes the signed one. A document that
// is not the one prepared is [ErrDocumentChanged]; out has then been written in
// vain and must be thrown away.
func (p *Prepared) Complete(ctx context.Context, in io.ReaderAt, out io.Writer, message []byte) error {
	contents, err := p.contents(message)
	if err != nil {
		return err
	}
	digest, err := p.stream(ctx, in, out, contents, nil)
	if err != nil {
		return err
	}
	if !bytes.Equal(digest, p.digest) {
		return ErrDocumentChanged
	}
	return nil
}

// Patch puts the message into the file that [PrepareTo] wrote; out begins where
// that file does.
func (p *Prepared) Patch(out io.WriterAt, message []byte) error {
	contents, err := p.contents(message)
	if err != nil {
		return err
	}
	if _, err := out.WriteAt(contents, p.place.contents+1); err != nil {
		return fmt.Errorf("writing the signature: %w", err)
	}
	return nil
}

// Room is how many bytes of message fit.
func (p *Prepared) Room() int { return p.place.reserved }

// contents is the message in hexadecimal, filled with zeros. A message that is
// too long, or not over this document, is refused.
func (p *Prepared) contents(message []byte) ([]byte, error) {
	if len(message) > p.place.reserved {
		return nil, fmt.Errorf("%w: %d bytes, %d are kept", ErrReservation, len(message), p.place.reserved)
	}
	if err := p.checkMessage(message); err != nil {
		return nil, err
	}
	return p.place.fill(message), nil
}

// fill is the text of the Contents string: the message in hexadecimal, and
// zeros.
func (p *placement) fill(message []byte) []byte {
	out := make([]byte, 0, 2*p.reserved)
	out = hex.AppendEncode(out, message)
	return append(out, bytes.Repeat([]byte("0"), 2*p.reserved-len(out))...)
}

// checkMessage refuses a message made for another document.
func (p *Prepared) checkMessage(message []byte) error {
	data, err := cms.Parse(message)
	if err != nil {
		return fmt.Errorf("reading the signature: %w", err)
	}
	digest, err := signedDigest(data)
	if err != nil {
		return err
	}
	if !bytes.Equal(digest, p.digest) {
		return fmt.Errorf("%w: the signature is over another one", ErrDocumentChanged)
	}
	return nil
}

// signedDigest is the message-digest attribute of the only signer.
func signedDigest(data *cms.SignedData) ([]byte, error) {
	signer, err := data.One()
	if err != nil {
		return nil, err
	}
	value, err := signer.Signed.One(cms.OIDMessageDigest)
	if err != nil {
		return nil, err
	}
	s := cryptobyte.String(value)
	var digest cryptobyte.String
	if !s.ReadASN1(&digest, cbasn1.OCTET_STRING) || !s.Empty() {
		return nil, fmt.Errorf("reading the signature: %w: message-digest", cms.ErrMalformed)
	}
	return digest, nil
}
