package tsl_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"eidgate/certs/tsl"
	"eidgate/internal/xmlsec"
	"eidgate/internal/xmlsec/xmlsectest"
)

// Lists that their pinned signer signed, and that are refused all the same.
func TestListsOfARefusedForm(t *testing.T) {
	good := maker{by: newSigner(t, "issuer")}
	other := newSigner(t, "other")
	whole := xmlsectest.Ref{Transforms: []string{enveloped, string(xmlsec.ExclusiveC14N)}}
	properties := xmlsectest.Ref{URI: "#props", Transforms: []string{string(xmlsec.ExclusiveC14N)}}
	anchor := selfIssued(t, "CA", other.key, now, now)
	usual := providers(service(caQC, "CA", granted, now, anchor, "", ""))
	for name, c := range map[string]struct {
		change func(*maker)
		code   string
	}{
		"as it is":  {func(*maker) {}, ""},
		"version 5": {func(m *maker) { m.version = "5" }, ""},
		"by the root's Id": {func(m *maker) {
			m.references = []xmlsectest.Ref{{URI: "#list", Transforms: whole.Transforms}, properties}
		}, ""},
		"inclusive": {func(m *maker) {
			m.references = []xmlsectest.Ref{{Transforms: []string{enveloped, string(xmlsec.C14N10)}}, {URI: "#props"}}
		}, ""},
		"empty list":           {func(m *maker) { m.providers = "" }, ""},
		"version 4":            {func(m *maker) { m.version = "4" }, "tsl.version"},
		"version 7":            {func(m *maker) { m.version = "7" }, "tsl.version"},
		"version nothing":      {func(m *maker) { m.version = " " }, "tsl.malformed"},
		"version not a number": {func(m *maker) { m.version = "6.0" }, "tsl.malformed"},
		"type twice":           {func(m *maker) { m.kind = tsl.NationalList + "</TSLType><TSLType>" + tsl.NationalList }, "tsl.malformed"},
		"territory of another": {func(m *maker) { m.territory = "LV" }, "tsl.wrong-territory"},
		"list of lists":        {func(m *maker) { m.kind = tsl.ListOfLists }, "tsl.wrong-type"},
		"date without a zone":  {func(m *maker) { m.issued = "2026-10-01T00:00:00" }, "tsl.malformed"},
		"date that is none":    {func(m *maker) { m.issued = "2026-13-01T00:00:00Z" }, "tsl.malformed"},
		"issued tomorrow":      {func(m *maker) { m.issued = stamp(now.AddDate(0, 0, 1)) }, "tsl.from-the-future"},
		"signed tomorrow":      {func(m *maker) { m.signedAt = stamp(now.AddDate(0, 0, 1)) }, "tsl.from-the-future"},
		"expired a second ago": {func(m *maker) { m.next = "<dateTime>" + stamp(now.Add(-time.Second)) + "</dateTime>" }, "tsl.expired"},
		"expires now":          {func(m *maker) { m.next = "<dateTime>" + stamp(now) + "</dateTime>" }, "tsl.expired"},
		"closed":               {func(m *maker) { m.next = " " }, "tsl.closed"},
		"only the properties":  {func(m *maker) { m.references = []xmlsectest.Ref{properties} }, "tsl.not-covered"},
		"only the scheme": {func(m *maker) {
			m.pointers = `<x Id="part"/>`
			m.references = []xmlsectest.Ref{{URI: "#part"}, properties}
		}, "tsl.not-covered"},
		"without the properties":    {func(m *maker) { m.references = []xmlsectest.Ref{whole} }, "tsl.signed-properties"},
		"properties twice":          {func(m *maker) { m.references = []xmlsectest.Ref{whole, properties, properties} }, "tsl.signed-properties"},
		"properties of another":     {func(m *maker) { m.target = "#other" }, "tsl.signed-properties"},
		"properties without target": {func(m *maker) { m.target = "sig" }, "tsl.signed-properties"},
		"properties outside":        {func(m *maker) { outside(m, "x", properties, whole) }, "tsl.signed-properties"},
		"properties in an Object":   {func(m *maker) { outside(m, "ds:Object", properties, whole) }, "tsl.signed-properties"},
		"names another certificate": {func(m *maker) { m.named = other.cert }, "tsl.signed-properties"},
		"no time":                   {func(m *maker) { m.signedAt = " " }, "tsl.signed-properties"},
		"KeyInfo of another":        {func(m *maker) { m.keyInfo = other.cert }, "tsl.unpinned-signer"},
		"something after signature": {func(m *maker) { m.after = "<x/>" }, "tsl.not-covered"},
		"past after the present": {func(m *maker) {
			m.providers = providers(service(caQC, "CA", withdrawn, now.AddDate(-1, 0, 0), anchor, "", past(caQC, granted, now)))
		}, "tsl.malformed"},
		"service without a status": {func(m *maker) {
			m.providers = strings.Replace(usual, "<ServiceStatus>"+granted+"</ServiceStatus>", "", 1)
		}, "tsl.malformed"},
		"service with two statuses": {func(m *maker) {
			m.providers = strings.Replace(usual, "<ServiceStatus>", "<ServiceStatus>"+withdrawn+"</ServiceStatus><ServiceStatus>", 1)
		}, "tsl.malformed"},
		"certificate not base64":  {func(m *maker) { m.providers = strings.Replace(usual, "<X509Certificate>", "<X509Certificate>!", 1) }, "tsl.malformed"},
		"instruction in a status": {func(m *maker) { m.providers = strings.Replace(usual, "<ServiceStatus>", "<ServiceStatus><?x?>", 1) }, "tsl.malformed"},
		"markup in a status":      {func(m *maker) { m.providers = strings.Replace(usual, "<ServiceStatus>", "<ServiceStatus><b/>", 1) }, "tsl.malformed"},
		"another document":        {func(m *maker) { m.root = "Invoice" }, "tsl.not-a-list"},
	} {
		m := good
		m.providers = usual
		c.change(&m)
		_, err := tsl.Verify([]byte(m.text(t)), good.expect())
		wantCode(t, name, err, c.code)
	}
}

// outside makes the signature cover properties that stand in the list instead
// of in the signature.
func outside(m *maker, holder string, properties, whole xmlsectest.Ref) {
	digest := sha256.Sum256(m.by.cert.Raw)
	m.before = "<" + holder + ` xmlns:ds="` + xmlsec.NSDSig + `"><xades:QualifyingProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" Target="#sig"><xades:SignedProperties Id="theirs"><xades:SignedSignatureProperties><xades:SigningTime>` +
		stamp(now) + "</xades:SigningTime>" + signingCertificate("SigningCertificateV2", "http://www.w3.org/2001/04/xmlenc#sha256", digest[:]) +
		"</xades:SignedSignatureProperties></xades:SignedProperties></xades:QualifyingProperties></" + holder + ">"
	properties.URI = "#theirs"
	m.references = []xmlsectest.Ref{whole, properties}
}

func TestCertificateOfTheSignerMustBeValid(t *testing.T) {
	m := maker{by: newSigner(t, "issuer")}
	m.by.cert = selfIssued(t, "issuer", m.by.key, now.AddDate(-2, 0, 0), now.Add(-time.Second))
	_, err := tsl.Verify([]byte(m.text(t)), m.expect())
	wantCode(t, "expired", err, "tsl.signer-expired")
	m.by.cert = selfIssued(t, "issuer", m.by.key, now.Add(time.Second), now.AddDate(1, 0, 0))
	_, err = tsl.Verify([]byte(m.text(t)), m.expect())
	wantCode(t, "not yet valid", err, "tsl.signer-expired")
}

// A certificate with the pinned name and key is still not the pinned one.
func TestPinIsTheWholeCertificate(t *testing.T) {
	m := maker{by: newSigner(t, "issuer")}
	e := m.expect()
	e.Signers = []*x509.Certificate{selfIssued(t, "issuer", m.by.key, now.AddDate(-1, 0, 0), now.AddDate(2, 0, 0))}
	_, err := tsl.Verify([]byte(m.text(t)), e)
	wantCode(t, "same key, other certificate", err, "tsl.unpinned-signer")
}

func TestHowTheSignerIsNamed(t *testing.T) {
	good := maker{by: newSigner(t, "issuer")}
	raw := good.by.cert.Raw
	s1, s256, s384, s512 := sha1.Sum(raw), sha256.Sum256(raw), sha512.Sum384(raw), sha512.Sum512(raw)
	const enc, more = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2001/04/xmldsig-more#"
	v2 := "SigningCertificateV2"
	for name, c := range map[string]struct{ element, code string }{
		"SHA-256":              {signingCertificate(v2, enc+"sha256", s256[:]), ""},
		"SHA-384":              {signingCertificate(v2, more+"sha384", s384[:]), ""},
		"SHA-512":              {signingCertificate(v2, enc+"sha512", s512[:]), ""},
		"version 1, SHA-256":   {signingCertificate("SigningCertificate", enc+"sha256", s256[:]), ""},
		"version 1, SHA-1":     {signingCertificate("SigningCertificate", xmlsec.NSDSig+"sha1", s1[:]), ""},
		"MD5":                  {signingCertificate(v2, more+"md5", s256[:16]), "tsl.signed-properties"},
		"cut digest":           {signingCertificate(v2, enc+"sha256", s256[:31]), "tsl.signed-properties"},
		"digest of nothing":    {strings.Replace(signingCertificate(v2, enc+"sha256", s256[:]), "<ds:DigestValue>", "<ds:DigestValue><!-- -->", 1), "tsl.signed-properties"},
		"not base64":           {strings.Replace(signingCertificate(v2, enc+"sha256", s256[:]), "<ds:DigestValue>", "<ds:DigestValue>!", 1), "tsl.signed-properties"},
		"no method":            {strings.Replace(signingCertificate(v2, enc+"sha256", s256[:]), "ds:DigestMethod", "ds:Method", 1), "tsl.signed-properties"},
		"without a digest":     {"<xades:SigningCertificateV2><xades:Cert/></xades:SigningCertificateV2>", "tsl.signed-properties"},
		"empty":                {"<xades:SigningCertificateV2/>", "tsl.signed-properties"},
		"not at all":           {"<xades:Other/>", "tsl.signed-properties"},
		"twice":                {strings.Repeat(signingCertificate(v2, enc+"sha256", s256[:]), 2), "tsl.signed-properties"},
		"another's, then ours": {strings.Replace(signingCertificate(v2, enc+"sha256", make([]byte, 32)), "</xades:Cert>", "</xades:Cert>"+between(signingCertificate(v2, enc+"sha256", s256[:]), "<xades:Cert>", "</xades:Cert>"), 1), "tsl.signed-properties"},
	} {
		m := good
		m.signingCert = c.element
		_, err := tsl.Verify([]byte(m.text(t)), good.expect())
		wantCode(t, name, err, c.code)
	}
}

func between(s, from, to string) string {
	i := strings.Index(s, from)
	return s[i : i+strings.Index(s[i:], to)+len(to)]
}

// A certificate that Go cannot read is no anchor, and is not passed over in
// silence.
func TestUnreadableCertificate(t *testing.T) {
	m := maker{by: newSigner(t, "issuer")}
	text := service(caQC, "old", granted, now, m.by.cert, "", "")
	m.providers = providers(strings.Replace(text, b64(m.by.cert), "MAMCAQU=", 1))
	l, err := tsl.Verify([]byte(m.text(t)), m.expect())
	if err != nil {
		t.Fatal(err)
	}
	if s := l.Providers[0].Services[0]; s.Unreadable != 1 || len(s.Certificates) != 0 || len(l.Anchors(tsl.Filter{At: now})) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestStatusAtATime(t *testing.T) {
	m := maker{by: newSigner(t, "issuer")}
	key := newSigner(t, "x").key
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	ca, tsa := selfIssued(t, "CA", key, day(-900), day(900)), selfIssued(t, "TSA", key, day(-900), day(900))
	web, odd := selfIssued(t, "web", key, day(-900), day(900)), selfIssued(t, "odd", key, day(-900), day(900))
	use := func(uri string) string {
		return `<Extension Critical="false"><AdditionalServiceInformation><URI xml:lang="en">` + uri + `</URI></AdditionalServiceInformation></Extension>`
	}
	m.providers = providers(
		service(caQC, "CA", withdrawn, day(-10), ca, use(tsl.ForSignatures)+use(tsl.ForSeals),
			past(caQC, "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/undersupervision", day(-800))+past(caQC, granted, day(-100))),
		service(tsaQTST, "TSA", granted, day(-50), tsa, "", ""),
		service(caQC, "web", granted, day(-50), web, use(tsl.ForWebSites), ""),
		service(caQC, "odd", granted, day(-50), odd, `<Extension Critical="true"><x xmlns="urn:unknown"/></Extension>`, ""),
		service("http://uri.etsi.org/TrstSvc/Svctype/PSES/Q", "other", granted, day(-50), odd, "", ""),
		service(caQC, "unknown status", "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/GRANTED", day(-50), odd, "", ""),
	)
	l, err := tsl.Verify([]byte(m.text(t)), m.expect())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		filter tsl.Filter
		want   string
	}{
		"now":                  {tsl.Filter{At: now}, "TSA web"},
		"the day it was taken": {tsl.Filter{At: day(-10)}, "TSA web"},
		"a moment before":      {tsl.Filter{At: day(-10).Add(-time.Second)}, "CA TSA web"},
		"long ago":             {tsl.Filter{At: day(-90)}, "CA"},
		"under supervision":    {tsl.Filter{At: day(-700)}, "CA"},
		"before anything":      {tsl.Filter{At: day(-801)}, ""},
		"only time-stamps":     {tsl.Filter{At: day(-20), Kinds: []tsl.Kind{tsl.Timestamping}}, "TSA"},
		"for signatures":       {tsl.Filter{At: now, Use: tsl.ForSignatures, Kinds: []tsl.Kind{tsl.QualifiedCA}}, ""},
		"for web sites":        {tsl.Filter{At: now, Use: tsl.ForWebSites, Kinds: []tsl.Kind{tsl.QualifiedCA}}, "web"},
	} {
		var names []string
		for _, a := range l.Anchors(c.filter) {
			names = append(names, a.Certificate.Subject.CommonName)
			if a.Territory != "EE" || a.Provider != "Provider" || a.Since.After(c.filter.At) || !a.Until.IsZero() && !a.Until.After(c.filter.At) {
				t.Errorf("%s: %+v", name, a)
			}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: anchors %q, want %q", name, got, c.want)
		}
	}
	a := l.Anchors(tsl.Filter{At: day(-90)})[0]
	if !a.Until.Equal(day(-10)) || a.Service != "before" {
		t.Errorf("%+v", a)
	}
}

func FuzzList(f *testing.F) {
	m := maker{by: newSigner(f, "issuer")}
	m.providers = providers(service(caQC, "CA", granted, now, m.by.cert, "", past(caQC, withdrawn, now)))
	f.Add([]byte(m.text(f)))
	if text, _ := estonia(f); text != "" {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if l, err := tsl.Verify(text, tsl.Expect{Signers: []*x509.Certificate{m.by.cert}, Type: tsl.NationalList, Territory: "EE", Now: now}); l != nil && err != nil {
			t.Fatal("a list and a refusal")
		}
		tsl.ReadForFuzzing(text)
	})
}
