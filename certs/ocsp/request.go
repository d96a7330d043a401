package ocsp

import (
	"crypto/x509/pkix"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Request asks for the status of one or more certificates (RFC 6960 §4.1).
type Request struct {
	IDs   []CertID
	Nonce []byte // nil for none; RFC 9654 §2.1 wants 32 octets, allows 1 to 128
}

// ErrRequest is what every malformed request is; a responder answers
// [MalformedRequest].
var ErrRequest = errors.New("the OCSP request is not one of RFC 6960 within our limits")

// Marshal encodes the request, unsigned.
func (r *Request) Marshal() ([]byte, error) {
	if len(r.IDs) == 0 || len(r.IDs) > maxRequests || len(r.Nonce) > maxNonceBytes {
		return nil, ErrRequest
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, id := range r.IDs {
					b.AddASN1(cbasn1.SEQUENCE, id.add)
				}
			})
			if r.Nonce != nil {
				addExtensions(b, tagContext2, []pkix.Extension{nonceExtension(r.Nonce)})
			}
		})
	})
	return b.Bytes()
}

// ParseRequest reads a request strictly. A signature on it is skipped: this
// package's responders serve everybody. A critical extension that is not the
// nonce makes the request one we cannot serve.
func ParseRequest(der []byte) (*Request, error) {
	if len(der) > maxRequestBytes {
		return nil, ErrRequest
	}
	s := cryptobyte.String(der)
	var req, tbs, list cryptobyte.String
	if !s.ReadASN1(&req, cbasn1.SEQUENCE) || !s.Empty() || !req.ReadASN1(&tbs, cbasn1.SEQUENCE) {
		return nil, ErrRequest
	}
	if !req.SkipOptionalASN1(tagContext0) || !req.Empty() { // optionalSignature
		return nil, ErrRequest
	}
	var version int64
	if !tbs.ReadOptionalASN1Integer(&version, tagContext0, int64(0)) || version != 0 ||
		!tbs.SkipOptionalASN1(tagContext1) || !tbs.ReadASN1(&list, cbasn1.SEQUENCE) {
		return nil, ErrRequest
	}
	r := new(Request)
	if !r.readIDs(list) || !readExplicit(&tbs, tagContext2, r.readExtensions) || !tbs.Empty() {
		return nil, ErrRequest
	}
	return r, nil
}

func (r *Request) readIDs(list cryptobyte.String) bool {
	for !list.Empty() {
		var one cryptobyte.String
		var id CertID
		if len(r.IDs) == maxRequests || !list.ReadASN1(&one, cbasn1.SEQUENCE) || !readCertID(&one, &id) {
			return false
		}
		if !one.SkipOptionalASN1(tagContext0) || !one.Empty() { // singleRequestExtensions
			return false
		}
		r.IDs = append(r.IDs, id)
	}
	return len(r.IDs) > 0
}

func (r *Request) readExtensions(s *cryptobyte.String) bool {
	var list []pkix.Extension
	if !readExtensions(s, &list) {
		return false
	}
	ext, twice := find(list, oidNonce)
	if twice {
		return false
	}
	if ext != nil {
		nonce, ok := nonceIn(ext.Value)
		if !ok {
			return false
		}
		r.Nonce = nonce
	}
	for _, e := range list {
		if e.Critical && !e.Id.Equal(oidNonce) {
			return false
		}
	}
	return true
}
