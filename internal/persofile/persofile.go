// Package persofile is the file that personalises a simulated eID card: what
// certs/pki issues for a person and what card/sim answers with.
//
// It holds private keys and PINs in the clear and exists for demos and tests.
package persofile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// File is one card's personalisation. Dates are written as on the card,
// "02.01.2006"; keys are PKCS#8 and certificates X.509, both PEM.
type File struct {
	Card           string `json:"card"` // the kind of card: "esteid2018"
	Surname        string `json:"surname"`
	GivenNames     string `json:"given_names"`
	Sex            string `json:"sex"`         // "M", "F" or empty
	Citizenship    string `json:"citizenship"` // ISO 3166-1 alpha-3, as on the card
	Birth          string `json:"birth"`       // date and country: "08.01.1980 EST"
	PersonalCode   string `json:"personal_code"`
	DocumentNumber string `json:"document_number"`
	Expiry         string `json:"expiry"`
	PIN1           string `json:"pin1"`
	PIN2           string `json:"pin2"`
	PUK            string `json:"puk"`
	Authentication Pair   `json:"authentication"`
	Signing        Pair   `json:"signing"`
}

// Pair is a private key and the certificate issued for it.
type Pair struct {
	Key         string `json:"key"`
	Certificate string `json:"certificate"`
}

// Load reads a file strictly: an unknown field is an error.
func Load(name string) (*File, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading card personalisation: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	f := new(File)
	if err := d.Decode(f); err != nil {
		return nil, fmt.Errorf("reading card personalisation %s: %w", name, err)
	}
	return f, nil
}

// Save writes the file so that only its owner can read it.
func (f *File) Save(name string) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding card personalisation: %w", err)
	}
	if err := os.WriteFile(name, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing card personalisation: %w", err)
	}
	return nil
}
