package certs

import "fmt"

// Purpose is what a certificate is about to be trusted for. Each purpose is a
// written rule on key usage, extended key usage, policies and time; callers
// name the purpose and never look at key usages themselves.
type Purpose int

// The purposes there are. A certificate good for one is refused for the
// others unless its rule says so.
const (
	Authentication     Purpose = iota + 1 // log in with a card
	DocumentSigning                       // sign documents (qualified or advanced)
	Timestamping                          // sign RFC 3161 time-stamps
	OCSPSigning                           // sign OCSP responses for its issuer
	ExchangeTLS                           // TLS between exchange gateways
	ExchangeSigning                       // sign exchange messages
	AttestationSigning                    // sign attestations about persons (SD-JWT VC, status lists)
)

// PathOnly is no purpose: it checks a path and revocation but not what the
// certificate is for. It serves conformance suites and tools that show a
// certificate; nobody is believed because of it.
const PathOnly Purpose = -1

var purposeNames = [...]string{
	Authentication:     "authentication",
	DocumentSigning:    "document signing",
	Timestamping:       "time-stamping",
	OCSPSigning:        "OCSP signing",
	ExchangeTLS:        "exchange TLS",
	ExchangeSigning:    "exchange signing",
	AttestationSigning: "attestation signing",
}

// String names the purpose for people.
func (p Purpose) String() string {
	if p == PathOnly {
		return "path only"
	}
	if p < Authentication || int(p) >= len(purposeNames) {
		return fmt.Sprintf("Purpose(%d)", int(p))
	}
	return purposeNames[p]
}
