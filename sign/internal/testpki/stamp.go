package testpki

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/certs/timestamp"
)

// StampBy has any identity act as the time-stamp authority.
func (w *World) StampBy(tsa Identity, hash crypto.Hash, digest []byte) (*timestamp.Token, error) {
	request, err := timestamp.NewRequest(hash, digest, big.NewInt(1))
	if err != nil {
		return nil, err
	}
	request.Certificates = true
	asked, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	answered, err := w.Respond(tsa, asked)
	if err != nil {
		return nil, err
	}
	response := cryptobyte.String(answered)
	var body, status, token cryptobyte.String
	if !response.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&status, cbasn1.SEQUENCE) ||
		!body.ReadASN1Element(&token, cbasn1.SEQUENCE) {
		return nil, errors.New("the authority gave no token")
	}
	return timestamp.Parse(token)
}

// Respond answers a time-stamp request as an identity.
func (w *World) Respond(tsa Identity, request []byte) ([]byte, error) {
	authority := timestamp.Authority{
		Certificate: tsa.Cert, Key: tsa.Key, Chain: []*x509.Certificate{w.Issuer.Cert}, Policy: asn1.ObjectIdentifier{2, 999, 1},
		Accuracy: time.Second, Now: w.clock, Random: rand.Reader,
		Serial: func() (*big.Int, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.serial++
			return big.NewInt(w.serial), nil
		},
	}
	return authority.Respond(request)
}

// counting counts what a key did.
type counting struct {
	crypto.Signer
	used *int
}

func (c counting) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	*c.used++
	return c.Signer.Sign(random, digest, opts)
}
