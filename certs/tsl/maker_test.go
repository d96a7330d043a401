package tsl_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"eidgate/certs/tsl"
	"eidgate/internal/fault"
	"eidgate/internal/xmlsec"
	"eidgate/internal/xmlsec/xmlsectest"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const (
	enveloped = xmlsec.NSDSig + "enveloped-signature"
	granted   = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted"
	withdrawn = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn"
	caQC      = "http://uri.etsi.org/TrstSvc/Svctype/CA/QC"
	tsaQTST   = "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST"
)

// signer is somebody who signs lists.
type signer struct {
	key  crypto.Signer
	cert *x509.Certificate
}

func newSigner(t testing.TB, name string) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, selfIssued(t, name, key, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))}
}

func selfIssued(t testing.TB, name string, key crypto.Signer, from, to time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func b64(c *x509.Certificate) string { return base64.StdEncoding.EncodeToString(c.Raw) }

// maker writes and signs a list. The zero value of a field means the usual.
type maker struct {
	root        string // name of the root element
	version     string
	sequence    int
	kind        string
	territory   string
	issued      string
	next        string // content of NextUpdate
	pointers    string
	providers   string
	by          signer
	keyInfo     *x509.Certificate // in KeyInfo, when not the signer's
	named       *x509.Certificate // in SigningCertificateV2, when not the signer's
	references  []xmlsectest.Ref
	target      string
	signingCert string // instead of SigningCertificateV2
	signedAt    string
	before      string // put before the signature
	after       string // and after it
}

func or(value, usual string) string {
	if value == "" {
		return usual
	}
	return value
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }

func (m maker) text(t testing.TB) string {
	t.Helper()
	if m.sequence == 0 {
		m.sequence = 7
	}
	if m.keyInfo == nil {
		m.keyInfo = m.by.cert
	}
	if m.named == nil {
		m.named = m.by.cert
	}
	if m.references == nil {
		m.references = []xmlsectest.Ref{
			{Transforms: []string{enveloped, string(xmlsec.ExclusiveC14N)}},
			{URI: "#props", Type: "http://uri.etsi.org/01903#SignedProperties", Transforms: []string{string(xmlsec.ExclusiveC14N)}},
		}
	}
	if m.signingCert == "" {
		digest := sha256.Sum256(m.named.Raw)
		m.signingCert = signingCertificate("SigningCertificateV2", "http://www.w3.org/2001/04/xmlenc#sha256", digest[:])
	}
	signature := xmlsectest.Template{
		ID: "sig", Canonical: xmlsec.ExclusiveC14N, Method: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
		References: m.references,
		KeyInfo:    "<ds:X509Data><ds:X509Certificate>" + b64(m.keyInfo) + "</ds:X509Certificate></ds:X509Data>",
		Objects: `<ds:Object><xades:QualifyingProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" Target="` + or(m.target, "#sig") +
			`"><xades:SignedProperties Id="props"><xades:SignedSignatureProperties><xades:SigningTime>` + or(m.signedAt, stamp(now.Add(-time.Hour))) +
			`</xades:SigningTime>` + m.signingCert + `</xades:SignedSignatureProperties></xades:SignedProperties></xades:QualifyingProperties></ds:Object>`,
	}
	root := or(m.root, "TrustServiceStatusList")
	text := `<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + root + ` xmlns="http://uri.etsi.org/02231/v2#" xmlns:tslx="http://uri.etsi.org/02231/v2/additionaltypes#" Id="list"><SchemeInformation>` +
		"<TSLVersionIdentifier>" + or(m.version, "6") + "</TSLVersionIdentifier>" +
		fmt.Sprintf("<TSLSequenceNumber>%d</TSLSequenceNumber>", m.sequence) +
		"<TSLType>" + or(m.kind, tsl.NationalList) + "</TSLType>" +
		`<SchemeOperatorName><Name xml:lang="et">Amet</Name><Name xml:lang="en">Authority</Name></SchemeOperatorName>` +
		"<SchemeTerritory>" + or(m.territory, "EE") + "</SchemeTerritory>" +
		m.pointers +
		"<ListIssueDateTime>" + or(m.issued, stamp(now.AddDate(0, -1, 0))) + "</ListIssueDateTime>" +
		"<NextUpdate>" + or(m.next, "<dateTime>"+stamp(now.AddDate(0, 5, 0))+"</dateTime>") + "</NextUpdate></SchemeInformation>" +
		m.providers + m.before + signature.String() + m.after + "</" + root + ">"
	return xmlsectest.Sign(t, text, m.by.key)
}

func signingCertificate(element, method string, digest []byte) string {
	return "<xades:" + element + `><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="` + method + `"/><ds:DigestValue>` +
		base64.StdEncoding.EncodeToString(digest) + "</ds:DigestValue></xades:CertDigest></xades:Cert></xades:" + element + ">"
}

func (m maker) expect() tsl.Expect {
	return tsl.Expect{Signers: []*x509.Certificate{m.by.cert}, Type: tsl.NationalList, Territory: "EE", Now: now}
}

// service writes one service; history is what stands in ServiceHistory.
func service(kind, name, status string, since time.Time, anchor *x509.Certificate, extensions, history string) string {
	state := func(kind, status string, since time.Time) string {
		return "<ServiceTypeIdentifier>" + kind + `</ServiceTypeIdentifier><ServiceName><Name xml:lang="en">` + name + "</Name></ServiceName>" +
			"<ServiceDigitalIdentity><DigitalId><X509Certificate>" + b64(anchor) + "</X509Certificate></DigitalId></ServiceDigitalIdentity>" +
			"<ServiceStatus>" + status + "</ServiceStatus><StatusStartingTime>" + stamp(since) + "</StatusStartingTime>"
	}
	if extensions != "" {
		extensions = "<ServiceInformationExtensions>" + extensions + "</ServiceInformationExtensions>"
	}
	if history != "" {
		history = "<ServiceHistory>" + history + "</ServiceHistory>"
	}
	return "<TSPService><ServiceInformation>" + state(kind, status, since) + extensions + "</ServiceInformation>" + history + "</TSPService>"
}

func past(kind, status string, since time.Time) string {
	return "<ServiceHistoryInstance><ServiceTypeIdentifier>" + kind + `</ServiceTypeIdentifier><ServiceName><Name xml:lang="en">before</Name></ServiceName>` +
		"<ServiceStatus>" + status + "</ServiceStatus><StatusStartingTime>" + stamp(since) + "</StatusStartingTime></ServiceHistoryInstance>"
}

func providers(services ...string) string {
	return `<TrustServiceProviderList><TrustServiceProvider><TSPInformation><TSPName><Name xml:lang="en">Provider</Name></TSPName></TSPInformation><TSPServices>` +
		strings.Join(services, "") + "</TSPServices></TrustServiceProvider></TrustServiceProviderList>"
}

func pointer(location, kind, territory, mime string, signers ...*x509.Certificate) string {
	var identities strings.Builder
	for _, c := range signers {
		identities.WriteString("<ServiceDigitalIdentity><DigitalId><X509Certificate>" + b64(c) + "</X509Certificate></DigitalId></ServiceDigitalIdentity>")
	}
	info := func(s string) string { return "<OtherInformation>" + s + "</OtherInformation>" }
	return "<OtherTSLPointer><ServiceDigitalIdentities>" + identities.String() + "</ServiceDigitalIdentities><TSLLocation>" + location + "</TSLLocation><AdditionalInformation>" +
		info("<TSLType>"+kind+"</TSLType>") + info(`<SchemeOperatorName><Name xml:lang="en">Operator</Name></SchemeOperatorName>`) +
		info("<SchemeTerritory>"+territory+"</SchemeTerritory>") + info("<tslx:MimeType>"+mime+"</tslx:MimeType>") +
		"</AdditionalInformation></OtherTSLPointer>"
}

func pointers(list ...string) string {
	return "<PointersToOtherTSL>" + strings.Join(list, "") + "</PointersToOtherTSL>"
}

func wantCode(t *testing.T, name string, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code || code == "" && err != nil {
		t.Errorf("%s: code %q (%v), want %q", name, got, err, code)
	}
}
