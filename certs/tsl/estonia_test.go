package tsl_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/tsl"
	"eidgate/internal/testtool"
)

// The signer of the Estonian test list, as its issuer publishes it.
const estonianTestSigner = "9e4e8397 3eab8ec3 a9f5368d 5c983444 d8ff9b9d e80bb446 cdd0c771 9ee3adfa"

// estonia is the Estonian test list and its pinned signer.
func estonia(t testing.TB) (text string, e tsl.Expect) {
	t.Helper()
	b, err := os.ReadFile(testtool.Shared(t, "tsl", "EE_T.xml"))
	if err != nil {
		t.Fatal(err)
	}
	text = string(b)
	e = tsl.Expect{Type: tsl.NationalList, Territory: "EE_T", Now: now}
	for _, m := range regexp.MustCompile(`(?s)X509Certificate>(.*?)</`).FindAllStringSubmatch(text, -1) {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(m[1]), ""))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(der)
		if hex.EncodeToString(sum[:]) != strings.ReplaceAll(estonianTestSigner, " ", "") {
			continue
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		e.Signers = []*x509.Certificate{c}
	}
	if e.Signers == nil {
		t.Fatal("the pinned signer is not in the list")
	}
	return text, e
}

func TestEstonianTestList(t *testing.T) {
	text, e := estonia(t)
	l, err := tsl.Verify([]byte(text), e)
	if err != nil {
		t.Fatal(err)
	}
	if l.Version != 6 || l.Sequence != 34 || l.Operator != "Information System Authority" || len(l.Providers) != 3 ||
		!l.NextUpdate.Equal(time.Date(2027, 8, 20, 21, 0, 0, 0, time.UTC)) || l.Expired || len(l.Pointers) != 1 ||
		len(l.Pointers[0].Signers) != 2 || l.Pointers[0].Territory != "EE" || l.Pointers[0].Type != tsl.ListOfLists {
		t.Errorf("%+v", l)
	}
	// Counted in the file with another parser: 31 services, 5 of them with a past; the
	// present ones by type.
	count := map[tsl.Kind]int{}
	services, history := 0, 0
	for _, p := range l.Providers {
		for _, s := range p.Services {
			services++
			history += len(s.States) - 1
			if len(s.Certificates)+s.Unreadable == 0 {
				t.Errorf("%s has no certificate", s.States[0].Name)
			}
			count[s.States[0].Kind]++
		}
	}
	if services != 31 || history != 5 || count[tsl.QualifiedCA] != 14 || count[tsl.PublicCA] != 3 ||
		count[tsl.OCSPResponder] != 5 || count[tsl.Timestamping] != 9 {
		t.Errorf("%d services, %d with a past, %v", services, history, count)
	}
	for kind, name := range map[tsl.Kind]string{
		tsl.QualifiedCA: "TEST of ESTEID2018", tsl.Timestamping: "", tsl.OCSPResponder: "",
	} {
		found := false
		for _, a := range l.Anchors(tsl.Filter{Kinds: []tsl.Kind{kind}, At: now}) {
			found = found || a.Certificate.Subject.CommonName == name || name == ""
		}
		if !found {
			t.Errorf("no anchor %v %s", kind, name)
		}
	}
}

// The list of a test domain makes a test store and no production store.
func TestEstonianTestListIsNotForProduction(t *testing.T) {
	text, e := estonia(t)
	l, err := tsl.Verify([]byte(text), e)
	if err != nil {
		t.Fatal(err)
	}
	set := &tsl.Set{Entries: []tsl.Entry{{List: l}}}
	f := tsl.Filter{Kinds: []tsl.Kind{tsl.QualifiedCA}, At: now}
	_, err = set.Store(certs.Production, f)
	wantCode(t, "production", err, "trust.mixed-domains")
	store, err := set.Store(certs.Test, f)
	if err != nil || len(store.Anchors()) < 10 {
		t.Errorf("%v", err)
	}
	f.At = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err = set.Store(certs.Test, f)
	wantCode(t, "before there were lists", err, "trust.no-anchors")
}

// Copies of the real list, each changed in one thing. xmlsec1 judges the same
// bytes: what it refuses must never pass here.
func TestConformanceTrustedList(t *testing.T) {
	text, e := estonia(t)
	var score testtool.Score
	_, err := tsl.Verify([]byte(text), e)
	score.Count(true, err == nil)
	another := newSigner(t, "somebody else")
	replace := func(old, with string) string {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("no %q in the list", old)
		}
		return strings.Replace(text, old, with, 1)
	}
	signature := between(text, "<ds:Signature ", "</ds:Signature>")
	firstService := between(text, "<TSPService>", "</TSPService>")
	signerOf := between(text, "<ds:KeyInfo>", "</ds:KeyInfo>")
	evil := strings.Replace(firstService, granted, withdrawn, 1)
	whole := strings.TrimPrefix(text, between(text, "<?xml", "?>"))
	for name, c := range map[string]struct{ text, code string }{
		"signature value":               {replace("WyFp4oe27bJSeRhv", "WyFp4oe27bJSeRhw"), "xmldsig.signature-value"},
		"digest value":                  {replace("z2/BmOOxR0ae14AvKaejjkKuFb2qD6qYlHcr6EJnPhE=", "z2/BmOOxR0ae14AvKaejjkKuFb2qD6qYlHcr6EJnPhA="), "xmldsig.signature-value"},
		"digest of properties":          {replace("I1TF6No1A4ZaPeJPgyYY6jwZEPd3pYB7pvsiYK68X8c=", "I1TF6No1A4ZaPeJPgyYY6jwZEPd3pYB7pvsiYK68X8Q="), "xmldsig.signature-value"},
		"signature algorithm":           {replace("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-sha512"), "xmldsig.signature-value"},
		"signature algorithm SHA-1":     {replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"), "xmldsig.weak-algorithm"},
		"status granted":                {replace(granted, withdrawn), "xmldsig.digest"},
		"status date":                   {replace("<StatusStartingTime>2016-06-30T22:00:00Z", "<StatusStartingTime>2001-06-30T22:00:00Z"), "xmldsig.digest"},
		"next update":                   {replace("2027-08-20T21:00:00Z", "2037-08-20T21:00:00Z"), "xmldsig.digest"},
		"sequence number":               {replace("<TSLSequenceNumber>34", "<TSLSequenceNumber>35"), "xmldsig.digest"},
		"territory":                     {replace("<SchemeTerritory>EE_T<", "<SchemeTerritory>EE<"), "xmldsig.digest"},
		"type of service":               {replace("Svctype/CA/PKC", "Svctype/CA/QC"), "xmldsig.digest"},
		"anchor swapped":                {replace(between(text, "<TSPService>", "</X509Certificate>"), strings.Replace(between(text, "<TSPService>", "</X509Certificate>"), between(text, "<TSPService>", "</X509Certificate>")[len(between(text, "<TSPService>", "<X509Certificate>")):], b64(another.cert)+"</X509Certificate>", 1)), "xmldsig.digest"},
		"service added":                 {replace("</TSPServices>", firstService+"</TSPServices>"), "xmldsig.digest"},
		"service removed":               {replace(firstService, ""), "xmldsig.digest"},
		"provider added":                {replace("<TrustServiceProviderList>", "<TrustServiceProviderList>"+between(text, "<TrustServiceProvider>", "</TrustServiceProvider>")), "xmldsig.digest"},
		"white space added":             {replace("</TrustServiceProviderList>", "</TrustServiceProviderList>\n"), "xmldsig.digest"},
		"instruction added":             {replace("<SchemeInformation>", "<SchemeInformation><?xml-stylesheet href='x'?>"), "xmldsig.digest"},
		"pinned certificate swapped":    {replace(signerOf, "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>"+b64(another.cert)+"</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"), "tsl.unpinned-signer"},
		"KeyInfo removed":               {replace(signerOf, ""), "tsl.unpinned-signer"},
		"KeyInfo empty":                 {replace(signerOf, "<ds:KeyInfo></ds:KeyInfo>"), "tsl.unpinned-signer"},
		"signing time":                  {replace("2026-05-11T09:22:20Z", "2026-05-12T09:22:20Z"), "xmldsig.digest"},
		"signing certificate's digest":  {replace("nk6Dlz6rjsOp9TaN", "nk6Dlz6rjsOp9TaM"), "xmldsig.digest"},
		"properties replaced by copy":   {replace("<ds:Object>", `<ds:Object><x Id="SignedProperties"/></ds:Object><ds:Object>`), "xmldsig.duplicate-id"},
		"signature removed":             {replace(signature, ""), "tsl.unsigned"},
		"second signature":              {replace(signature, signature+signature), "tsl.several-signatures"},
		"signature moved to the front":  {strings.Replace(replace(signature, ""), "<SchemeInformation>", signature+"<SchemeInformation>", 1), "tsl.not-covered"},
		"signature hidden in a service": {strings.Replace(replace(signature, ""), "</TSPService>", signature+"</TSPService>", 1), "tsl.not-covered"},
		"wrapped in a new list":         {`<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" xmlns:tslx="urn:x" xmlns:ecc="urn:y">` + between(text, "<SchemeInformation>", "</SchemeInformation>") + "<TrustServiceProviderList>" + evil + "</TrustServiceProviderList>" + whole + "</TrustServiceStatusList>", "tsl.not-covered"},
		"wrapped in an Object":          {replace("<ds:Object>", `<ds:Object>`+firstService+`</ds:Object><ds:Object>`), ""},
		"transform XSLT":                {replace(`<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`, `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/></ds:Transform>`), "xmldsig.transform"},
		"transform XPath":               {replace(`<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`, `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>`), "xmldsig.transform"},
		"reference to a part":           {replace(`<ds:Reference Id="r-tsl" URI="">`, `<ds:Reference Id="r-tsl" URI="#SignedProperties">`), "xmldsig.signature-value"},
		"document type":                 {replace("<TrustServiceStatusList ", `<!DOCTYPE TrustServiceStatusList [<!ENTITY x "y">]><TrustServiceStatusList `), "xml.dtd"},
		"entity":                        {replace("<TSLSequenceNumber>34", "<TSLSequenceNumber>&x;"), "xml.entity"},
		"comment in a status":           {replace(granted, strings.Replace(granted, "granted", "gran<!-- -->ted", 1)), "tsl.malformed"},
		"comment in the sequence":       {replace("<TSLSequenceNumber>34", "<TSLSequenceNumber>3<!-- -->4"), "tsl.malformed"},
		"another root":                  {strings.ReplaceAll(text, "TrustServiceStatusList", "TrustServiceStatusList2"), "tsl.not-a-list"},
		"another namespace":             {replace(`xmlns="http://uri.etsi.org/02231/v2#"`, `xmlns="http://uri.etsi.org/02231/v3#"`), "tsl.not-a-list"},
		"cut":                           {text[:len(text)-100], "xml.malformed"},
		"empty":                         {"", "xml.malformed"},
		"not UTF-8":                     {replace(`encoding="UTF-8"`, `encoding="UTF-16"`), "xml.encoding"},
	} {
		l, err := tsl.Verify([]byte(c.text), e)
		wantCode(t, name, err, c.code)
		if (err == nil) != (l != nil) {
			t.Errorf("%s: both a list and a refusal", name)
		}
		score.Count(c.code == "", err == nil)
		if err == nil && !judgedValid(t, c.text, e.Signers[0]) {
			t.Errorf("%s: accepted here, refused by xmlsec1", name)
		}
	}
	score.Print("Trusted list")
	// An Object that no reference covers is outside the signed content, and so
	// is what it holds: the service in it is not read.
	l, err := tsl.Verify([]byte(replace("<ds:Object>", `<ds:Object>`+evil+`</ds:Object><ds:Object>`)), e)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range l.Providers {
		n += len(p.Services)
	}
	if n != 31 {
		t.Errorf("%d services with one hidden in the signature, want 31", n)
	}
}

// judgedValid asks xmlsec1.
func judgedValid(t *testing.T, text string, signer *x509.Certificate) bool {
	t.Helper()
	dir := t.TempDir()
	pemFile, file := filepath.Join(dir, "signer.pem"), filepath.Join(dir, "list.xml")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer.Raw})
	if err := os.WriteFile(pemFile, block, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), testtool.Need(t, "xmlsec1"), "--verify", "--pubkey-cert-pem", pemFile,
		"--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", file)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("xmlsec1: %s", out)
	}
	return err == nil
}

func TestXMLSec1AgreesOnTheEstonianList(t *testing.T) {
	text, e := estonia(t)
	if !judgedValid(t, text, e.Signers[0]) {
		t.Error("xmlsec1 refuses the list")
	}
}

func TestExpectations(t *testing.T) {
	text, good := estonia(t)
	another := newSigner(t, "somebody else")
	for name, c := range map[string]struct {
		change func(*tsl.Expect)
		code   string
	}{
		"as it is":            {func(*tsl.Expect) {}, ""},
		"another signer":      {func(e *tsl.Expect) { e.Signers = []*x509.Certificate{another.cert} }, "tsl.unpinned-signer"},
		"no signer":           {func(e *tsl.Expect) { e.Signers = nil }, "tsl.unpinned-signer"},
		"one of several":      {func(e *tsl.Expect) { e.Signers = append([]*x509.Certificate{another.cert}, e.Signers...) }, ""},
		"another territory":   {func(e *tsl.Expect) { e.Territory = "EE" }, "tsl.wrong-territory"},
		"another type":        {func(e *tsl.Expect) { e.Type = tsl.ListOfLists }, "tsl.wrong-type"},
		"same sequence":       {func(e *tsl.Expect) { e.Sequence = 34 }, ""},
		"rolled back":         {func(e *tsl.Expect) { e.Sequence = 35 }, "tsl.rolled-back"},
		"same number, older":  {func(e *tsl.Expect) { e.Sequence = 34; e.Issued = now }, "tsl.rolled-back"},
		"expired":             {func(e *tsl.Expect) { e.Now = now.AddDate(1, 0, 0) }, "tsl.expired"},
		"expired but allowed": {func(e *tsl.Expect) { e.Now = now.AddDate(1, 0, 0); e.AllowExpired = true }, ""},
		"not yet issued":      {func(e *tsl.Expect) { e.Now = now.AddDate(-1, 0, 0) }, "tsl.from-the-future"},
		"signer expired":      {func(e *tsl.Expect) { e.Now = now.AddDate(3, 0, 0); e.AllowExpired = true }, "tsl.signer-expired"},
	} {
		e := good
		c.change(&e)
		l, err := tsl.Verify([]byte(text), e)
		wantCode(t, name, err, c.code)
		if l != nil && l.Expired != (name == "expired but allowed") {
			t.Errorf("%s: expired = %t", name, l.Expired)
		}
	}
}
