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
	"eidgate/sign/pades/systemfont"
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

// Showing the signature on page 2, with a font of this machine for characters
// that the built-in one lacks.
func ExampleVisible() {
	visible := func(ctx context.Context, in, out *os.File, size int64, key crypto.Signer, o pades.Options) error {
		o.Reason = "Nõus / 동의합니다"
		o.Visible = &pades.Visible{Page: 2, Rect: pades.Rect{Left: 50, Bottom: 50, Width: 200, Height: 60}, Frame: true}
		missing, err := o.MissingCharacters()
		if err != nil {
			return err
		}
		found, err := systemfont.Find(ctx, os.DirFS("/"), missing)
		if err != nil {
			return err
		}
		for _, f := range found {
			o.Visible.Fonts = append(o.Visible.Fonts, f.Font)
		}
		_, err = pades.Sign(ctx, in, size, out, key, o) // what is still missing is refused before the key is used
		return err
	}
	_ = visible
}

// Signing the empty field "Here", drawn where the author of the form put it.
func ExampleOptions_field() {
	ca := newCA(new(testing.T))
	form := shapes()["form is an object"]
	_, err := pades.Prepare(context.Background(), bytes.NewReader(form), int64(len(form)), pades.Options{
		Certificate: ca.ec256.cert, Time: time.Now(), Field: "Here", Visible: &pades.Visible{Labels: pades.LabelsFor("et")},
	})
	fmt.Println(err)
	// Output: <nil>
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
