// Package sdjwt issues and verifies SD-JWT VC attestations: JWTs whose claims
// the holder shows one by one (RFC 9901, draft-ietf-oauth-sd-jwt-vc).
//
// [Issuer.Issue] makes one, [Present] leaves out what is not to be shown, and
// [Verifier.Verify] judges what somebody presents, offline, against a trust
// store.
//
// # What Verify guarantees
//
//   - The issuer is the host in the signing certificate, whose path ends at an
//     anchor of the trust store and whose purpose is to sign attestations.
//   - Every disclosure was signed: each is referenced exactly once. A claim that
//     decides about validity (iss, nbf, exp, cnf, vct, status) cannot be hidden
//     or shown by the holder.
//   - With an audience and a nonce, the presenter had the holder's key just now.
//
// # What it does not protect against
//
// An attestation without a holder's key is a bearer's: whoever has it shows it.
// Revocation is the status list's affair, see package statuslist; Verified
// names the list and the place.
package sdjwt
