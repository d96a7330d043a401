package certs_test

import (
	"crypto/x509"
	"fmt"
	"slices"
	"testing"

	"eidgate/certs"
)

// purposeProfiles are kinds of certificate with the purposes they serve. Every
// profile is tried for every purpose: what is not listed must be refused.
var purposeProfiles = []struct {
	name     string
	usage    x509.KeyUsage
	extended []x509.ExtKeyUsage
	edits    []edit
	serves   []certs.Purpose
}{
	{"EstEID login", sigKey | keyAgr, eku(clientAuth), nil, serves(certs.Authentication)},
	{"EstEID 2018 login", sigKey | keyAgr, eku(clientAuth, email), nil, serves(certs.Authentication)},
	{"Latvian login", sigKey, eku(clientAuth), nil, serves(certs.Authentication)},
	{"EstEID signing", nonRep, nil, nil, serves(certs.DocumentSigning, certs.ExchangeSigning)},
	{"signing with email", nonRep, eku(email), nil, serves(certs.DocumentSigning, certs.ExchangeSigning)},
	{"signing and digitalSignature", nonRep | sigKey, nil, nil, serves(certs.DocumentSigning, certs.ExchangeSigning)},
	{"everything in key usage with clientAuth", nonRep | sigKey, eku(clientAuth), nil, nil},
	{"nonRepudiation with clientAuth", nonRep, eku(clientAuth), nil, nil},
	{"nonRepudiation with serverAuth", nonRep, eku(serverAuth), nil, nil},
	{"nonRepudiation with codeSigning", nonRep, eku(x509.ExtKeyUsageCodeSigning), nil, nil},
	{"digitalSignature without extended usage", sigKey, nil, nil, nil},
	{"no key usage at all", 0, eku(clientAuth), nil, nil},
	{"no key usage, no extended usage", 0, nil, nil, nil},
	{"keyEncipherment only", x509.KeyUsageKeyEncipherment, eku(clientAuth), nil, nil},
	{"any extended usage", sigKey, eku(x509.ExtKeyUsageAny), nil, nil},
	{"time-stamp unit", sigKey, nil, []edit{criticalTimeStamping}, serves(certs.Timestamping)},
	{"time-stamp unit with nonRepudiation", nonRep, nil, []edit{criticalTimeStamping}, serves(certs.Timestamping)},
	{"time-stamp unit, extended usage not critical", sigKey, eku(x509.ExtKeyUsageTimeStamping), nil, nil},
	{"time-stamp unit with email", sigKey, nil, []edit{criticalTimeStampingAndEmail}, nil},
	{"time-stamp unit with keyEncipherment", sigKey | x509.KeyUsageKeyEncipherment, nil, []edit{criticalTimeStamping}, nil},
	{"OCSP responder", sigKey, eku(x509.ExtKeyUsageOCSPSigning), nil, serves(certs.OCSPSigning)},
	{"gateway TLS", sigKey, eku(clientAuth, serverAuth), nil, serves(certs.Authentication, certs.ExchangeTLS)},
	{"gateway TLS with nonRepudiation", sigKey | nonRep, eku(clientAuth, serverAuth), nil, nil},
	{"web server", sigKey, eku(serverAuth), nil, nil},
	{"certificate signing in key usage", sigKey | x509.KeyUsageCertSign, eku(clientAuth), nil, nil},
	{"list signing in key usage", nonRep | x509.KeyUsageCRLSign, nil, nil, nil},
	{"empty extended usage", sigKey, nil, []edit{withExtension(false, []byte{0x30, 0x00}, 2, 5, 29, 37)}, nil},
}

const (
	sigKey     = x509.KeyUsageDigitalSignature
	keyAgr     = x509.KeyUsageKeyAgreement
	nonRep     = x509.KeyUsageContentCommitment
	clientAuth = x509.ExtKeyUsageClientAuth
	serverAuth = x509.ExtKeyUsageServerAuth
	email      = x509.ExtKeyUsageEmailProtection
)

func eku(u ...x509.ExtKeyUsage) []x509.ExtKeyUsage { return u }
func serves(p ...certs.Purpose) []certs.Purpose    { return p }

// criticalTimeStamping is ExtKeyUsage { id-kp-timeStamping }, critical.
func criticalTimeStamping(c *x509.Certificate) {
	withExtension(true, []byte{0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8}, 2, 5, 29, 37)(c)
}

func criticalTimeStampingAndEmail(c *x509.Certificate) {
	withExtension(true, []byte{0x30, 0x14, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 4}, 2, 5, 29, 37)(c)
}

// refusals of a purpose about the certificate itself.
var purposeCodes = []string{"purpose.key-usage", "purpose.extended-key-usage", "purpose.authority", "certificate.malformed"}

func TestEveryProfileForEveryPurpose(t *testing.T) {
	w := newWorld(t)
	for _, p := range purposeProfiles {
		template := cardTemplate(t, p.usage, p.extended...)
		leaf := w.Issuer.issue(t, template, append([]edit{withPolicies(t, demoResident, ncpPlus, qcpQSCD)}, p.edits...)...)
		for purpose := certs.Authentication; purpose <= certs.ExchangeSigning; purpose++ {
			t.Run(fmt.Sprintf("%s/%v", p.name, purpose), func(t *testing.T) {
				_, err := w.verify(t, purpose, leaf.Cert)
				if slices.Contains(p.serves, purpose) {
					wantCode(t, err, "")
				} else {
					wantOneOf(t, err, purposeCodes)
				}
			})
		}
	}
}

func wantOneOf(t *testing.T, err error, codes []string) {
	t.Helper()
	if !slices.Contains(codes, codeOf(err)) {
		t.Errorf("got %q (%v), want one of %v", codeOf(err), err, codes)
	}
}
