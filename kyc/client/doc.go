// Package client is what a company's own service uses: it asks an eidgate for
// verifications and attestations, and verifies attestations offline.
//
// [Client.CreateSession] and [Client.Attest] call the API with a key made by
// "eidgate keys new". [Verifier.Verify] judges an attestation with nothing but
// the issuer's trust anchor; [Verifier.Check] looks its place up in the status
// list besides, which is the only moment a network is needed.
//
//	v, err := client.NewVerifier(client.VerifierOptions{Anchors: anchors, Types: []string{issuer + "/vct/eid-kyc/v1"}})
//	attested, err := v.Verify(ctx, text, sdjwt.Expect{})
//	err = v.Check(ctx, attested)
//
// # What it guarantees
//
// An attestation is accepted only as package sdjwt accepts it. Check accepts no
// attestation whose status cannot be learned: a list that is away, too old, by
// somebody else, older than one seen before or too short is an error with a code
// of its own. With VerifierOptions.Revocation it also asks whether the issuer's
// certificate was revoked.
//
// # What it does not protect against
//
// A revocation after the list was fetched: a list may be used until its time
// to live has passed, a minute for eidgate and a day at most. An attestation without a status is
// accepted by Check when the issuer gave it none.
package client
