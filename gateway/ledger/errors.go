package ledger

import "eidgate/internal/fault"

// What Open refuses. Each says that something was restored, mixed up or
// changed, and nothing is written until a person has looked.
var (
	ErrTilesOlder = fault.New("ledger.tiles-older", "the tile folder is older than the last signed checkpoint",
		"Put the newer folder back, or move this one away: it is built again from the database.")
	ErrForked = fault.New("ledger.forked", "the tiles are not the tree that was signed",
		"Move the tile folder away: it is built again from the database and compared with the last signed checkpoint.")
	ErrDatabaseOlder = fault.New("ledger.database-older", "the database is older than the ledger",
		"A backup was restored. Put the newer database back; do not delete the head file.")
	ErrOtherKey = fault.New("ledger.other-key", "the ledger was signed with another key or under another name",
		"Give the key and the name with which this ledger was begun.")
	ErrInUse = fault.New("ledger.in-use", "another process has the tile folder open",
		"Stop the other eidgate first, or give this one its own folder.")
	ErrHeadFile = fault.New("ledger.head-file", "the head file cannot be read or is not one",
		"Restore the file from where it was; without it an older database would not be noticed.")
)

// What a running ledger answers.
var (
	ErrPending = fault.New("ledger.pending", "the event is recorded and not yet in a signed tree",
		"Ask again in a few seconds.")
	ErrUnknown = fault.New("ledger.unknown-event", "there is no event with this number",
		"Check the number of the event.")
	ErrNotExtension = fault.New("ledger.not-an-extension", "a head does not extend the one signed before",
		"The tile folder was changed while the service ran. Stop it and run a check.")
	ErrDeposed = fault.New("ledger.deposed", "another node signs for this ledger now",
		"Nothing: the other node goes on.")
	ErrChanged = fault.New("ledger.changed", "a leaf is not the one that was signed",
		"Somebody changed the database. Keep it as it is, and compare it with a backup.")
)
