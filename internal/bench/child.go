package main

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/digitorus/pdf"
	legacy "github.com/digitorus/pdfsign/sign"

	"eidgate/certs"
	"eidgate/sign"
	"eidgate/sign/pades"
)

// childCommand is the first argument of the processes that are measured.
const childCommand = "measured-child"

// runChild does one task.
func runChild(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("%d arguments for a child", len(args))
	}
	task, rest := args[0], args[1:]
	switch {
	case task == "document" && len(rest) == 2: // SIZE OUT
		size, err := strconv.ParseInt(rest[0], 10, 64)
		if err != nil {
			return err
		}
		return writeDocument(rest[1], size)
	case task == cardsTask && len(rest) == 1: // DIR
		return measureCards(rest[0], os.Stdout)
	case task == "serve" && len(rest) == 2: // PKI OUT
		return serve(rest[0], rest[1], os.Stdin, os.Stdout)
	case task == warmTask && len(rest) == 1: // TRUST
		return answerWarm(rest[0], os.Stdin, os.Stdout)
	case (task == "long-term" || task == "container") && len(rest) == 3: // PKI IN OUT
		return signLongTerm(rest[0], task == "container", rest[1], rest[2])
	case task == "hash" && len(rest) == 1: // IN
		return hashFile(rest[0])
	case task == "pdfsign-verify" && len(rest) == 1: // IN
		return verifyWithPDFSign(rest[0])
	case len(rest) == 4: // KEY CERT IN OUT
		return runSigner(task, credential{key: rest[0], cert: rest[1]}, rest[2], rest[3])
	}
	return fmt.Errorf("no task %q with %d arguments", task, len(rest))
}

func runSigner(task string, c credential, in, out string) error {
	switch task {
	case "floor":
		return copyAndHash(in, out)
	case "library":
		return signWithLibrary(c, in, out, "")
	case "checked":
		return signWithLibrary(c, in, out, filepath.Join(filepath.Dir(c.cert), trustFolder))
	case "pdfsign":
		return signWithPDFSign(c, in, out)
	}
	return fmt.Errorf("no task %q", task)
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

// signWithLibrary signs; with a trust folder it checks the result too, as eid
// does.
func signWithLibrary(c credential, in, out, trust string) error {
	key, cert, err := c.load()
	if err != nil {
		return err
	}
	from, size, to, err := openFiles(in, out)
	if err != nil {
		return err
	}
	defer from.Close()
	defer to.Close()
	r, err := pades.Sign(context.Background(), from, size, to, key, pades.Options{Certificate: cert, Time: time.Now()})
	if err != nil || trust == "" {
		return errors.Join(err, to.Close())
	}
	store, err := certs.LoadStore(trust)
	if err != nil {
		return err
	}
	report, err := r.Check(context.Background(), to, sign.Trust{Store: store, Now: time.Now})
	if err != nil {
		return err
	}
	if len(report.Signatures) != 1 || report.Signatures[0].Indication == sign.TotalFailed {
		return errors.New(report.Text())
	}
	return to.Close()
}

func openFiles(in, out string) (from *os.File, size int64, to *os.File, err error) {
	if from, err = os.Open(in); err != nil {
		return nil, 0, nil, err
	}
	info, err := from.Stat()
	if err == nil {
		to, err = os.OpenFile(out, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	}
	if err != nil {
		from.Close()
		return nil, 0, nil, err
	}
	return from, info.Size(), to, nil
}

func signWithPDFSign(c credential, in, out string) error {
	key, cert, err := c.load()
	if err != nil {
		return err
	}
	from, size, to, err := openFiles(in, out)
	if err != nil {
		return err
	}
	defer from.Close()
	defer to.Close()
	reader, err := pdf.NewReader(from, size)
	if err != nil {
		return err
	}
	data := legacy.SignData{Signer: key, Certificate: cert, DigestAlgorithm: crypto.SHA256}
	data.Signature.CertType = legacy.ApprovalSignature
	data.Signature.Info.Date = time.Now()
	if err := legacy.Sign(from, to, reader, size, data); err != nil {
		return err
	}
	return to.Close()
}
