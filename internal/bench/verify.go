package main

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	legacy "github.com/digitorus/pdfsign/verify"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/certs/timestamp"
	"eidgate/internal/persofile"
	"eidgate/sign/pades"
)

// hashFile is what no validator can do without.
func hashFile(in string) error {
	from, err := os.Open(in)
	if err != nil {
		return err
	}
	defer from.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{from}, make([]byte, 256<<10)); err != nil {
		return err
	}
	_ = h.Sum(nil)
	return nil
}

func verifyWithPDFSign(in string) error {
	from, err := os.Open(in)
	if err != nil {
		return err
	}
	defer from.Close()
	response, err := legacy.VerifyFile(from)
	if err != nil {
		return err
	}
	if len(response.Signers) != 1 || !response.Signers[0].ValidSignature {
		return errors.New("pdfsign does not find the signature valid")
	}
	return nil
}

// signLongTerm signs at level LT with the card of a demonstration PKI, made in
// dir when there is none, whose services run meanwhile.
func signLongTerm(dir, in, out string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p, err := pki.Init(dir, pki.Options{Listen: l.Addr().String()})
	if err != nil {
		return err
	}
	defer p.Close()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.ServeListener(ctx, l, nil) }()
	err = signWithPKI(ctx, p, in, out)
	stop()
	return errors.Join(err, <-done)
}

func signWithPKI(ctx context.Context, p *pki.PKI, in, out string) error {
	cards, err := filepath.Glob(filepath.Join(p.CardsDir(), "*.json"))
	if err != nil || len(cards) == 0 {
		return fmt.Errorf("the PKI made no card (%w)", err)
	}
	card, err := persofile.Load(cards[0])
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
	_, err = pades.Sign(ctx, from, size, to, key, pades.Options{
		Certificate: cert, Chain: []*x509.Certificate{p.IssuingCA()}, Time: time.Now(),
		Timestamper: &timestamp.Client{URL: p.URL("/tsa")},
		Evidence:    pades.Online{Verifier: &certs.Verifier{Store: store, Revocation: &ocsp.Client{}}},
	})
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
