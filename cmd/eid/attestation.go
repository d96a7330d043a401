package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"eidgate/internal/fault"
	"eidgate/kyc/client"
	"eidgate/kyc/sdjwt"
)

type attestationCommands struct {
	Verify attestationVerifyCommand `cmd:"" help:"Verify an attestation (SD-JWT VC), offline unless --status is given."`
}

type attestationVerifyCommand struct {
	Trust  string   `help:"Folder of the issuers' trust anchors." placeholder:"DIR" type:"path"`
	Type   []string `required:"" help:"Type (vct) to accept; may be given again." placeholder:"URL"`
	Status bool     `help:"Ask the issuer's status list whether the attestation was revoked, and the issuer's authority about its certificate."`
	CA     string   `name:"tls-ca" help:"Certificates to trust for that connection, PEM, besides the system's." placeholder:"FILE" type:"path"`
	JSON   bool     `name:"json" help:"Print the claims as JSON."`
	File   string   `arg:"" help:"File with the attestation." type:"path"`
}

// Run prints what the attestation says, and its exit code says whether to
// believe it.
func (c *attestationVerifyCommand) Run(ctx context.Context, a *app) error {
	text, err := readAtMost(c.File, sdjwt.MaxText)
	if err != nil {
		return err
	}
	verifier, err := c.verifier(a)
	if err != nil {
		return err
	}
	verified, err := verifier.Verify(ctx, strings.TrimSpace(string(text)), sdjwt.Expect{})
	if err != nil {
		return err
	}
	if c.Status {
		if err := verifier.Check(ctx, verified); err != nil {
			return err
		}
	}
	return c.print(a, verified)
}

func (c *attestationVerifyCommand) verifier(a *app) (*client.Verifier, error) {
	store, err := a.loadTrust(c.Trust)
	if err != nil {
		return nil, err
	}
	options := client.VerifierOptions{Store: store, Types: c.Type, Now: a.now}
	if c.Status {
		options.Revocation = newServices(store).revocation
	}
	if c.CA != "" {
		if options.HTTP, err = clientTrusting(c.CA); err != nil {
			return nil, err
		}
	}
	return client.NewVerifier(options)
}

const statusTimeout = 10 * time.Second

// clientTrusting makes an HTTP client that believes one more authority.
func clientTrusting(file string) (*http.Client, error) {
	text, err := readAtMost(file, 1<<20)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading %s: %w", plain(file), errNoCertificates)
	}
	return &http.Client{
		Timeout:       statusTimeout,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

var errNoCertificates = fault.New("usage.no-certificates", "the file has no certificates", "Give a PEM file.")

func (c *attestationVerifyCommand) print(a *app, verified *sdjwt.Verified) error {
	if c.JSON {
		return writeJSON(a, map[string]any{
			"issuer": verified.Issuer, "type": verified.Type, "expires": verified.Expires, "claims": verified.Claims,
			"status_checked": c.Status, "holder_bound": verified.Holder != nil,
		})
	}
	fmt.Fprintf(a.out, "VALID: attested by %s until %s\n", plain(verified.Issuer), day(verified.Expires))
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(verified.Claims)) {
		fmt.Fprintf(w, "  %s\t%s\n", plain(name), plain(claimText(verified.Claims[name])))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if verified.Holder != nil {
		fmt.Fprintln(a.out, "  It is bound to a key of its holder. That who gave it has the key was not proven.")
	}
	if !c.Status {
		fmt.Fprintln(a.out, "  Whether it was revoked was not asked: --status does.")
	}
	return nil
}

// claimText is a claim on one line.
func claimText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
