package ocsp_test

import (
	"context"
	"fmt"

	"eidgate/certs"
	"eidgate/certs/ocsp"
)

// A verifier that asks responders, only those of two hosts, and keeps answers
// for gateways but never for logins.
func ExampleClient() {
	client := &ocsp.Client{
		AllowHosts: []string{"aia.sk.ee", "ocsp.eidpki.ee"},
		Cache:      new(ocsp.Cache),
	}
	verifier := certs.Verifier{Revocation: client}
	_, err := verifier.Verify(context.Background(), certs.Request{Purpose: certs.Authentication})
	fmt.Println(err)
	// Output: no trust store is set
}
