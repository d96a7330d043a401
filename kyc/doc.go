// Package kyc tells a company who its customer is, with the customer's card and
// consent, and attests it.
//
// A company [Service.Create]s a verification session and sends its customer to
// the session's page. There the person sees who asks for what and why, logs in
// with her card and decides claim by claim ([Service.Decide]). The company reads
// the [Service.Result] and may ask for an attestation ([Service.Attest]) that it
// keeps, verifies offline (package kyc/client) and sees revoked.
//
// # What it guarantees
//
//   - A claim leaves only when the person granted it to this company in this
//     session, and only after the event that says so is committed: the Recorder
//     is called in the transaction that every release waits for.
//   - What a session verified is what the card said then: the certificate is
//     verified again, revocation included, when the person decides.
//   - A session, its result and its attestations do not exist for other
//     companies. A page belongs to the browser that opened it first; looking
//     at it ([Service.Look]) does not open it.
//   - Who decides is who was shown the page last.
//   - What a session verified is encrypted in the database, bound to its row and
//     company, and erased after Options.Keep ([Service.Sweep]).
//   - A request that is sent again with its idempotency key (Retry) makes nothing
//     twice.
//   - The level of assurance comes from the versioned policy table of package
//     certs, the coverage from one of this package; a result cites both. What
//     the tables do not know is "unknown", never "high".
//
// # What it does not protect against
//
// A card names a person and a birth date (where the personal code has one). It
// does not prove nationality, place of birth or residence: the coverage says
// what is missing. A bearer attestation is believed from whoever shows it; a
// company that passes attestations on gives a holder's key.
package kyc
