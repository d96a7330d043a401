package asic_test

import (
	"strings"
	"testing"

	"eidgate/sign"
	"eidgate/sign/internal/testpki"
)

// TestForgedXML is what can be done to the signature: wrapping in each
// position, what is signed taken away or doubled, and unsigned parts changed.
func TestForgedXML(t *testing.T) {
	w := testpki.New(t)
	sound := signed(t, w, w.Card("P-256"), sign.LevelLTA)
	text := open(t, sound).xml()
	properties := element(t, text, "xades:SignedProperties")
	object := element(t, text, "ds:Object")
	evil := strings.ReplaceAll(properties, "text/plain", "text/html")
	reference := element(t, text, "ds:Reference")
	spReference := text[strings.Index(text, `<ds:Reference Id="S0-RefSP"`):]
	spReference = spReference[:strings.Index(spReference, "</ds:Reference>")+len("</ds:Reference>")]
	stamp := element(t, text, "xades:SignatureTimeStamp")
	archive := element(t, text, "xades141:ArchiveTimeStamp")
	values := element(t, text, "xades:CertificateValues")

	refuseAll(t, sound, w.Trust(false), []forgery{
		// Wrapping: the signed properties somewhere else, others in their place.
		{"properties moved into another object", "xades.foreign-object", func(b *box) {
			b.sig(properties, strings.Replace(evil, "S0-SignedProperties", "S0-X", 1))
			b.sig("</ds:Signature>", "<ds:Object>"+properties+"</ds:Object></ds:Signature>")
		}},
		{"properties moved before the signature", "xades.form", func(b *box) {
			b.sig(properties, strings.Replace(evil, "S0-SignedProperties", "S0-X", 1))
			b.sig("<ds:Signature ", properties+"<ds:Signature ")
		}},
		{"properties moved after the signature", "xades.form", func(b *box) {
			b.sig(properties, strings.Replace(evil, "S0-SignedProperties", "S0-X", 1))
			b.sig("</ds:Signature>", "</ds:Signature>"+properties)
		}},
		{"properties moved into KeyInfo", "xades.properties", func(b *box) {
			b.sig(properties, strings.Replace(evil, "S0-SignedProperties", "S0-X", 1))
			b.sig("</ds:KeyInfo>", properties+"</ds:KeyInfo>")
		}},
		{"properties moved into the unsigned ones", "xades.properties", func(b *box) {
			b.sig(properties, strings.Replace(evil, "S0-SignedProperties", "S0-X", 1))
			b.sig("</xades:UnsignedSignatureProperties>", properties+"</xades:UnsignedSignatureProperties>")
		}},
		{"properties moved into a time-stamp", "xades.properties", func(b *box) {
			b.sig(properties, strings.Replace(evil, "S0-SignedProperties", "S0-X", 1))
			b.sig("</xades:SignatureTimeStamp>", properties+"</xades:SignatureTimeStamp>")
		}},
		{"properties doubled with one Id", "xades.properties", func(b *box) { b.sig(properties, evil+properties) }},
		{"properties doubled with another Id", "xades.properties", func(b *box) {
			b.sig(properties, strings.Replace(evil, "S0-SignedProperties", "S0-X", 1)+properties)
		}},
		{"qualifying properties doubled", "xades.foreign-object", func(b *box) {
			b.sig("</xades:QualifyingProperties>", `</xades:QualifyingProperties><xades:QualifyingProperties Target="#S0">`+
				strings.Replace(evil, "S0-SignedProperties", "S0-X", 1)+"</xades:QualifyingProperties>")
		}},
		{"second object", "xades.foreign-object", func(b *box) { b.sig("</ds:Signature>", "<ds:Object>x</ds:Object></ds:Signature>") }},
		{"text beside the properties", "xades.foreign-object", func(b *box) { b.sig("<ds:Object>", "<ds:Object>x") }},
		{"object removed", "xades.properties-missing", func(b *box) { b.sig(object, "") }},
		{"properties removed", "xades.properties", func(b *box) { b.sig(properties, "") }},
		{"properties of another signature", "xades.target", func(b *box) { b.sig(`Target="#S0"`, `Target="#S1"`) }},
		{"signature inside a signature", "xades.form", func(b *box) {
			b.sig("<ds:Signature ", "<ds:Other><ds:Signature ")
			b.sig("</ds:Signature>", "</ds:Signature></ds:Other>")
		}},
		{"Id used twice", "xades.signed-properties-unreferenced", func(b *box) {
			b.sig(`<ds:KeyInfo>`, `<ds:KeyInfo Id="S0-SignedProperties">`)
		}},
		{"Id used twice elsewhere", "xades.signed-properties-unreferenced", func(b *box) { b.sig(`<ds:KeyInfo>`, `<ds:KeyInfo Id="S0-SIG">`) }},

		// What is signed.
		{"properties unreferenced", "xades.signed-properties-unreferenced", func(b *box) { b.sig(spReference, "") }},
		{"properties referenced without type", "xades.references", func(b *box) {
			b.sig(` Type="http://uri.etsi.org/01903#SignedProperties"`, "")
		}},
		{"properties referenced by another type", "xades.references", func(b *box) {
			b.sig("http://uri.etsi.org/01903#SignedProperties", "http://uri.etsi.org/01903/v1.1.1#SignedProperties")
		}},
		{"properties referenced twice", "xades.signed-properties-unreferenced", func(b *box) { b.sig(spReference, spReference+spReference) }},
		{"type on a file", "xades.signed-properties-unreferenced", func(b *box) {
			b.sig(`URI="leping.txt"`, `URI="leping.txt" Type="http://uri.etsi.org/01903#SignedProperties"`)
		}},
		{"reference removed", "xades.data-format", func(b *box) { b.sig(reference, "") }},
		{"reference doubled", "xades.duplicate-reference", func(b *box) { b.sig(reference, reference+strings.Replace(reference, "S0-RefId0", "S0-RefIdX", 1)) }},
		{"reference to the whole document", "xades.references", func(b *box) { b.sig(`URI="leping.txt"`, `URI=""`) }},
		{"reference to an element", "xades.references", func(b *box) { b.sig(`URI="leping.txt"`, `URI="#S0-SIG"`) }},
		{"reference to the network", "xades.references", func(b *box) { b.sig(`URI="leping.txt"`, `URI="http://127.0.0.1/leping.txt"`) }},
		{"reference to a local file", "xades.references", func(b *box) { b.sig(`URI="leping.txt"`, `URI="file:///etc/passwd"`) }},
		{"reference out of the container", "xmldsig.signature-value", func(b *box) { b.sig(`URI="leping.txt"`, `URI="../leping.txt"`) }},
		{"reference to the manifest", "xmldsig.signature-value", func(b *box) { b.sig(`URI="leping.txt"`, `URI="META-INF/manifest.xml"`) }},
		{"reference to another file", "xmldsig.signature-value", func(b *box) { b.sig(`URI="leping.txt"`, `URI="leping2.txt"`) }},
		{"reference respelled", "xmldsig.signature-value", func(b *box) { b.sig(`URI="leping.txt"`, `URI="%6Ceping.txt"`) }},
		{"reference with a query", "xades.references", func(b *box) { b.sig(`URI="leping.txt"`, `URI="leping.txt?x"`) }},
		{"reference to an entity", "xml.entity", func(b *box) { b.sig(`URI="leping.txt"`, `URI="&leping;"`) }},
		{"base for the references", "xml.base", func(b *box) { b.sig(`<ds:Signature `, `<ds:Signature xml:base="lisad/" `) }},
		{"language for what is signed", "xmldsig.signature-value", func(b *box) { b.sig(`<ds:Signature `, `<ds:Signature xml:lang="et" `) }},
		{"namespace for what is signed", "xmldsig.signature-value", func(b *box) { b.sig(`<ds:Signature `, `<ds:Signature xmlns:evil="urn:evil" `) }},
		{"default namespace taken away", "xmldsig.form", func(b *box) {
			b.sig("<ds:DigestValue>", `<DigestValue xmlns="">`)
			b.sig("</ds:DigestValue>", "</DigestValue>")
		}},
		{"prefix bound again", "xades.form", func(b *box) { b.sig(`<ds:Signature `, `<ds:Signature xmlns:ds="urn:evil" `) }},
		{"prefix list for a method without", "xmldsig.transform", func(b *box) {
			b.sig(`<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2006/12/xml-c14n11"/><ds:SignatureMethod`,
				`<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2006/12/xml-c14n11"><ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xades"/></ds:CanonicalizationMethod><ds:SignatureMethod`)
		}},
		{"enveloped transform on a file", "xmldsig.signature-value", func(b *box) {
			b.sig(`URI="leping.txt">`, `URI="leping.txt"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></ds:Transforms>`)
		}},
		{"canonicalisation of a file", "xmldsig.signature-value", func(b *box) {
			b.sig(`URI="leping.txt">`, `URI="leping.txt"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2006/12/xml-c14n11"/></ds:Transforms>`)
		}},
		{"XML 1.1", "xml.encoding", func(b *box) { b.sig(`version="1.0"`, `version="1.1"`) }},
		{"reference spelled otherwise", "xades.duplicate-reference", func(b *box) {
			b.sig(reference, reference+strings.Replace(reference, `URI="leping.txt"`, `URI="%6Ceping.txt"`, 1))
		}},
		{"reference without URI", "xmldsig.reference", func(b *box) { b.sig(` URI="leping.txt"`, "") }},
		{"XPath transform", "xmldsig.transform", func(b *box) {
			b.sig(`URI="leping.txt">`, `URI="leping.txt"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/></ds:Transforms>`)
		}},
		{"XSLT transform", "xmldsig.transform", func(b *box) {
			b.sig(`URI="leping.txt">`, `URI="leping.txt"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms>`)
		}},
		{"base64 transform", "xmldsig.transform", func(b *box) {
			b.sig(`URI="leping.txt">`, `URI="leping.txt"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/></ds:Transforms>`)
		}},
		{"digest algorithm swapped", "xmldsig.signature-value", func(b *box) {
			b.sig(reference, strings.Replace(reference, "xmlenc#sha256", "xmlenc#sha512", 1))
		}},
		{"digest algorithm SHA-1", "xades.weak-digest", func(b *box) {
			b.sig("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1")
		}},
		{"signature algorithm SHA-1", "xmldsig.weak-algorithm", func(b *box) { b.sig("ecdsa-sha256", "ecdsa-sha1") }},
		{"signature algorithm swapped", "xmldsig.signature-value", func(b *box) { b.sig("ecdsa-sha256", "ecdsa-sha384") }},
		{"signature algorithm of another key", "xmldsig.key", func(b *box) { b.sig("ecdsa-sha256", "rsa-sha256") }},
		{"signature algorithm HMAC", "xmldsig.algorithm", func(b *box) { b.sig("ecdsa-sha256", "hmac-sha256") }},
		{"canonicalisation unknown", "xmldsig.algorithm", func(b *box) { b.sig("http://www.w3.org/2006/12/xml-c14n11", "http://www.w3.org/2010/10/xml-c14n2") }},
		{"digest value changed", "xmldsig.signature-value", func(b *box) { b.sig(inside(t, reference, "ds:DigestValue"), strings.Repeat("A", 43)+"=") }},
		{"signature value changed", "xmldsig.signature-value", func(b *box) {
			old := element(t, text, "ds:SignatureValue")
			b.sig(old, strings.Replace(old, ">", ">AAAA", 1))
		}},
		{"signature value empty", "xmldsig.form", func(b *box) { b.sig(inside(t, text, "ds:SignatureValue"), "") }},
		{"signing time changed", "xmldsig.digest", func(b *box) { b.sig("2026-06-01T12", "2016-06-01T12") }},
		{"media type in the properties changed", "xmldsig.digest", func(b *box) { b.sig("<xades:MimeType>text/plain", "<xades:MimeType>text/html") }},
		{"role added", "xmldsig.digest", func(b *box) {
			b.sig("</xades:SignedSignatureProperties>", "<xades:SignerRoleV2><xades:ClaimedRoles><xades:ClaimedRole>CEO</xades:ClaimedRole></xades:ClaimedRoles></xades:SignerRoleV2></xades:SignedSignatureProperties>")
		}},
		{"format of no file", "xades.data-format", func(b *box) { b.sig(`ObjectReference="#S0-RefId0"`, `ObjectReference="#S0-RefId9"`) }},
		{"format twice", "xades.data-format", func(b *box) { b.sig(`ObjectReference="#S0-RefId1"`, `ObjectReference="#S0-RefId0"`) }},

		{"comment in the media type", "xades.properties", func(b *box) {
			b.sig("<xades:MimeType>text/plain", "<xades:MimeType><!-- -->text/plain")
			b.list(`"text/plain"`, `"text/html"`)
		}},
		{"comment in the signing time", "xades.properties", func(b *box) { b.sig("2026-06-01T12", "2026-06-01T<!-- -->12") }},

		// The certificate.
		{"signing-certificate removed", "xades.signing-certificate-missing", func(b *box) { b.sig(element(t, text, "xades:SigningCertificateV2"), "") }},
		{"signing-certificate of another", "xades.signing-certificate-mismatch", func(b *box) {
			old := inside(t, element(t, text, "xades:CertDigest"), "ds:DigestValue")
			b.sig(old, strings.Repeat("A", 43)+"=")
		}},
		{"signing-certificate doubled", "xades.signing-certificate-mismatch", func(b *box) {
			e := element(t, text, "xades:SigningCertificateV2")
			b.sig(e, e+e)
		}},

		// XML itself.
		{"DTD", "xml.dtd", func(b *box) { b.sig("<asic:XAdESSignatures", `<!DOCTYPE a><asic:XAdESSignatures`) }},
		{"entity expansion", "xml.dtd", func(b *box) {
			b.sig("<asic:XAdESSignatures", `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><asic:XAdESSignatures`)
		}},
		{"external entity", "xml.dtd", func(b *box) {
			b.sig("<asic:XAdESSignatures", `<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><asic:XAdESSignatures`)
		}},
		{"undeclared entity", "xml.entity", func(b *box) { b.sig("text/plain", "text&x;plain") }},
		{"another encoding", "xml.encoding", func(b *box) { b.sig("UTF-8", "UTF-16") }},
		{"two roots", "xml.malformed", func(b *box) { b.sig("</asic:XAdESSignatures>", "</asic:XAdESSignatures><a/>") }},
		{"deeply nested", "xml.limit", func(b *box) {
			b.sig("</ds:Signature>", strings.Repeat("<a>", 200)+strings.Repeat("</a>", 200)+"</ds:Signature>")
		}},

		// Unsigned parts.
		{"time-stamp damaged", "xades.unsigned-property", func(b *box) {
			b.sig(inside(t, stamp, "xades:EncapsulatedTimeStamp"), "no")
		}},
		{"time-stamp emptied", "xades.unsigned-property", func(b *box) { b.sig(element(t, stamp, "xades:EncapsulatedTimeStamp"), "") }},
		{"time-stamp over something included", "xades.unsigned-property", func(b *box) {
			b.sig("<xades:EncapsulatedTimeStamp>", `<xades:Include URI="#S0"/><xades:EncapsulatedTimeStamp>`)
		}},
		{"time-stamp is no token", "timestamp.malformed", func(b *box) { b.sig(inside(t, stamp, "xades:EncapsulatedTimeStamp"), "AAAA") }},
		{"time-stamp canonicalised by XSLT", "xades.timestamp-method", func(b *box) {
			b.sig(stamp, strings.Replace(stamp, "http://www.w3.org/2006/12/xml-c14n11", "http://www.w3.org/TR/1999/REC-xslt-19991116", 1))
		}},
		{"time-stamp two tokens", "xades.unsigned-property", func(b *box) {
			e := element(t, stamp, "xades:EncapsulatedTimeStamp")
			b.sig(stamp, strings.Replace(stamp, e, e+e, 1))
		}},
		{"archive time-stamp in the place of the first", "timestamp.wrong-imprint", func(b *box) {
			b.sig(inside(t, stamp, "xades:EncapsulatedTimeStamp"), inside(t, archive, "xades:EncapsulatedTimeStamp"))
		}},
		{"archive time-stamp over less", "timestamp.wrong-imprint", func(b *box) { b.sig(values, "") }},
		{"archive time-stamp over more", "timestamp.wrong-imprint", func(b *box) { b.sig(archive, "<xades:Other/>"+archive) }},
		{"archive time-stamp of the signature value", "timestamp.wrong-imprint", func(b *box) {
			b.sig(inside(t, archive, "xades:EncapsulatedTimeStamp"), inside(t, stamp, "xades:EncapsulatedTimeStamp"))
		}},
		{"archive time-stamp damaged", "timestamp.malformed", func(b *box) { b.sig(inside(t, archive, "xades:EncapsulatedTimeStamp"), "AAAA") }},
		{"unsigned properties doubled", "xades.properties", func(b *box) {
			b.sig("</xades:UnsignedProperties>", "<xades:UnsignedSignatureProperties/></xades:UnsignedProperties>")
		}},
	})
}
