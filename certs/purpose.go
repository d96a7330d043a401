package certs

// Purpose is what a certificate is about to be trusted for. Each purpose is a
// written rule on key usage, extended key usage, policies and time; callers
// name the purpose and never look at key usages themselves.
type Purpose int

// The purposes there are. A certificate good for one is refused for the
// others unless its rule says so.
const (
	Authentication  Purpose = iota + 1 // log in with a card
	DocumentSigning                    // sign documents (qualified or advanced)
	Timestamping                       // sign RFC 3161 time-stamps
	OCSPSigning                        // sign OCSP responses for its issuer
	ExchangeTLS                        // TLS between exchange gateways
	ExchangeSigning                    // sign exchange messages
)
