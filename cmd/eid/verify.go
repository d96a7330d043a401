package main

import (
	"context"
	"crypto/ecdh"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"eidgate/sign"
)

type verifyCommand struct {
	Trust   string   `placeholder:"DIR" help:"Folder of trust anchors."`
	JSON    bool     `xor:"format" help:"Print each report as JSON."`
	XML     bool     `name:"xml" xor:"format" help:"Print the ETSI TS 119 102-2 validation report of one file."`
	Content string   `placeholder:"FILE" help:"The document that a detached signature is about (default: its name without .p7s)."`
	Offline bool     `help:"Do not ask for revocation answers that the document does not carry."`
	Files   []string `arg:"" name:"FILE" help:"Signed PDFs and containers, or a detached signature (.p7s) and its document."`
}

// Run prints a report per file; the exit code is that of the worst.
func (c *verifyCommand) Run(ctx context.Context, a *app) error {
	if err := c.detachedPair(); err != nil {
		return err
	}
	if c.XML && len(c.Files) > 1 {
		return fmt.Errorf("%w: --xml is about one file, an XML document has one root", errUsage)
	}
	store, err := a.loadTrust(c.Trust)
	if err != nil {
		return err
	}
	trust := sign.Trust{Store: store, Now: a.now}
	if !c.Offline {
		trust.Revocation = newServices(store).revocation
	}
	var codes []int
	for _, file := range c.Files {
		report, err := verifyFile(ctx, file, c.Content, trust)
		if err != nil {
			if len(c.Files) == 1 {
				return err
			}
			printError(a.err, fmt.Errorf("%s: %w", file, err))
			codes = append(codes, exitCode(err))
			continue
		}
		if err := c.print(a, report); err != nil {
			return err
		}
		codes = append(codes, verdictExit(report))
	}
	if exit := worst(codes...); exit != exitOK {
		return verdictError(exit)
	}
	return nil
}

// prepareCurve has the tables of P-384 made, which eID cards and their
// authorities sign with. The first signature verified would wait for them, an
// eighth of the time of a verification; the key is no secret and of no use.
func prepareCurve() {
	one := make([]byte, 48)
	one[47] = 1
	if key, err := ecdh.P384().NewPrivateKey(one); err == nil {
		_ = key.PublicKey()
	}
}

// detachedPair takes "FILE.p7s FILE" for a detached signature and its document.
func (c *verifyCommand) detachedPair() error {
	if c.Content != "" && len(c.Files) > 1 {
		return fmt.Errorf("%w: --content is about one detached signature", errUsage)
	}
	if len(c.Files) == 2 && isDetached(c.Files[0], "") && !isDetached(c.Files[1], "") {
		c.Content, c.Files = c.Files[1], c.Files[:1]
	}
	return nil
}

func verifyFile(ctx context.Context, file, content string, trust sign.Trust) (*sign.Report, error) {
	if isDetached(file, content) {
		return verifyDetached(ctx, file, content, trust)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	report, err := validate(ctx, f, info.Size(), trust)
	if err != nil {
		return nil, err
	}
	report.Document.Name = filepath.Base(file)
	return report, nil
}

func (c *verifyCommand) print(a *app, report *sign.Report) error {
	if c.XML {
		text, err := report.XML()
		if err != nil {
			return err
		}
		_, err = a.out.Write(text)
		return err
	}
	if !c.JSON {
		_, err := fmt.Fprint(a.out, report.Painted(a.paint()))
		return err
	}
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(report)
}

// verdictExit is the exit code of a report. A document without a signature is
// not valid.
func verdictExit(report *sign.Report) int {
	switch {
	case report.Valid():
		return exitOK
	case report.Indication == sign.Indeterminate:
		return exitIndeterminate
	default:
		return exitNotValid
	}
}
