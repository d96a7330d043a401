// Command zlint lints PEM certificates with zmap/zlint and prints what is not
// in order, one finding a line: file, severity, name of the lint.
//
// It is a module of its own so that the linter and what it needs stay out of
// the product's dependencies; tests of certs/pki build and run it.
package main

import (
	"encoding/pem"
	"fmt"
	"os"
	"slices"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

// sources are the rules for certificates of people and services. Those of the
// web (CA/Browser Forum, browsers, certificate transparency) are left out: a
// signing certificate without extended key usage looks to them like a server's.
var sources = lint.SourceList{
	lint.RFC3279, lint.RFC5280, lint.RFC5480, lint.RFC5891, lint.RFC8813, lint.EtsiEsi, lint.Community,
}

func main() {
	for _, name := range os.Args[1:] {
		if err := check(name); err != nil {
			fmt.Fprintf(os.Stderr, "zlint: %s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

func check(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return fmt.Errorf("not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Errorf("parsing the certificate: %w", err)
	}
	rules, err := lint.GlobalRegistry().Filter(lint.FilterOptions{IncludeSources: sources})
	if err != nil {
		return fmt.Errorf("choosing lints: %w", err)
	}
	var findings []string
	for lintName, result := range zlint.LintCertificateEx(cert, rules).Results {
		if result.Status >= lint.Notice {
			findings = append(findings, fmt.Sprintf("%s %s %s", name, result.Status, lintName))
		}
	}
	slices.Sort(findings)
	for _, f := range findings {
		fmt.Println(f)
	}
	return nil
}
