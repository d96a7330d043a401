package cades

import (
	"crypto/x509"

	"eidgate/internal/cms"
	"eidgate/sign"
)

// materialOf is what a message was judged by, as far as the judging came.
func materialOf(message *cms.SignedData, r *cms.Result) (m sign.Material) {
	if r.Signer == nil {
		return m
	}
	m.Value, m.Method = r.Signer.Signature, r.Signer.MethodURI()
	if r.Certificate != nil {
		m.Path = []*x509.Certificate{r.Certificate}
	}
	if !r.Hash.Available() {
		return m
	}
	m.Hash = r.Hash
	if signed, err := r.Signer.ToBeSigned(); err == nil {
		h := r.Hash.New()
		h.Write(signed)
		m.ToBeSigned = h.Sum(nil)
	}
	if digest, err := signedDigest(message); err == nil {
		m.Documents = []sign.DocumentDigest{{Hash: r.Hash, Digest: digest}}
	}
	return m
}
