package evidence

import (
	"bytes"
	"crypto/x509"
	"strings"

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
// of a request, the provider of a response. A SOAP message is not read here.
func (r *Report) checkSigner() error {
	sender, known, err := SenderOf(r.Message)
	if err != nil {
		return err
	}
	if known && sender != r.Signer {
		return refuse(CodeWrongSigner, nil, "the message is of %s and signed by %s", sender, r.Signer)
	}
	return nil
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
