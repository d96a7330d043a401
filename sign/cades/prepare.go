package cades

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/sign"
)

// Options of a new signature.
type Options struct {
	// Certificate of the signer; it must be set.
	Certificate *x509.Certificate
	// Chain are issuers to send along, without the root.
	Chain []*x509.Certificate
	// Hash of document and signature: SHA-256 when zero, or SHA-384, SHA-512.
	Hash crypto.Hash
	// PSS makes an RSA key sign with RSASSA-PSS instead of PKCS #1 v1.5.
	PSS bool
	// SigningTime is the claimed time, which a detached CAdES baseline
	// signature must have and a PAdES one must not.
	SigningTime time.Time
}

// Prepared is a signature that lacks only its value; see [cms.Prepared] for
// Digest, Options, MaxSize and MarshalBinary.
type Prepared = cms.Prepared

// DefaultHash is used when Options name none.
const DefaultHash = crypto.SHA256

var errNoCertificate = errors.New("the signer's certificate is not set")

func (o *Options) hash() crypto.Hash {
	if o.Hash == 0 {
		return DefaultHash
	}
	return o.Hash
}

// Prepare makes the signed attributes over a document's digest, made with the
// hash of the options.
func Prepare(digest []byte, o Options) (*Prepared, error) {
	if o.Certificate == nil {
		return nil, errNoCertificate
	}
	return cms.Prepare(cms.Template{
		Hash: o.hash(), Digest: digest, Certificate: o.Certificate, Chain: o.Chain,
		PSS: o.PSS, SigningTime: o.SigningTime,
	})
}

// PrepareContent reads the document once, to its end, and prepares its
// signature. Memory does not grow with the document.
func PrepareContent(ctx context.Context, document io.Reader, o Options) (*Prepared, error) {
	digest, err := digestOf(ctx, document, o.hash())
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	return Prepare(digest, o)
}

// Restore continues from the state that MarshalBinary of a prepared signature
// gave. The certificate must be the one it was prepared for.
func Restore(state []byte, certificate *x509.Certificate) (*Prepared, error) {
	return cms.Restore(state, certificate)
}

// AddTimestamp lifts a signature from level B to T: it has the signature value
// stamped and adds the token (EN 319 122-1 §5.3).
func AddTimestamp(ctx context.Context, signature []byte, authority sign.Timestamper) ([]byte, *timestamp.Token, error) {
	message, err := cms.Parse(signature)
	if err != nil {
		return nil, nil, err
	}
	signer, err := message.One()
	if err != nil {
		return nil, nil, err
	}
	hash, err := signer.DigestAlgorithm.Hash()
	if err != nil {
		return nil, nil, err
	}
	h := hash.New()
	h.Write(signer.Signature)
	token, err := authority.Stamp(ctx, hash, h.Sum(nil))
	if err != nil {
		return nil, nil, fmt.Errorf("time-stamping the signature: %w", err)
	}
	stamped, err := cms.AddUnsigned(signature, cms.Attribute{Type: cms.OIDSignatureTimestamp, Values: [][]byte{token.DER}})
	return stamped, token, err
}

// digestOf hashes a stream and stops when ctx ends.
func digestOf(ctx context.Context, in io.Reader, hash crypto.Hash) ([]byte, error) {
	if !hash.Available() {
		return nil, cms.ErrUnsupported
	}
	digests, err := digestsOf(ctx, in, []crypto.Hash{hash})
	return digests[hash], err
}

// digestsOf makes all digests that are wanted in one reading.
func digestsOf(ctx context.Context, in io.Reader, hashes []crypto.Hash) (map[crypto.Hash][]byte, error) {
	sums := map[crypto.Hash]hash.Hash{}
	for _, h := range hashes {
		if h.Available() && sums[h] == nil {
			sums[h] = h.New()
		}
	}
	buffer := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := in.Read(buffer)
		for _, sum := range sums {
			sum.Write(buffer[:n])
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	out := map[crypto.Hash][]byte{}
	for h, sum := range sums {
		out[h] = sum.Sum(nil)
	}
	return out, nil
}
