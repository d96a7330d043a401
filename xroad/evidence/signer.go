package evidence

import (
	"bytes"
	"crypto/x509"
	"strings"

	"eidgate/internal/xmlsec"
	"eidgate/xroad"
)

// memberOf reads the member from a signing certificate's subject by the profile
// FiVRK (serialNumber INSTANCE/SERVER/CLASS, commonName CODE), which Finland
// and test environments use, or EJBCA's (C, O, CN).
func memberOf(cert *x509.Certificate) (xroad.ClientID, error) {
	subject := cert.Subject
	if parts := strings.Split(subject.SerialNumber, "/"); len(parts) == 3 && subject.CommonName != "" {
		return xroad.ClientID{Instance: parts[0], Class: parts[2], Code: subject.CommonName}, nil
	}
	if len(subject.Country) == 1 && len(subject.Organization) == 1 && subject.CommonName != "" && subject.SerialNumber == "" {
		return xroad.ClientID{Instance: subject.Country[0], Class: subject.Organization[0], Code: subject.CommonName}, nil
	}
	return xroad.ClientID{}, refuse(CodeWrongSigner, nil, "the signing certificate names no member")
}

// checkSigner compares the signer with the sender of a REST message: the client
// of a request, the provider of a response. The headers of a SOAP message are
// the same in both, so its signer is one of the two.
func (r *Report) checkSigner() error {
	sender, known, err := SenderOf(r.Message)
	if err != nil {
		return err
	}
	if !known {
		return r.checkSOAP()
	}
	if sender != r.Signer {
		return refuse(CodeWrongSigner, nil, "the message is of %s and signed by %s", sender, r.Signer)
	}
	return nil
}

// Namespaces of the SOAP message protocol 4.0.
const (
	nsSOAP        = "http://schemas.xmlsoap.org/soap/envelope/"
	nsIdentifiers = "http://x-road.eu/xsd/identifiers"
	maxSOAP       = 64 << 20 // bytes
)

func (r *Report) checkSOAP() error {
	doc, err := xmlsec.Parse(r.Message, xmlsec.Limits{Size: maxSOAP, Elements: 2_000_000})
	if err != nil {
		return refuse(CodeMalformed, err, "the message cannot be read")
	}
	header := doc.Root.One(nsSOAP, "Header")
	if !doc.Root.Is(nsSOAP, "Envelope") || header == nil {
		return refuse(CodeMalformed, nil, "the message does not say who sent it")
	}
	for _, name := range []string{"client", "service"} {
		e := header.One(nsXRoad, name)
		if e == nil {
			return refuse(CodeMalformed, nil, "the message does not say who sent it")
		}
		var id xroad.ClientID
		for part, to := range map[string]*string{"xRoadInstance": &id.Instance, "memberClass": &id.Class, "memberCode": &id.Code} {
			if v := e.One(nsIdentifiers, part); v != nil {
				*to, _ = v.Value()
			}
		}
		if id == r.Signer {
			return nil
		}
	}
	return refuse(CodeWrongSigner, nil, "the message is neither of nor to %s, who signed it", r.Signer)
}

// SenderOf finds the member who must have signed a REST message: the client of a
// request, the provider of a response. known is false for SOAP. The error is a
// [*Refusal].
func SenderOf(message []byte) (id xroad.ClientID, known bool, err error) {
	trimmed := bytes.TrimLeft(message, " \t\r\n\ufeff")
	if bytes.HasPrefix(trimmed, []byte("<")) {
		return id, false, nil
	}
	if len(message) == 0 {
		return id, true, refuse(CodeMalformed, nil, "the message is empty")
	}
	lines := strings.Split(string(message), "\r\n")
	name := "x-road-client"
	if message[0] >= '1' && message[0] <= '9' {
		name = "x-road-service"
	}
	value := ""
	for _, line := range lines[1:] {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			value = v // the last one counts
		}
	}
	if name == "x-road-client" {
		id, err = xroad.ParseClientID(value)
	} else {
		var service xroad.ServiceID
		service, err = xroad.ParseServiceID(value)
		id = service.Provider
	}
	if err != nil {
		return id, true, refuse(CodeMalformed, err, "the message does not say who sent it")
	}
	return id.Member(), true, nil
}
