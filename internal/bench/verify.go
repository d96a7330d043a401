package main

import (
	"crypto/sha256"
	"errors"
	"io"
	"os"

	legacy "github.com/digitorus/pdfsign/verify"
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
