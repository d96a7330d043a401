// Package pkix reads certificates, revocation lists and names as RFC 5280
// writes them, into what path validation needs.
//
// It exists beside crypto/x509 for three reasons: crypto/x509 drops or refuses
// what RFC 5280 §6 has to see (policy mappings, directory name constraints,
// distribution points relative to a CRL issuer, the scope of a revocation
// list); it refuses whole certificates for a key it cannot use; and it
// compares names byte by byte where §7.1 says otherwise.
//
// It checks syntax alone, strictly and within limits, and never signatures.
// An error means that the bytes are malformed; what they mean is decided by
// package certs.
package pkix
