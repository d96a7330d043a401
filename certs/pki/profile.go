package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"time"
)

// Validities. Five years are 1,826 days, as on EstEID cards.
const (
	rootYears   = 15
	cardDays    = 1826
	serviceDays = 3 * 365
	// backdate lets a certificate be used in the second it was made, by
	// machines whose clocks lag a little.
	backdate = time.Minute
)

// exampleArc is 2.999 (ITU-T X.660): policies that can never be mistaken for
// real ones.
var exampleArc = asn1.ObjectIdentifier{2, 999}

// timestampPolicy is the policy of the time-stamp authority.
var timestampPolicy = under(exampleArc, 1, 1, 1)

func under(arc asn1.ObjectIdentifier, rest ...int) asn1.ObjectIdentifier {
	return append(append(asn1.ObjectIdentifier(nil), arc...), rest...)
}

// Names of authorities in the journal and in file names.
const (
	rootName    = "root"
	issuingName = "issuing"
	tsaName     = "tsa"
)

// Profiles in the journal.
const (
	profileRoot           = "root"
	profileIssuing        = "issuing-authority"
	profileTSA            = "time-stamp-authority"
	profileResponder      = "ocsp-responder"
	profileAuthentication = "authentication"
	profileSigning        = "signing"
)

// pointers gives a certificate the addresses of its issuer's services.
func (c *config) pointers(t *x509.Certificate, issuer string, crl bool) {
	t.OCSPServer = []string{c.url("/ocsp")}
	t.IssuingCertificateURL = []string{c.url("/ca/" + issuer + ".cer")}
	if crl {
		t.CRLDistributionPoints = []string{c.url("/crl/" + issuer + ".crl")}
	}
}

func rootProfile(now time.Time) *x509.Certificate {
	return &x509.Certificate{
		RawSubject: authorityName("Eidgate Demo Root CA"),
		NotBefore:  now.Add(-backdate), NotAfter: now.AddDate(rootYears, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true, IsCA: true, MaxPathLen: 1,
	}
}

// issuingProfile is shaped as ESTEID2025: path length 0, anyPolicy, no
// extended key usage. It points to OCSP and CRL both, since validators want
// revocation data for every certificate below the anchor.
func issuingProfile(c *config, root *x509.Certificate, now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		RawSubject: authorityName("Eidgate Demo Issuing CA"),
		NotBefore:  now.Add(-backdate), NotAfter: root.NotAfter,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		ExtraExtensions: []pkix.Extension{policiesExtension(c.url("/cps"), asn1.ObjectIdentifier{2, 5, 29, 32, 0})},
	}
	c.pointers(t, rootName, true)
	return t
}

// tsaProfile is RFC 3161 §2.3: extended key usage timeStamping, critical and
// alone.
func tsaProfile(c *config, now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		RawSubject: authorityName("Eidgate Demo Time-Stamp Authority"),
		NotBefore:  now.Add(-backdate), NotAfter: now.AddDate(0, 0, serviceDays),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		ExtraExtensions:       []pkix.Extension{timeStampingExtension(), policiesExtension(c.url("/cps"), timestampPolicy)},
	}
	c.pointers(t, rootName, true)
	return t
}

// responderProfile is one month's responder, named as SK names its own:
// "<authority> OCSP RESPONDER YYYYMM". It is good for the month it is named
// after and the next, so a late roll-over stops nobody.
func responderProfile(issuer *x509.Certificate, now time.Time) *x509.Certificate {
	year, month, _ := now.UTC().Date()
	end := time.Date(year, month+2, 1, 0, 0, 0, 0, time.UTC)
	if end.After(issuer.NotAfter) {
		end = issuer.NotAfter
	}
	return &x509.Certificate{
		RawSubject: authorityName(issuer.Subject.CommonName + " OCSP RESPONDER " + now.UTC().Format("200601")),
		NotBefore:  now.Add(-backdate), NotAfter: end,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		BasicConstraintsValid: true,
		ExtraExtensions:       []pkix.Extension{noCheckExtension()},
	}
}

// authenticationProfile and signingProfile are the two certificates of a card,
// shaped as ESTEID2018: policy of the document first, then the ETSI one.
func authenticationProfile(c *config, a *Applicant, now, end time.Time) *x509.Certificate {
	t := cardProfile(c, a, now, end, oidNCPPlus)
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return t
}

func signingProfile(c *config, a *Applicant, now, end time.Time) *x509.Certificate {
	t := cardProfile(c, a, now, end, oidQCPNQSCD)
	t.KeyUsage = x509.KeyUsageContentCommitment // nonRepudiation and nothing else
	t.ExtraExtensions = append(t.ExtraExtensions, qcStatementsExtension())
	return t
}

func cardProfile(c *config, a *Applicant, now, end time.Time, policy asn1.ObjectIdentifier) *x509.Certificate {
	document := under(exampleArc, documentPolicies[a.Kind]...)
	t := &x509.Certificate{
		RawSubject: a.name(),
		NotBefore:  now.Add(-backdate), NotAfter: end,
		BasicConstraintsValid: true,
		ExtraExtensions:       []pkix.Extension{policiesExtension(c.url("/cps"), document, policy)},
	}
	c.pointers(t, issuingName, false)
	return t
}
