package pki_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"eidgate/certs/pki"
)

// Make a PKI, issue a card, and take the card's signing certificate back.
func Example() {
	parent, err := os.MkdirTemp("", "pki-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	p, err := pki.Init(filepath.Join(parent, "pki"), pki.Options{Listen: "127.0.0.1:8890"})
	if err != nil {
		log.Print(err)
		return
	}
	defer p.Close()

	card, err := p.Issue(pki.Applicant{Surname: "ÕUNAPUU", GivenNames: "ŽANNA", Code: "38001085718"})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(card.Surname, card.DocumentNumber)

	list, err := p.List()
	if err != nil {
		log.Print(err)
		return
	}
	signing := list[len(list)-1]
	if err := p.Revoke(signing.Serial, "key-compromise"); err != nil {
		log.Print(err)
		return
	}
	fmt.Println(signing.Profile, "revoked")
	// Output:
	// ÕUNAPUU N0000002
	// signing revoked
}
