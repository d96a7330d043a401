// Package ledger is a log of access events that nobody rewrites unnoticed:
// leaves in SQL, a Merkle tree of C2SP tiles beside it, signed checkpoints and
// a proof per event.
//
// [Append] writes an event's leaf in the transaction of the event itself.
// [Open] checks what is there and [Log.Run] numbers leaves, builds tiles and
// signs; [Log.Proof] gives the tlog-proof file of one event. Package proof
// verifies such files and knows no database.
//
// # How it works
//
// SQL is the system of record. Event and leaf commit together, and only then
// does the caller release anything: the ledger is never in that path. One
// sequencer, elected by a lease in SQL, numbers the leaves in the order of
// their times and hands them to Tessera's POSIX tiles, so the same leaves
// always give the same tree and a lost folder is built again.
//
// The checkpoint signer is guarded: it signs a head only when the tiles prove
// that it extends the last head it signed. That head is kept outside the tile
// folder, in SQL, where it is replaced by compare-and-swap (so a sequencer that
// lost its lease cannot sign), and in a file that can stand on another disk.
// Open makes the same comparison before anything is accepted.
//
// Nodes that share a database have a tile folder each. Those that do not lead
// build the tree up to the head that the leading node recorded, compare it and
// sign that same head, so that each shows the checkpoint and gives proofs.
//
// # What it guarantees
//
//   - An event whose transaction committed gets a leaf in the tree exactly once,
//     whatever crashes afterwards.
//   - No two signed checkpoints of one ledger contradict each other while
//     either copy of the head survives. An older tile folder, an older database
//     and another key are refused at start with a code each.
//   - While it runs, whoever writes to the database cannot set it back below what
//     a node knows to be signed, give a place of the tree away twice, or hold the
//     sequencer up with a lease that no node took: numbering stops with a code
//     ([Log.StandsStill]), or goes on rightly.
//   - [Log.Check] finds any leaf that was changed, removed or added in SQL after
//     it was signed.
//
// # What it does not protect against
//
// An operator who restores tiles, database and head file together to one
// earlier moment: only somebody who kept a later checkpoint or proof notices.
// One who rewrites the database and then starts a node that never ran, without
// tiles and head file: the new node knows nothing better, and the others stand
// still. An event that was never written, or that was removed with its leaf
// before it was numbered: that is mostly a tenth of a second, and as long as the
// sequencer stands still ([Log.Waiting]). Times that a node's clock got wrong:
// the ledger proves the order of places, and a leaf that was written later has a
// later one, whatever its time says. Two processes with one tile folder on
// different machines.
package ledger
