// Package timestamp asks for, makes and judges time-stamps (RFC 3161,
// RFC 5816): the proof that a digest existed at a time.
//
// Most people need two things. [Client.Stamp] asks an authority and returns a
// token that answers the very question. [Token.Verify] judges a token, fresh
// or years old, against a digest and a certs.Verifier.
//
// A token is believed only when it is one SignedData with one signer, whose
// certificate is bound by a signing-certificate attribute and is, by the
// verifier's path at the token's time, a time-stamp authority: extended key
// usage timeStamping, critical and alone. The imprint is compared with its
// algorithm, SHA-1 is refused, and so is a critical extension nobody knows.
//
// [Authority] answers requests; certs/pki serves it.
//
// What it does not protect against: an authority that lies about the time, or
// whose key was stolen and whose certificate was not revoked.
package timestamp
