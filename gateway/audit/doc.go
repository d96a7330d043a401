// Package audit keeps the access events: who read whose data, when, why and
// with what result.
//
// [Events.Record] is the one door: it writes an event and its leaf of the
// ledger in the caller's transaction, so that an access and its event are
// durable together or not at all. [Events.OfPerson] is what a citizen sees of
// herself, [Events.Search] what an official reviews; both compare every event
// with the ledger while they read it. [Events.Proof] gives the file that
// proves one event offline, [Events.Check] examines all of them.
//
// # What it guarantees
//
//   - What was committed to the ledger is what is shown: an event whose bytes,
//     columns, salt or leaf were changed is shown as changed, by [Entry.Intact].
//   - Persons are looked up by a pseudonym, HMAC-SHA-256 under the operator's
//     pepper. No personal code stands in the tables of this package, and none in
//     its errors.
//   - Reviewing is an access too: Search records who looked, for whom and why,
//     before it answers.
//
// # What it does not protect against
//
// An access that nobody records: the rooms record before they release, which
// their own tests show. An operator who erases events and replaces the ledger
// with another one: keep checkpoints and proofs elsewhere.
package audit
