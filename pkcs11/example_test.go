package pkcs11_test

import (
	"context"
	"crypto"
	"crypto/sha512"
	"crypto/x509"
	"fmt"
	"os"

	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

// Signing with the document-signing key of the card with this number, through
// OpenSC. The PIN comes from standard input when the card wants it.
func ExampleFindKey() {
	prompt := pin.SourceFunc(func(_ context.Context, r pin.Request) (*pin.Buffer, error) {
		fmt.Fprintf(os.Stderr, "%s of %s, %d tries left: ", r.Label, r.Token, r.Left)
		return pin.Read(os.Stdin)
	})
	key, err := pkcs11.FindKey(context.Background(), "pkcs11:serial=AS0010001?module-name=opensc-pkcs11",
		pkcs11.Options{PINs: prompt, KeyUsage: x509.KeyUsageContentCommitment})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer key.Close()
	digest := sha512.Sum384([]byte("what is signed"))
	signature, err := key.Sign(nil, digest[:], crypto.SHA384)
	fmt.Println(len(signature), err)
}
