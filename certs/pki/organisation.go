package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
	"unicode"
	"unicode/utf8"
)

// Organisation is a legal person that takes part in data exchange.
type Organisation struct {
	Name string // at most 64 characters, any script
	Code string // registration code, letters, digits and hyphens
	// Hosts are the names and addresses its gateway is reached at.
	Hosts []string
}

// Exchange are an organisation's keys for data exchange, both P-256: one signs
// messages (nonRepudiation alone), the other is for TLS between gateways, as
// client and as server.
type Exchange struct {
	Signing, TLS                       *ecdsa.PrivateKey
	SigningCertificate, TLSCertificate *x509.Certificate
}

// exchangePolicy marks exchange certificates of a demonstration.
var exchangePolicy = under(exampleArc, 1, 1, 2)

// Profiles in the journal.
const (
	profileExchangeSigning = "exchange-signing"
	profileExchangeTLS     = "exchange-tls"
)

// IssueExchange makes an organisation's keys and certificates for data
// exchange. Like those of cards they name a responder, end with their issuer
// and can be revoked.
func (p *PKI) IssueExchange(o Organisation) (*Exchange, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	x := &Exchange{}
	var err error
	if x.Signing, x.SigningCertificate, err = p.issueExchange(profileExchangeSigning, o, func(t *x509.Certificate) {
		t.KeyUsage = x509.KeyUsageContentCommitment
	}); err != nil {
		return nil, err
	}
	x.TLS, x.TLSCertificate, err = p.issueExchange(profileExchangeTLS, o, func(t *x509.Certificate) {
		t.KeyUsage = x509.KeyUsageDigitalSignature
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
		o.nameHosts(t)
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

func (p *PKI) issueExchange(profile string, o Organisation, shape func(*x509.Certificate)) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := newKey(p.options.Random, elliptic.P256())
	if err != nil {
		return nil, nil, err
	}
	now := p.now()
	end := now.AddDate(0, 0, serviceDays).Truncate(time.Second)
	if last := p.issuing.cert.NotAfter; end.After(last) {
		end = last
	}
	t := &x509.Certificate{
		RawSubject: encodeName(attribute{oidCountry, "EE"}, attribute{oidOrganisation, o.Name},
			attribute{oidOrgID, "NTREE-" + o.Code}, attribute{oidCommonName, o.Name}),
		NotBefore: now.Add(-backdate), NotAfter: end, BasicConstraintsValid: true,
		ExtraExtensions: []pkix.Extension{policiesExtension(p.config.url("/cps"), exchangePolicy)},
	}
	p.config.pointers(t, issuingName, false)
	shape(t)
	cert, err := p.sign(p.signer(issuingName, profile), t, &key.PublicKey)
	return key, cert, err
}

// nameHosts makes the organisation's hosts subject alternative names.
func (o *Organisation) nameHosts(t *x509.Certificate) {
	for _, host := range o.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, host)
		}
	}
}

func (o *Organisation) check() error {
	switch n := utf8.RuneCountInString(o.Name); {
	case n == 0 || n > maxCommonName || !utf8.ValidString(o.Name):
		return badPerson("the organisation's name must have 1 to %d characters", maxCommonName)
	case !codePattern.MatchString(o.Code):
		return badPerson("the organisation's code must have 3 to 20 digits, capital letters and hyphens")
	}
	for _, r := range o.Name {
		if unicode.IsControl(r) {
			return badPerson("the organisation's name has a control character")
		}
	}
	return nil
}

// SaveExchange writes an organisation's keys into a folder: NAME-sign.pem and
// NAME-tls.pem, each the certificate and its issuer without the root, which
// instance files name, and NAME-sign.key and NAME-tls.key, readable by their
// owner. Nothing is written over.
func (p *PKI) SaveExchange(x *Exchange, dir, name string) error {
	for _, one := range []struct {
		kind string
		key  *ecdsa.PrivateKey
		cert *x509.Certificate
	}{{"sign", x.Signing, x.SigningCertificate}, {"tls", x.TLS, x.TLSCertificate}} {
		key, err := keyPEM(one.key)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, name+"-"+one.kind)
		if err := writeNew(file+".key", key, 0o600); err != nil {
			return err
		}
		if err := writeNew(file+".pem", append(certificatePEM(one.cert), certificatePEM(p.issuing.cert)...), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writeNew(name string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) // #nosec G304 -- named by the operator
	if err != nil {
		return fmt.Errorf("writing an organisation's keys: %w", err)
	}
	_, err = f.Write(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("writing an organisation's keys: %w", err)
	}
	return nil
}
