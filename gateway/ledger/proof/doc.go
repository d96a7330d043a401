// Package proof is the evidence that one event stands in the ledger: a C2SP
// tlog-proof file that anyone verifies offline with the ledger's public key.
//
// [Verify] reads a file and gives the record it proves. [Commit] makes the
// leaf that the ledger holds for a record.
//
// # What a proof says
//
// The ledger's leaf is 33 bytes: a version and HMAC-SHA-256(salt, record).
// The file carries the record and its salt (the opening, as the format's
// extra data), the leaf's index, the Merkle path of RFC 6962 and a checkpoint
// signed by the ledger. When Verify accepts it, the ledger's operator signed a
// tree that holds this very record at this index, and cannot take it back
// without showing two trees.
//
// # What it does not say
//
// That the record is true, or that every access was recorded: the gateway
// records before it releases anything, and both ends of an exchange record the
// same message, but a proof is about one record. The file holds personal data
// and belongs to the person whom the record is about.
package proof
