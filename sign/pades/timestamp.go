package pades

import (
	"context"
	"crypto"
	"fmt"

	"eidgate/internal/cms"
	"eidgate/sign"
)

// AddTimestamp adds a signature time-stamp to a CMS message: level T, EN 319
// 122-1 §5.3. The digest algorithm of the imprint is hash, SHA-256 when zero.
func AddTimestamp(ctx context.Context, message []byte, tsa sign.Timestamper, hash crypto.Hash) ([]byte, error) {
	data, err := cms.Parse(message)
	if err != nil {
		return nil, fmt.Errorf("reading the signature: %w", err)
	}
	signer, err := data.One()
	if err != nil {
		return nil, err
	}
	if hash == 0 {
		hash = crypto.SHA256
	}
	h := hash.New()
	h.Write(signer.Signature)
	token, err := tsa.Stamp(ctx, hash, h.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("getting the time-stamp: %w", err)
	}
	stamped, err := cms.AddUnsigned(message, cms.Attribute{Type: cms.OIDSignatureTimestamp, Values: [][]byte{token.DER}})
	if err != nil {
		return nil, fmt.Errorf("adding the time-stamp: %w", err)
	}
	return stamped, nil
}
