// Package store opens the gateway's database, SQLite in a file or PostgreSQL,
// and makes both behave alike for the rooms that own tables.
//
// [Open] opens one by its URL, [Store.Migrate] brings the tables of every room
// up to date, and [Store.Tx] is how rooms write. A Store is a db.Database.
//
// # What it guarantees
//
// Transactions of Tx happen as if one after the other, on both databases: on
// SQLite there is one writer at a time, on PostgreSQL they are SERIALIZABLE and
// repeated when the database asks for it (40001, 40P01). A room therefore needs
// neither FOR UPDATE nor a lock of its own. When Tx returns nil the transaction
// is on disk (synchronous=FULL; synchronous_commit as the server has it).
//
// On SQLite, transactions that wait for each other share one commit, each in a
// savepoint of its own: see BenchmarkTx for what that is worth. On PostgreSQL
// those share one that read nothing and put their writes off (db.Later): all of
// them go from BEGIN to COMMIT in one round trip. A transaction that fails, is
// cancelled or panics takes nobody else's work with it, and success is told
// only after PostgreSQL said COMMIT.
//
// After a statement of a transaction failed, every later one of it fails too, on
// both databases, as PostgreSQL has it.
//
// Every error of a driver carries a code that callers can act on, wherever it
// appears, also out of Row.Scan: see the errors of this package. A database
// that is away is ErrUnavailable; nothing needs to be done for the return but
// trying again.
//
// # What it does not protect against
//
// A connection lost while PostgreSQL commits leaves the outcome unknown: Tx says
// ErrUnavailable and does not try again. So does a context that ends meanwhile,
// with the context's error. Requests that must not happen twice need a key of
// their own in the tables.
//
// A SQLite file belongs to one node. It may be opened by other programs of the
// same machine, such as "eidgate keys", but not over a network file system.
package store
