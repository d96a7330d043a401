package cades_test

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
	"eidgate/sign/cades"
)

// Sign a document with a key that is elsewhere, at level LTA.
func ExamplePrepareContent() {
	var (
		key   crypto.Signer // from card or pkcs11
		cert  *x509.Certificate
		store *certs.Store
		ctx   = context.Background()
	)
	document, err := os.Open("contract.pdf")
	if err != nil {
		log.Fatal(err)
	}
	defer document.Close()
	p, err := cades.PrepareContent(ctx, document, cades.Options{Certificate: cert, SigningTime: time.Now()})
	if err != nil {
		log.Fatal(err)
	}
	value, err := key.Sign(rand.Reader, p.Digest(), p.Options()) // the one key operation
	if err != nil {
		log.Fatal(err)
	}
	signature, err := p.Complete(value)
	if err != nil {
		log.Fatal(err)
	}
	verifier := &certs.Verifier{Store: store, Revocation: &ocsp.Client{}}
	lift := cades.Lift{
		Timestamper: &timestamp.Client{URL: "http://tsa.example/", Verifier: verifier},
		Evidence:    cades.Online{Verifier: verifier},
	}
	signature, _, err = lift.To(ctx, signature, sign.LevelB, sign.LevelLTA)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("contract.pdf.p7s", signature, 0o600); err != nil {
		log.Fatal(err)
	}
}

// Judge a detached signature with the evidence in it.
func ExampleValidate() {
	var trust sign.Trust // a store of anchors
	signature, err := os.ReadFile("contract.pdf.p7s")
	if err != nil {
		log.Fatal(err)
	}
	document, err := os.Open("contract.pdf")
	if err != nil {
		log.Fatal(err)
	}
	defer document.Close()
	report, err := cades.Validate(context.Background(), signature, document, trust)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(report.Text())
}
