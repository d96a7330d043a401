// Package signing is the signing service behind the pages and the API: it takes
// documents, prepares signatures for a certificate, completes them with the
// value a card gave elsewhere, and hands the signed documents out. It knows no
// HTTP; gateway/api and the pages call it.
//
// A signature is made by [Service.Create], [Service.Upload] for each file,
// [Service.Prepare], [Service.Complete] and [Service.Open], or [Service.Parts]
// when the files stayed with the signer (mode [Digests]). [Validator] judges
// documents that others signed.
//
// # What it guarantees
//
// Everything is in the database: another node, or this one after a restart,
// goes on wherever a signature was left. Documents are written and read in
// pieces of [ChunkSize], so memory does not grow with them. An upload counts when
// it is whole; of any other nothing stays.
//
// The certificate is validated before the card is asked and fixed from then on.
// The value the card gave is kept, durably, before any service that can fail is
// asked: whatever happens after, [Service.Complete] can be repeated without the
// card, and the card is asked once. The finished document is validated by our
// own validator before it counts as completed.
//
// Completing twice is decided by what is kept: the same value, or none, goes on
// or answers as before; another value is [ErrCompletedAlready]. When two nodes
// complete at the same time, the first to commit wins and the other answers with
// the winner's result.
//
// A signature is known to its owner alone; for others it does not exist. Every
// step and every denial is given to the [Recorder] in the transaction that makes
// it true, and nothing is handed out before that transaction is durable.
//
// Documents, certificates and signatures are deleted when their time is over
// ([Service.Sweep]) or the owner asks for it; what stays for a day is that there
// was one.
//
// # What it does not protect against
//
// Who can read the database can read the documents in it while they live, and
// who can write it can change them between upload and preparation. The control
// code and the names and digests on the page are what the signer has against a
// service that lies.
package signing
