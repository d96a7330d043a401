package certs_test

import (
	"crypto/x509"
	"fmt"
	"testing"

	"eidgate/certs"
)

// purposeProfiles are kinds of certificate with the verdict for every purpose,
// in the order Authentication, DocumentSigning, Timestamping, OCSPSigning,
// ExchangeTLS, ExchangeSigning, AttestationSigning; verdicts tells the letters.
var purposeProfiles = []struct {
	name     string
	usage    x509.KeyUsage
	extended []x509.ExtKeyUsage
	edits    []edit
	verdicts string
}{
	{"EstEID login", sigKey | keyAgr, eku(clientAuth), nil, ".kkeeke"},
	{"EstEID 2018 login", sigKey | keyAgr, eku(clientAuth, email), nil, ".kkeeke"},
	{"Latvian login", sigKey, eku(clientAuth), nil, ".keeeke"},
	{"EstEID signing", nonRep, nil, nil, "k.eek.k"},
	{"signing with email", nonRep, eku(email), nil, "k.eek.k"},
	{"signing and digitalSignature", nonRep | sigKey, nil, nil, "k.eek.k"},
	{"everything in key usage with clientAuth", nonRep | sigKey, eku(clientAuth), nil, "keeekek"},
	{"nonRepudiation with clientAuth", nonRep, eku(clientAuth), nil, "keeekek"},
	{"nonRepudiation with serverAuth", nonRep, eku(serverAuth), nil, "keeekek"},
	{"nonRepudiation with codeSigning", nonRep, eku(x509.ExtKeyUsageCodeSigning), nil, "keeekek"},
	{"digitalSignature without extended usage", sigKey, nil, nil, "ekeeek."},
	{"no key usage at all", 0, eku(clientAuth), nil, "kkkkkkk"},
	{"no key usage, no extended usage", 0, nil, nil, "kkkkkkk"},
	{"keyEncipherment only", x509.KeyUsageKeyEncipherment, eku(clientAuth), nil, "kkkkkkk"},
	{"any extended usage", sigKey, eku(x509.ExtKeyUsageAny), nil, "ekeeeke"},
	{"time-stamp unit", sigKey, nil, []edit{criticalTimeStamping}, "ek.eeke"},
	{"time-stamp unit with nonRepudiation", nonRep, nil, []edit{criticalTimeStamping}, "ke.ekek"},
	{"time-stamp unit, extended usage not critical", sigKey, eku(x509.ExtKeyUsageTimeStamping), nil, "ekeeeke"},
	{"time-stamp unit with email", sigKey, nil, []edit{criticalTimeStampingAndEmail}, "ekeeeke"},
	{"time-stamp unit with keyEncipherment", sigKey | x509.KeyUsageKeyEncipherment, nil, []edit{criticalTimeStamping}, "ekkeeke"},
	{"OCSP responder", sigKey, eku(x509.ExtKeyUsageOCSPSigning), nil, "eke.eke"},
	{"gateway TLS", sigKey, eku(clientAuth, serverAuth), nil, "ekee.ke"},
	{"gateway TLS with nonRepudiation", sigKey | nonRep, eku(clientAuth, serverAuth), nil, "keeekek"},
	{"web server", sigKey, eku(serverAuth), nil, "ekeeeke"},
	{"certificate signing in key usage", sigKey | x509.KeyUsageCertSign, eku(clientAuth), nil, "aaaaaaa"},
	{"list signing in key usage", nonRep | x509.KeyUsageCRLSign, nil, nil, "aaaaaaa"},
	{"an authority by its basic constraints", sigKey, eku(clientAuth), []edit{func(c *x509.Certificate) { c.IsCA = true }}, "aaaaaaa"},
	{"signing with empty extended usage", nonRep, nil, []edit{withExtension(false, []byte{0x30, 0x00}, 2, 5, 29, 37)}, "keeekek"},
	{"empty extended usage", sigKey, nil, []edit{withExtension(false, []byte{0x30, 0x00}, 2, 5, 29, 37)}, "ekeeeke"},
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

// criticalTimeStamping is ExtKeyUsage { id-kp-timeStamping }, critical.
func criticalTimeStamping(c *x509.Certificate) {
	withExtension(true, []byte{0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8}, 2, 5, 29, 37)(c)
}

func criticalTimeStampingAndEmail(c *x509.Certificate) {
	withExtension(true, []byte{0x30, 0x14, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 4}, 2, 5, 29, 37)(c)
}

// verdicts are the codes behind the letters of purposeProfiles.
var verdicts = map[byte]string{
	'.': "",
	'k': "purpose.key-usage",
	'e': "purpose.extended-key-usage",
	'a': "purpose.authority",
}

func TestEveryProfileForEveryPurpose(t *testing.T) {
	w := newWorld(t)
	for _, p := range purposeProfiles {
		template := cardTemplate(t, p.usage, p.extended...)
		leaf := w.Issuer.issue(t, template, append([]edit{withPolicies(t, demoResident, ncpPlus, qcpQSCD)}, p.edits...)...)
		for i, letter := range []byte(p.verdicts) {
			purpose := certs.Authentication + certs.Purpose(i)
			t.Run(fmt.Sprintf("%s/%v", p.name, purpose), func(t *testing.T) {
				_, err := w.verify(t, purpose, leaf.Cert)
				wantCode(t, err, verdicts[letter])
			})
		}
	}
}
