package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/certs/timestamp"
	"eidgate/internal/persofile"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
)

// signLongTerm signs at level LT with the card of a PKI whose services run: a
// PDF, or any file in a container.
func signLongTerm(folder string, container bool, in, out string) error {
	p, err := pki.Open(folder, pki.Options{})
	if err != nil {
		return err
	}
	defer p.Close()
	card, err := firstCard(p)
	if err != nil {
		return err
	}
	key, cert, err := readPair(card.Signing)
	if err != nil {
		return err
	}
	store, err := certs.LoadStore(p.TrustDir())
	if err != nil {
		return err
	}
	from, size, to, err := openFiles(in, out)
	if err != nil {
		return err
	}
	defer from.Close()
	defer to.Close()
	chain, stamps := []*x509.Certificate{p.IssuingCA()}, &timestamp.Client{URL: p.URL("/tsa")}
	online := &certs.Verifier{Store: store, Revocation: &ocsp.Client{}}
	if container {
		_, err = asic.Sign(context.Background(), []asic.File{{Name: "in.pdf", Content: from, Size: size}}, to, key, asic.Options{
			Certificate: cert, Chain: chain, Time: time.Now(), Timestamper: stamps, Evidence: asic.Online{Verifier: online},
		})
	} else {
		_, err = pades.Sign(context.Background(), from, size, to, key, pades.Options{
			Certificate: cert, Chain: chain, Time: time.Now(), Timestamper: stamps, Evidence: pades.Online{Verifier: online},
		})
	}
	return errors.Join(err, to.Close())
}

func readPair(p persofile.Pair) (crypto.Signer, *x509.Certificate, error) {
	certBlock, _ := pem.Decode([]byte(p.Certificate))
	keyBlock, _ := pem.Decode([]byte(p.Key))
	if certBlock == nil || keyBlock == nil {
		return nil, nil, errors.New("the card's key is not PEM")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, nil, fmt.Errorf("the card's key is a %T", key)
	}
	return signer, cert, nil
}
