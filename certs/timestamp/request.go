package timestamp

import (
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Request is TimeStampReq (RFC 3161 §2.4.1).
type Request struct {
	Imprint      Imprint
	Policy       asn1.ObjectIdentifier // nil leaves it to the authority
	Nonce        *big.Int              // nil for none
	Certificates bool                  // certReq: send the authority's certificate
	Extensions   []pkix.Extension
}

// ErrRequest is what a request that is not RFC 3161 within our limits is.
var ErrRequest = errors.New("the time-stamp request is not one of RFC 3161 within our limits")

var tagRequestExtensions = cbasn1.Tag(0).ContextSpecific().Constructed()

// NewRequest asks for a token about a digest made with a SHA-2 hash, with the
// authority's certificate in it.
func NewRequest(hash crypto.Hash, digest []byte, nonce *big.Int) (*Request, error) {
	imprint, err := newImprint(hash, digest)
	if err != nil {
		return nil, err
	}
	if !imprint.fits() {
		return nil, ErrRequest
	}
	return &Request{Imprint: imprint, Nonce: nonce, Certificates: true}, nil
}

// Marshal encodes the request.
func (r *Request) Marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		r.Imprint.add(b)
		if r.Policy != nil {
			b.AddASN1ObjectIdentifier(r.Policy)
		}
		if r.Nonce != nil {
			b.AddASN1BigInt(r.Nonce)
		}
		if r.Certificates {
			b.AddASN1Boolean(true)
		}
	})
	return b.Bytes()
}

// ParseRequest reads a request strictly. Whether it can be served (algorithm,
// policy, extensions) is for the authority to say.
func ParseRequest(der []byte) (*Request, error) {
	s := cryptobyte.String(der)
	var seq, extensions cryptobyte.String
	var version int64
	var extended bool
	r := new(Request)
	if len(der) > maxRequestBytes || !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !s.Empty() ||
		!seq.ReadASN1Integer(&version) || version != 1 || !readImprint(&seq, &r.Imprint) {
		return nil, ErrRequest
	}
	if seq.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) && !seq.ReadASN1ObjectIdentifier(&r.Policy) {
		return nil, ErrRequest
	}
	if !readOptionalInteger(&seq, &r.Nonce) {
		return nil, ErrRequest
	}
	if seq.PeekASN1Tag(cbasn1.BOOLEAN) && !seq.ReadASN1Boolean(&r.Certificates) {
		return nil, ErrRequest
	}
	if !seq.ReadOptionalASN1(&extensions, &extended, tagRequestExtensions) || !seq.Empty() ||
		(extended && !readExtensions(extensions, &r.Extensions)) {
		return nil, ErrRequest
	}
	return r, nil
}
