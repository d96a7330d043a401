package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/timestamp"
	"eidgate/sign"
	"eidgate/sign/pades"
)

// Signing a file at level LT with a key at hand, and checking the result.
func ExampleSign() {
	signAtHome := func(ctx context.Context, in, out *os.File, key crypto.Signer, cert, issuer *x509.Certificate, store *certs.Store, tsa string) error {
		info, err := in.Stat()
		if err != nil {
			return err
		}
		result, err := pades.Sign(ctx, in, info.Size(), out, key, pades.Options{
			Certificate: cert, Chain: []*x509.Certificate{issuer}, Time: time.Now(), Reason: "Agreed",
			Timestamper: &timestamp.Client{URL: tsa},
			Evidence:    pades.Online{Verifier: &certs.Verifier{Store: store, Revocation: &ocsp.Client{}}},
		})
		if err != nil {
			return err
		}
		report, err := result.Check(ctx, out, sign.Trust{Store: store})
		if err != nil {
			return err
		}
		fmt.Println(report.Text())
		return nil
	}
	_ = signAtHome
}

// signOnWebsite signs in two steps: between them the state is stored and the
// digest is with a browser.
func signOnWebsite(ctx context.Context, document []byte, cert *x509.Certificate, browser func(digest []byte) (signature []byte, err error), out io.Writer) error {
	in := bytes.NewReader(document)
	prepared, err := pades.Prepare(ctx, in, in.Size(), pades.Options{Certificate: cert, Time: time.Now()})
	if err != nil {
		return err
	}
	state, err := prepared.MarshalBinary()
	if err != nil {
		return err
	}
	signature, err := browser(prepared.Digest())
	if err != nil {
		return err
	}
	if prepared, err = pades.Restore(state, cert); err != nil {
		return err
	}
	message, err := prepared.Message(signature)
	if err != nil {
		return err
	}
	return prepared.Complete(ctx, in, out, message)
}

// Signing on a website: the key is behind the browser.
func Example_twoSteps() {
	ca := newCA(new(testing.T))
	browser := func(digest []byte) ([]byte, error) {
		return ca.ec256.key.Sign(rand.Reader, digest, crypto.SHA256)
	}
	var signed bytes.Buffer
	err := signOnWebsite(context.Background(), large(1000), ca.ec256.cert, browser, &signed)
	fmt.Println(err, bytes.Contains(signed.Bytes(), []byte("/SubFilter /ETSI.CAdES.detached")))
	// Output: <nil> true
}
