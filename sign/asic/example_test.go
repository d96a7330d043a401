package asic_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/timestamp"
	"eidgate/sign"
	"eidgate/sign/asic"
)

// Sign two files with a card's key at level LT.
func ExampleSign() {
	var (
		key    crypto.Signer // from card or pkcs11
		cert   *x509.Certificate
		chain  []*x509.Certificate
		store  *certs.Store
		ctx    = context.Background()
		source = ocsp.Client{}
	)
	contract, err := os.Open("contract.pdf")
	if err != nil {
		log.Fatal(err)
	}
	defer contract.Close()
	info, err := contract.Stat()
	if err != nil {
		log.Fatal(err)
	}
	out, err := os.Create("contract.asice")
	if err != nil {
		log.Fatal(err)
	}
	defer out.Close()
	_, err = asic.Sign(ctx, []asic.File{{Name: "contract.pdf", Content: contract, Size: info.Size()}}, out, key, asic.Options{
		Certificate: cert, Chain: chain, Time: time.Now(), Roles: []string{"Director"},
		Timestamper: &timestamp.Client{URL: "http://tsa.example/"},
		Evidence:    asic.Online{Verifier: &certs.Verifier{Store: store, Revocation: &source}},
	})
	if err != nil {
		log.Fatal(err)
	}
}

// Sign from a website: the state waits in a database while the browser asks the
// card.
func ExamplePrepare() {
	var (
		files []asic.File
		cert  *x509.Certificate
		ctx   = context.Background()
		key   crypto.Signer // in the browser
	)
	p, err := asic.Prepare(ctx, files, asic.Options{Certificate: cert, Time: time.Now()})
	if err != nil {
		log.Fatal(err)
	}
	state, err := p.MarshalBinary()
	if err != nil {
		log.Fatal(err)
	}

	value, err := key.Sign(rand.Reader, p.Digest(), p.SignerOptions())
	if err != nil {
		log.Fatal(err)
	}

	if p, err = asic.Restore(state, cert); err != nil {
		log.Fatal(err)
	}
	message, err := p.Message(value)
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Write(ctx, os.Stdout, files, message); err != nil {
		log.Fatal(err)
	}
}

// Judge a container with the evidence in it.
func ExampleValidate() {
	var trust sign.Trust // a store of anchors
	in, err := os.Open("contract.asice")
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		log.Fatal(err)
	}
	report, err := asic.Validate(context.Background(), in, info.Size(), trust)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(report.Text())
}

// Sign files that never leave the browser: it tells their names, sizes and
// digests, and puts the container together.
func ExamplePrepareDetached() {
	var (
		digest []byte // SHA-256 of the file, from the browser
		cert   *x509.Certificate
		ctx    = context.Background()
		trust  sign.Trust
		value  []byte // from the card, through the browser
	)
	files := []asic.FileDigest{{Name: "contract.pdf", Size: 1234, Digest: digest}}
	p, err := asic.PrepareDetached(files, asic.Options{Certificate: cert, Time: time.Now()})
	if err != nil {
		log.Fatal(err)
	}
	message, err := p.Message(value)
	if err != nil {
		log.Fatal(err)
	}
	report, err := p.Judge(ctx, message, trust)
	if err != nil || !report.Valid() {
		log.Fatal(err)
	}
	parts, err := p.Parts(message)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("mimetype:", p.Mimetype()) // first in the ZIP archive, not compressed
	for _, part := range parts {
		fmt.Println(part.Name, len(part.Content))
	}
}
