package certs

import (
	"crypto/x509"
	"encoding/asn1"

	"eidgate/certs/internal/pkix"
)

// Extensions and extended key usages the purposes look at (RFC 5280 §4.2.1).
var (
	oidKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidExtKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// purposeRule is one purpose's written rule. Every rule also forbids the
// usages of an authority (keyCertSign, cRLSign, basicConstraints CA) and
// demands the key usage extension.
type purposeRule struct {
	usage     x509.KeyUsage // at least one of these is set
	forbidden x509.KeyUsage // and none of these
	// extended usages that must all be present; empty: the extension may be
	// absent, and must not hold any of foreign.
	extended []x509.ExtKeyUsage
	foreign  []x509.ExtKeyUsage
	// alone: the extended usages are exactly these and critical (RFC 3161
	// §2.3 for time-stamping).
	alone bool
	// card: the certificate lives on an identity card, so policies are
	// required by the policy table's generation.
	card cardPolicies
	// unchecked: the rule of PathOnly.
	unchecked bool
}

// cardPolicies tells which policies of a generation a purpose requires.
type cardPolicies int

const (
	noCardPolicies cardPolicies = iota
	loginPolicies
	signingPolicies
)

const authorityUsages = x509.KeyUsageCertSign | x509.KeyUsageCRLSign

// serviceUsages are extended usages of services: a card has none of them.
var serviceUsages = []x509.ExtKeyUsage{
	x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageCodeSigning,
	x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageOCSPSigning,
}

// machineUsages are extended usages of machines and services: a person's
// signing certificate has none of them.
var machineUsages = append([]x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, serviceUsages...)

// purposeRules are the written rules.
//
//   - Authentication: digitalSignature without nonRepudiation, EKU clientAuth
//     (absent only on the cards of a generation known to have none) and no EKU
//     of a service.
//   - DocumentSigning and ExchangeSigning: nonRepudiation, and no EKU of a
//     machine (EstEID signing certificates have no EKU at all).
//   - Timestamping: EKU timeStamping alone and critical (RFC 3161 §2.3).
//   - OCSPSigning: EKU OCSPSigning (RFC 6960 §4.2.2.2).
//   - AttestationSigning: digitalSignature without nonRepudiation, as every JWT
//     signer of the high assurance profile, and no EKU of a machine or a login.
//     That a login certificate without EKU does not attest is for the caller:
//     the issuer's host stands in the certificate (SD-JWT VC, x5c).
//   - ExchangeTLS: both TLS roles, since a gateway calls and is called.
var purposeRules = map[Purpose]*purposeRule{
	Authentication: {
		usage: x509.KeyUsageDigitalSignature, forbidden: x509.KeyUsageContentCommitment,
		extended: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, foreign: serviceUsages, card: loginPolicies,
	},
	DocumentSigning: {
		usage: x509.KeyUsageContentCommitment, foreign: machineUsages, card: signingPolicies,
	},
	Timestamping: {
		usage:     x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		forbidden: x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment | x509.KeyUsageKeyAgreement,
		extended:  []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, alone: true,
	},
	OCSPSigning: {
		usage:    x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		extended: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
	},
	ExchangeTLS: {
		usage: x509.KeyUsageDigitalSignature, forbidden: x509.KeyUsageContentCommitment,
		extended: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	},
	ExchangeSigning: {
		usage: x509.KeyUsageContentCommitment, foreign: machineUsages,
	},
	AttestationSigning: {
		usage: x509.KeyUsageDigitalSignature, forbidden: x509.KeyUsageContentCommitment,
		foreign: append([]x509.ExtKeyUsage{x509.ExtKeyUsageAny}, machineUsages...),
	},
	PathOnly: {unchecked: true},
}

func ruleOf(p Purpose) (*purposeRule, error) {
	rule, ok := purposeRules[p]
	if !ok {
		return nil, Refuse("purpose.unknown", nil, "%v is not a purpose", p)
	}
	return rule, nil
}

// checkUsage checks everything about a purpose that the certificate alone
// shows.
func (rule *purposeRule) checkUsage(cert *x509.Certificate) error {
	if rule.unchecked {
		return nil
	}
	if cert.IsCA || cert.KeyUsage&authorityUsages != 0 {
		return Refuse("purpose.authority", cert, "the certificate belongs to an authority, not to a holder")
	}
	if present, _ := extension(cert, oidKeyUsage); !present {
		return Refuse("purpose.key-usage", cert, "the certificate does not say what its key may be used for")
	}
	if cert.KeyUsage&rule.usage == 0 || cert.KeyUsage&rule.forbidden != 0 {
		return Refuse("purpose.key-usage", cert, "the certificate's key usage is not that of this purpose").
			WithHint("Choose the card's other certificate: one is for logging in, the other for signing.")
	}
	return rule.checkExtended(cert)
}

func (rule *purposeRule) checkExtended(cert *x509.Certificate) error {
	present, critical := extension(cert, oidExtKeyUsage)
	refuse := func(reason string) error { return Refuse("purpose.extended-key-usage", cert, "%s", reason) }
	for _, want := range rule.extended {
		if rule.card == loginPolicies && !present {
			break // checkCardPolicies decides by the issuer's generation
		}
		if !hasExtended(cert, want) {
			return refuse("the certificate's extended key usage does not allow this purpose")
		}
	}
	for _, bad := range rule.foreign {
		if hasExtended(cert, bad) {
			return refuse("the certificate's extended key usage is that of another purpose")
		}
	}
	count := len(cert.ExtKeyUsage) + len(cert.UnknownExtKeyUsage)
	if present && count == 0 {
		return refuse("the certificate's extended key usage is empty")
	}
	if rule.alone && (!critical || count != len(rule.extended)) {
		return refuse("the certificate's extended key usage is not critical and alone")
	}
	return nil
}

func hasExtended(cert *x509.Certificate, want x509.ExtKeyUsage) bool {
	for _, u := range cert.ExtKeyUsage {
		if u == want {
			return true
		}
	}
	return false
}

func extension(cert *x509.Certificate, id asn1.ObjectIdentifier) (present, critical bool) {
	for _, e := range cert.Extensions {
		if e.Id.Equal(id) {
			return true, e.Critical
		}
	}
	return false, false
}

// extendedUsageOIDs are the identifiers of the usages the rules name (RFC 5280
// §4.2.1.12).
var extendedUsageOIDs = map[x509.ExtKeyUsage]pkix.OID{
	x509.ExtKeyUsageServerAuth:   "\x2b\x06\x01\x05\x05\x07\x03\x01",
	x509.ExtKeyUsageClientAuth:   "\x2b\x06\x01\x05\x05\x07\x03\x02",
	x509.ExtKeyUsageTimeStamping: "\x2b\x06\x01\x05\x05\x07\x03\x08",
	x509.ExtKeyUsageOCSPSigning:  "\x2b\x06\x01\x05\x05\x07\x03\x09",
}

// extendedOIDs are the usages every authority on the path must allow too.
func (rule *purposeRule) extendedOIDs() []pkix.OID {
	var out []pkix.OID
	for _, u := range rule.extended {
		out = append(out, extendedUsageOIDs[u])
	}
	return out
}
