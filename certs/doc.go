// Package certs says whom we trust and whom a certificate names.
//
// The two functions most people need:
//
//   - [Verifier.Verify] builds a path from a certificate to an anchor of a
//     [Store], checks it by RFC 5280 §6 at a given time, checks that the
//     certificate may be used for the [Purpose] and asks a [Revocation] about
//     every certificate below the anchor;
//   - [PersonOf] reads the person a certificate names.
//
// Revocation comes from certs/ocsp, certs/crl or evidence at hand
// ([RevocationLists]); [ParseCertificate] reads what crypto/x509 refuses;
// [Path.Profile] tells the kind of card and its level of assurance, and
// [QualificationOf] what a certificate says of its own qualification.
//
// # How a path is found and checked
//
// Paths are searched depth first, names and signatures checked at every step,
// within limits (12 certificates, 64 signatures, 16 complete paths). A complete
// path must hold by RFC 5280 §6.1: validity at the time asked about, names by
// §7.1, name constraints for every kind of name, policies by the graph of RFC
// 9618, path lengths, critical extensions. The engine is this package's own:
// crypto/x509 verifies signatures and nothing else. The anchor is held to what
// its own certificate says. Algorithms have a floor: no MD5, no SHA-1, no RSA
// under 2048 bits ([Verifier.HistoricUntil] is the written exception).
//
// # What it guarantees
//
// A certificate good for one purpose is refused for the others: a signing
// certificate cannot log in although it has no extended key usage, and a login
// certificate cannot sign documents. Test and production are two trust
// domains; a [Store] holds one of them and a certificate known to belong to
// the other is refused. Revocation fails closed: an answer that is missing,
// stale or unverifiable is a refusal. Every refusal is a [*Refusal] with a
// stable code, a sentence for people and the certificate it concerns.
//
// Personal codes are of type [Identifier], which prints as "[redacted]"
// wherever it is formatted or logged.
//
// # What it does not protect against
//
// It believes the anchors it is given: whoever can write the trust folder
// decides who is believed. It does not prove that the holder is present (that
// is the protocol's work) and it does not say whether a person of that name
// exists. A revocation published after the evidence was made is not seen.
//
// # Demo and test certificates
//
// Policies under the example arc 2.999 are accepted in the test domain alone,
// where 2.999.X is read as X: a demonstration PKI marks an e-resident's card
// with 2.999.1.3.6.1.4.1.51361.1.1.4.
package certs
