package main

import (
	"context"
	"crypto"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/digitorus/pdf"
	legacy "github.com/digitorus/pdfsign/sign"

	"eidgate/sign/pades"
)

// childCommand is the first argument of the processes that are measured.
const childCommand = "measured-child"

// runChild does one task: NAME KEY CERT IN OUT, or document SIZE OUT.
func runChild(args []string) error {
	if len(args) == 3 && args[0] == "document" {
		size, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return err
		}
		return writeDocument(args[2], size)
	}
	if len(args) != 5 {
		return fmt.Errorf("%d arguments for a child", len(args))
	}
	c, in, out := credential{key: args[1], cert: args[2]}, args[3], args[4]
	switch args[0] {
	case "floor":
		return copyAndHash(in, out)
	case "library":
		return signWithLibrary(c, in, out)
	case "pdfsign":
		return signWithPDFSign(c, in, out)
	}
	return fmt.Errorf("no task %q", args[0])
}

// copyAndHash reads a file once, hashes it and writes it: what no signer can
// do without.
func copyAndHash(in, out string) error {
	from, err := os.Open(in)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Create(out)
	if err != nil {
		return err
	}
	defer to.Close()
	h := sha256.New()
	// Only the interface: the kernel must not copy what the hash has to see.
	w := struct{ io.Writer }{io.MultiWriter(to, h)}
	if _, err := io.CopyBuffer(w, struct{ io.Reader }{from}, make([]byte, 256<<10)); err != nil {
		return err
	}
	_ = h.Sum(nil)
	return to.Close()
}

func signWithLibrary(c credential, in, out string) error {
	key, cert, err := c.load()
	if err != nil {
		return err
	}
	from, err := os.Open(in)
	if err != nil {
		return err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return err
	}
	to, err := os.Create(out)
	if err != nil {
		return err
	}
	defer to.Close()
	_, err = pades.Sign(context.Background(), from, info.Size(), to, key, pades.Options{Certificate: cert, Time: time.Now()})
	if err != nil {
		return err
	}
	return to.Close()
}

func signWithPDFSign(c credential, in, out string) error {
	key, cert, err := c.load()
	if err != nil {
		return err
	}
	from, err := os.Open(in)
	if err != nil {
		return err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return err
	}
	reader, err := pdf.NewReader(from, info.Size())
	if err != nil {
		return err
	}
	to, err := os.Create(out)
	if err != nil {
		return err
	}
	defer to.Close()
	data := legacy.SignData{Signer: key, Certificate: cert, DigestAlgorithm: crypto.SHA256}
	data.Signature.CertType = legacy.ApprovalSignature
	data.Signature.Info.Date = time.Now()
	if err := legacy.Sign(from, to, reader, info.Size(), data); err != nil {
		return err
	}
	return to.Close()
}
