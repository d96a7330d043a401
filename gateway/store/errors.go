package store

import (
	"errors"
	"fmt"

	"eidgate/internal/fault"
)

// What callers can act on.
var (
	ErrUnavailable = fault.New("store.unavailable", "the database cannot be reached", "Try again in a minute.")
	ErrBusy        = fault.New("store.busy", "the database is too busy", "Try again in a moment. Nothing was changed.")
	ErrFull        = fault.New("store.full", "the database has no space left", "Nothing was changed. The operator must free space.")
	ErrDuplicate   = fault.New("store.duplicate", "a row with this key is there already", "")
	ErrConflict    = fault.New("store.conflict", "the row breaks a rule of its table", "")
	ErrDamaged     = fault.New("store.damaged", "the database is damaged", "The operator must restore a backup.")
	ErrNewer       = fault.New("store.newer", "the database was made by a newer version of the program", "Run that version, or restore a backup from before.")
	ErrURL         = fault.New("store.url", "the database's address is not understood", `Write "sqlite:FILE" or "postgres://user:password@host/name".`)
)

// errRepeat marks what the database asks to be run again.
var errRepeat = errors.New("the transaction must be repeated")

// coded is a driver's error with the sentinel it means. It unwraps to both, so
// that database/sql still finds driver.ErrBadConn.
func coded(sentinel, err error) error {
	return fmt.Errorf("%w: %w", sentinel, err)
}
