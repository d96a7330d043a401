package sign

import (
	"crypto"
	"encoding/base64"
	"encoding/xml"
	"strings"
	"unicode/utf8"
)

// The elements of a validation report in the order of the schema, those that are
// written here. Prefixes are part of the names, which saves a declaration on
// each element.
type xmlValidationReport struct {
	XMLName    xml.Name        `xml:"ValidationReport"`
	Report     string          `xml:"xmlns,attr"`
	DSig       string          `xml:"xmlns:ds,attr"`
	XAdES      string          `xml:"xmlns:xades,attr"`
	Signatures []*xmlSignature `xml:"SignatureValidationReport"`
	Objects    *xmlObjects     `xml:"SignatureValidationObjects"`
}

type xmlSignature struct {
	Identifier  *xmlIdentifier  `xml:"SignatureIdentifier"`
	Constraints *xmlConstraints `xml:"ValidationConstraintsEvaluationReport"`
	Time        *xmlTimeInfo    `xml:"ValidationTimeInfo"`
	Document    *xmlDocument    `xml:"SignersDocument"`
	Attributes  *xmlAttributes  `xml:"SignatureAttributes"`
	Signer      *xmlSigner      `xml:"SignerInformation"`
	Process     xmlProcess      `xml:"SignatureValidationProcess"`
	Status      *xmlStatus      `xml:"SignatureValidationStatus"`
}

type xmlIdentifier struct {
	ID           string       `xml:"id,attr"`
	Digest       *xmlDigest   `xml:"DigestAlgAndValue"`
	Value        *base64Bytes `xml:"ds:SignatureValue"`
	HashOnly     bool         `xml:"HashOnly"`
	DocHashOnly  bool         `xml:"DocHashOnly"`
	DAIdentifier string       `xml:"DAIdentifier,omitempty"`
}

type xmlDigest struct {
	Method xmlMethod   `xml:"ds:DigestMethod"`
	Value  base64Bytes `xml:"ds:DigestValue"`
}

type xmlMethod struct {
	Algorithm string `xml:"Algorithm,attr"`
}

type xmlConstraints struct {
	Policy *xmlPolicy      `xml:"SignatureValidationPolicy"`
	List   []xmlConstraint `xml:"ValidationConstraint"`
}

type xmlPolicy struct {
	ID struct {
		Policy struct {
			ID struct {
				Identifier string `xml:"xades:Identifier"`
			} `xml:"xades:SigPolicyId"`
			Hash xmlDigest `xml:"xades:SigPolicyHash"`
		} `xml:"xades:SignaturePolicyId"`
	} `xml:"SignaturePolicyIdentifier"`
	Name string `xml:"PolicyName"`
}

type xmlConstraint struct {
	ID         string     `xml:"ValidationConstraintIdentifier"`
	Parameters []xmlTyped `xml:"ValidationConstraintParameter"`
	Status     struct {
		Status string `xml:"Status"`
	} `xml:"ConstraintStatus"`
	Verdict     *xmlStatus `xml:"ValidationStatus"`
	Indications string     `xml:"Indications,omitempty"`
}

type xmlTyped struct {
	Type  string `xml:"Type"`
	Value string `xml:"Value"`
}

type xmlStatus struct {
	Main string   `xml:"MainIndication"`
	Sub  string   `xml:"SubIndication,omitempty"`
	Data *xmlData `xml:"AssociatedValidationReportData"`
}

type xmlTimeInfo struct {
	At   string `xml:"ValidationTime"`
	Best xmlPOE `xml:"BestSignatureTime"`
}

type xmlPOE struct {
	Time   string `xml:"POETime"`
	Type   string `xml:"TypeOfProof"`
	Object *xmlID `xml:"POEObject"`
}

// xmlID refers to validation objects, one or several.
type xmlID struct {
	IDs string `xml:"VOReference,attr"`
}

func refer(ids ...string) *xmlID {
	if len(ids) == 0 || ids[0] == "" {
		return nil
	}
	return &xmlID{strings.Join(ids, " ")}
}

type xmlDocument struct {
	Digest         *xmlDigest `xml:"DigestAlgAndValue"`
	Representation *xmlID     `xml:"SignersDocumentRepresentation"`
}

type xmlSigner struct {
	Certificate *xmlID `xml:"SignerCertificate"`
	Name        string `xml:"Signer,omitempty"`
}

type xmlProcess struct {
	ID string `xml:"SignatureValidationProcessID"`
}

type xmlData struct {
	Anchor     *xmlID         `xml:"TrustAnchor"`
	Chain      *xmlChain      `xml:"CertificateChain"`
	Related    []*xmlID       `xml:"RelatedValidationObject"`
	Revocation *xmlRevocation `xml:"RevocationStatusInformation"`
	Crypto     *xmlCrypto     `xml:"CryptoInformation"`
}

type xmlChain struct {
	Signing      *xmlID   `xml:"SigningCertificate"`
	Intermediate []*xmlID `xml:"IntermediateCertificate"`
	Anchor       *xmlID   `xml:"TrustAnchor"`
}

type xmlRevocation struct {
	Certificate *xmlID `xml:"ValidationObjectId"`
	Time        string `xml:"RevocationTime"`
	Object      *xmlID `xml:"RevocationObject"`
}

type xmlCrypto struct {
	Object    *xmlID `xml:"ValidationObjectId"`
	Algorithm string `xml:"Algorithm"`
	Secure    bool   `xml:"SecureAlgorithm"`
}

type xmlObjects struct {
	List []*xmlObject `xml:"ValidationObject"`
}

type xmlObject struct {
	ID           string           `xml:"id,attr"`
	Type         string           `xml:"ObjectType"`
	Content      xmlContent       `xml:"ValidationObjectRepresentation"`
	POE          *xmlPOE          `xml:"POE"`
	Provisioning *xmlProvisioning `xml:"POEProvisioning"`
	Report       *xmlSignature    `xml:"ValidationReport"`
}

type xmlContent struct {
	Base64 *base64Bytes `xml:"base64"`
	Digest *xmlDigest   `xml:"DigestAlgAndValue"`
}

type xmlProvisioning struct {
	Time    string   `xml:"POETime"`
	Objects []*xmlID `xml:"ValidationObject"`
}

func (p *xmlProvisioning) cover(ids []string) {
	for _, id := range ids {
		p.Objects = append(p.Objects, refer(id))
	}
}

// base64Bytes is written in base64.
type base64Bytes []byte

// MarshalText gives the base64.
func (b base64Bytes) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, b), nil
}

// digestURI names a digest algorithm (RFC 9231 §2.1); empty for one that is not
// accepted.
func digestURI(h crypto.Hash) string {
	return map[crypto.Hash]string{
		crypto.SHA256: "http://www.w3.org/2001/04/xmlenc#sha256",
		crypto.SHA384: "http://www.w3.org/2001/04/xmldsig-more#sha384",
		crypto.SHA512: "http://www.w3.org/2001/04/xmlenc#sha512",
	}[h]
}

func digestOf(h crypto.Hash, value []byte) *xmlDigest {
	method := digestURI(h)
	if method == "" || len(value) == 0 {
		return nil
	}
	return &xmlDigest{xmlMethod{method}, value}
}

// xmlText is text from a document without what XML cannot hold (XML 1.0 §2.2)
// and what steers a terminal.
func xmlText(text string) string {
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if steers(r) || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, text), string(utf8.RuneError))
}
