package ocsp

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/certs"
)

// ResponseStatus is OCSPResponseStatus (RFC 6960 §4.2.1).
type ResponseStatus int

// The statuses there are; 4 is not used.
const (
	Successful        ResponseStatus = 0
	MalformedRequest  ResponseStatus = 1
	InternalError     ResponseStatus = 2
	TryLater          ResponseStatus = 3
	SignatureRequired ResponseStatus = 5
	Unauthorized      ResponseStatus = 6
)

// CertStatus is what one answer says. The order is that of severity: when
// several answers name the same certificate, the highest counts.
type CertStatus int

// The three answers of RFC 6960 §4.2.1.
const (
	Good CertStatus = iota + 1
	Unknown
	Revoked
)

// Answer is a SingleResponse: the status of one certificate.
type Answer struct {
	ID         CertID
	Status     CertStatus
	RevokedAt  time.Time // set when Revoked
	Reason     int       // CRLReason (RFC 5280 §5.3.1), 0 when not given
	ThisUpdate time.Time
	NextUpdate time.Time // zero when the answer has none
	Extensions []pkix.Extension
}

// Response is a parsed response. Nothing in it is trusted until [Verify] says
// so.
type Response struct {
	Status        ResponseStatus
	ResponderName []byte // DER Name, when identified by name
	ResponderKey  []byte // SHA-1 of the public key bits, when by key
	ProducedAt    time.Time
	Answers       []Answer
	Extensions    []pkix.Extension
	Certificates  [][]byte // DER as sent

	signed    []byte // tbsResponseData, DER
	algorithm pkix.AlgorithmIdentifier
	signature []byte
}

func malformed(what string) error {
	return certs.Refuse("ocsp.malformed", nil, "the OCSP response cannot be read: %s", what)
}

// ParseResponse reads a response strictly: DER, no bytes left over, within the
// limits. A response whose status is not successful has no more than its
// status.
func ParseResponse(der []byte) (*Response, error) {
	if len(der) > maxResponseBytes {
		return nil, certs.Refuse("ocsp.too-large", nil, "the OCSP response has %d bytes, more than %d", len(der), maxResponseBytes)
	}
	s := cryptobyte.String(der)
	var outer, body, basic cryptobyte.String
	var status int
	var present bool
	if !s.ReadASN1(&outer, cbasn1.SEQUENCE) || !s.Empty() || !outer.ReadASN1Enum(&status) {
		return nil, malformed("the outer shape")
	}
	if status < 0 || status > 6 || status == 4 {
		return nil, malformed("a response status that does not exist")
	}
	if !outer.ReadOptionalASN1(&body, &present, tagContext0) || !outer.Empty() {
		return nil, malformed("the response bytes")
	}
	r := &Response{Status: ResponseStatus(status)}
	if r.Status != Successful {
		return r, nil
	}
	var seq cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !present || !body.ReadASN1(&seq, cbasn1.SEQUENCE) || !body.Empty() || !seq.ReadASN1ObjectIdentifier(&kind) ||
		!seq.ReadASN1(&basic, cbasn1.OCTET_STRING) || !seq.Empty() {
		return nil, malformed("the response bytes")
	}
	if !kind.Equal(oidBasicResponse) {
		return nil, certs.Refuse("ocsp.unknown-type", nil, "the OCSP response is not a basic response")
	}
	return r, r.readBasic(basic)
}

// readBasic reads BasicOCSPResponse.
func (r *Response) readBasic(s cryptobyte.String) error {
	var seq, tbs, data, alg cryptobyte.String
	var signature asn1.BitString
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !s.Empty() || !seq.ReadAnyASN1Element(&tbs, new(cbasn1.Tag)) {
		return malformed("the basic response")
	}
	r.signed = tbs
	if !seq.ReadASN1Element(&alg, cbasn1.SEQUENCE) || !seq.ReadASN1BitString(&signature) || signature.BitLength%8 != 0 {
		return malformed("the signature")
	}
	if rest, err := asn1.Unmarshal(alg, &r.algorithm); err != nil || len(rest) != 0 {
		return malformed("the signature algorithm")
	}
	r.signature = signature.Bytes
	if !readExplicit(&seq, tagContext0, r.readCertificates) || !seq.Empty() {
		return malformed("the certificates")
	}
	if !tbs.ReadASN1(&data, cbasn1.SEQUENCE) || !r.readData(data) {
		return certs.Refuse("ocsp.malformed-data", nil, "the OCSP response cannot be read: the response data")
	}
	return nil
}

func (r *Response) readCertificates(s *cryptobyte.String) bool {
	var list cryptobyte.String
	if !s.ReadASN1(&list, cbasn1.SEQUENCE) {
		return false
	}
	for !list.Empty() {
		var cert cryptobyte.String
		if len(r.Certificates) == maxCertificates || !list.ReadASN1Element(&cert, cbasn1.SEQUENCE) {
			return false
		}
		r.Certificates = append(r.Certificates, cert)
	}
	return true
}

// readData reads ResponseData.
func (r *Response) readData(s cryptobyte.String) bool {
	var version int64
	if !s.ReadOptionalASN1Integer(&version, tagContext0, int64(0)) || version != 0 || !r.readResponder(&s) {
		return false
	}
	var list cryptobyte.String
	if !readTime(&s, &r.ProducedAt) || !s.ReadASN1(&list, cbasn1.SEQUENCE) {
		return false
	}
	for !list.Empty() {
		var a Answer
		if len(r.Answers) == maxAnswers || !readAnswer(&list, &a) {
			return false
		}
		r.Answers = append(r.Answers, a)
	}
	return readExplicit(&s, tagContext1, func(s *cryptobyte.String) bool {
		return readExtensions(s, &r.Extensions)
	}) && s.Empty()
}

// readResponder reads ResponderID ::= CHOICE { byName [1], byKey [2] }.
func (r *Response) readResponder(s *cryptobyte.String) bool {
	var inner, name cryptobyte.String
	if s.PeekASN1Tag(tagContext1) {
		if !s.ReadASN1(&inner, tagContext1) || !inner.ReadASN1Element(&name, cbasn1.SEQUENCE) {
			return false
		}
		r.ResponderName = name
		return inner.Empty()
	}
	return s.ReadASN1(&inner, tagContext2) &&
		inner.ReadASN1Bytes(&r.ResponderKey, cbasn1.OCTET_STRING) && inner.Empty() && len(r.ResponderKey) == 20
}

func readAnswer(list *cryptobyte.String, a *Answer) bool {
	var s cryptobyte.String
	if !list.ReadASN1(&s, cbasn1.SEQUENCE) || !readCertID(&s, &a.ID) || !readStatus(&s, a) || !readTime(&s, &a.ThisUpdate) {
		return false
	}
	if !readExplicit(&s, tagContext0, func(s *cryptobyte.String) bool { return readTime(s, &a.NextUpdate) }) {
		return false
	}
	return readExplicit(&s, tagContext1, func(s *cryptobyte.String) bool {
		return readExtensions(s, &a.Extensions)
	}) && s.Empty()
}

// readStatus reads CertStatus ::= CHOICE { good [0] NULL, revoked [1]
// RevokedInfo, unknown [2] NULL }, all implicitly tagged.
func readStatus(s *cryptobyte.String, a *Answer) bool {
	var inner cryptobyte.String
	switch {
	case s.PeekASN1Tag(cbasn1.Tag(0).ContextSpecific()):
		a.Status = Good
		return s.ReadASN1(&inner, cbasn1.Tag(0).ContextSpecific()) && inner.Empty()
	case s.PeekASN1Tag(cbasn1.Tag(2).ContextSpecific()):
		a.Status = Unknown
		return s.ReadASN1(&inner, cbasn1.Tag(2).ContextSpecific()) && inner.Empty()
	}
	a.Status = Revoked
	return s.ReadASN1(&inner, tagContext1) && readTime(&inner, &a.RevokedAt) &&
		readExplicit(&inner, tagContext0, func(s *cryptobyte.String) bool { return s.ReadASN1Enum(&a.Reason) }) && inner.Empty()
}
