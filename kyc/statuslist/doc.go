// Package statuslist publishes and reads Token Status Lists: one signed list of
// bits that says of many attestations whether each still holds
// (draft-ietf-oauth-status-list).
//
// [Issuer.Issue] makes the token of a [List], [Verifier.Verify] reads one and
// [List.Status] looks a place up.
//
// A verifier fetches a whole list and looks up one place, so the issuer does
// not learn which attestation somebody verified. Lists are large and places
// are random for the same reason. A list says nothing about the past: a
// verifier that must know when an attestation was revoked keeps what it
// fetched.
package statuslist
