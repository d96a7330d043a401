package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/internal/fault"
	"eidgate/internal/persofile"
)

type pkiCommands struct {
	Init    pkiInit    `cmd:"" help:"Make a PKI in an empty folder, with one card for an invented person."`
	Serve   pkiServe   `cmd:"" help:"Run its OCSP responders, time-stamp authority, revocation lists and certificates."`
	Issue   pkiIssue   `cmd:"" help:"Issue a card: two keys, two certificates, PINs."`
	List    pkiList    `cmd:"" help:"List all certificates."`
	Revoke  pkiRevoke  `cmd:"" help:"Revoke a certificate for good."`
	Suspend pkiSuspend `cmd:"" help:"Suspend a certificate."`
	Release pkiRelease `cmd:"" help:"Take a suspension back."`
	Outage  pkiOutage  `cmd:"" help:"Make a service show a fault on purpose, to try out what depends on it."`
}

type pkiInit struct {
	Dir    string `arg:"" help:"Folder to make."`
	Listen string `help:"Loopback address of its services, written into every certificate." default:"${listen}" placeholder:"ADDR"`
}

func (c *pkiInit) Run(a *app) error {
	p, err := pki.Init(c.Dir, pki.Options{Listen: c.Listen, Log: a.log})
	if err != nil {
		return err
	}
	defer p.Close()
	fmt.Fprintf(a.out, "PKI made in %s\n  trust anchor  %s\n  cards         %s\nStart it with: eidgate pki serve %s\n", c.Dir, p.TrustDir(), p.CardsDir(), c.Dir)
	return nil
}

type pkiServe struct {
	Dir string `arg:"" help:"Folder of the PKI."`
}

func (c *pkiServe) Run(a *app) error {
	return withPKI(a, c.Dir, func(p *pki.PKI) error {
		return p.Serve(a.ctx, func() {
			fmt.Fprintf(a.out, "OCSP responder         %s\nTime-stamp authority   %s\nRevocation lists       %s %s\nAuthorities            %s %s\nready\n",
				p.URL("/ocsp"), p.URL("/tsa"), p.URL("/crl/issuing.crl"), p.URL("/crl/root.crl"), p.URL("/ca/issuing.cer"), p.URL("/ca/root.cer"))
		})
	})
}

type pkiIssue struct {
	Dir         string `arg:"" help:"Folder of the PKI."`
	Surname     string `required:"" help:"Surname, in any script."`
	Given       string `required:"" help:"Given names, in any script."`
	Code        string `required:"" help:"Personal code."`
	Country     string `help:"Country of the personal code, two letters." default:"EE"`
	Citizenship string `help:"Citizenship, three letters." default:"EST"`
	Kind        string `help:"Kind of document, such as e-resident-digital-id or id-card." default:"e-resident-digital-id"`
	Output      string `short:"o" help:"File for the card; without it, the cards folder of the PKI." placeholder:"FILE"`
}

var errFileExists = fault.New("pki.file-exists", "the file is there already", "Choose another file: a card is never written over another one.")

func (c *pkiIssue) Run(a *app) error {
	var kind certs.DocumentKind
	if err := kind.UnmarshalText([]byte(c.Kind)); err != nil {
		return fmt.Errorf("%w: %w", pki.ErrBadPerson, err)
	}
	applicant := pki.Applicant{
		Surname: c.Surname, GivenNames: c.Given, Code: c.Code, Country: c.Country, Citizenship: c.Citizenship, Kind: kind,
	}
	return withPKI(a, c.Dir, func(p *pki.PKI) error {
		name, err := c.issue(p, applicant)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "card written to %s (PIN1 1234, PIN2 12345, PUK 12345678)\n", name)
		return nil
	})
}

func (c *pkiIssue) issue(p *pki.PKI, applicant pki.Applicant) (string, error) {
	if c.Output == "" {
		_, name, err := p.IssueCard(applicant)
		return name, err
	}
	if _, err := os.Stat(c.Output); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s", errFileExists, c.Output)
	}
	var f *persofile.File
	f, err := p.Issue(applicant)
	if err != nil {
		return "", err
	}
	return c.Output, f.Save(c.Output)
}

type pkiList struct {
	Dir string `arg:"" help:"Folder of the PKI."`
}

func (c *pkiList) Run(a *app) error {
	return withPKI(a, c.Dir, func(p *pki.PKI) error {
		list, err := p.List()
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SERIAL\tSTATUS\tSINCE\tPROFILE\tSUBJECT")
		for _, l := range list {
			subject := ""
			if l.Certificate != nil {
				subject = l.Certificate.Subject.CommonName
			}
			fmt.Fprintln(w, strings.Join([]string{l.Serial, string(l.Status), l.Since.UTC().Format(time.DateTime), l.Profile, subject}, "\t"))
		}
		return w.Flush()
	})
}

type pkiRevoke struct {
	Dir    string `arg:"" help:"Folder of the PKI."`
	Serial string `arg:"" help:"Serial number, hexadecimal."`
	Reason string `help:"key-compromise, affiliation-changed, superseded, cessation-of-operation or privilege-withdrawn."`
}

func (c *pkiRevoke) Run(a *app) error {
	return change(a, c.Dir, c.Serial, "revoked", func(p *pki.PKI) error { return p.Revoke(c.Serial, c.Reason) })
}

type pkiSuspend struct {
	Dir    string `arg:"" help:"Folder of the PKI."`
	Serial string `arg:"" help:"Serial number, hexadecimal."`
}

func (c *pkiSuspend) Run(a *app) error {
	return change(a, c.Dir, c.Serial, "suspended", func(p *pki.PKI) error { return p.Suspend(c.Serial) })
}

type pkiRelease struct {
	Dir    string `arg:"" help:"Folder of the PKI."`
	Serial string `arg:"" help:"Serial number, hexadecimal."`
}

func (c *pkiRelease) Run(a *app) error {
	return change(a, c.Dir, c.Serial, "released", func(p *pki.PKI) error { return p.Release(c.Serial) })
}

type pkiOutage struct {
	Dir     string `arg:"" help:"Folder of the PKI."`
	Service string `arg:"" help:"ocsp, tsa or crl."`
	Fault   string `arg:"" help:"none, down, slow, reset, garbage, html, try-later, stale, wrong-nonce or wrong-signer."`
}

func (c *pkiOutage) Run(a *app) error {
	o := pki.Outage(c.Fault)
	if c.Fault == "none" {
		o = pki.OutageNone
	}
	return withPKI(a, c.Dir, func(p *pki.PKI) error { return p.SetOutage(c.Service, o) })
}

func change(a *app, dir, serial, done string, change func(*pki.PKI) error) error {
	return withPKI(a, dir, func(p *pki.PKI) error {
		if err := change(p); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s %s\n", serial, done)
		return nil
	})
}

func withPKI(a *app, dir string, do func(*pki.PKI) error) error {
	p, err := pki.Open(dir, pki.Options{Log: a.log})
	if err != nil {
		return err
	}
	defer p.Close()
	return do(p)
}
