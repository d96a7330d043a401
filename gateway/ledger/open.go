package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"eidgate/internal/db"
	"eidgate/internal/filelock"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// What Options leave at zero.
const (
	DefaultCheckpointEvery = time.Second
	DefaultLease           = 10 * time.Second
)

// Options of a ledger. Database, Tiles and Signer are required.
type Options struct {
	// Database holds the ledger's tables.
	Database db.Database
	// Tiles is the folder of the tree. It is made when missing, and built again
	// from the database.
	Tiles string
	// HeadFile is where the last signed head is kept besides the database, best
	// on another disk. Empty keeps none: then only the database remembers.
	HeadFile string
	// Signer holds the ledger's key; its name is the ledger's origin.
	Signer note.Signer
	// Verifier is the signer's public key: no proof leaves that it refuses.
	Verifier note.Verifier
	// Node names this process among those that share the database.
	Node string
	// CheckpointEvery is the time between two signed checkpoints, at least 100 ms.
	CheckpointEvery time.Duration
	// Lease is how long other nodes wait before they replace a silent one.
	Lease time.Duration
	Now   func() time.Time
	Log   *slog.Logger
}

// Log is an open ledger.
type Log struct {
	options Options
	heads   *heads
	guard   *guard
	tiles   *tiles
	wake    chan struct{}
	trouble trouble
}

// Open checks the ledger and opens its tiles; Close it. It refuses with
// [ErrTilesOlder], [ErrForked], [ErrDatabaseOlder], [ErrOtherKey], [ErrInUse]
// or [ErrHeadFile], and then nothing was written. A missing tile folder is
// built again here, before Open returns.
func Open(ctx context.Context, options Options) (*Log, error) {
	options.CheckpointEvery = max(options.CheckpointEvery, 0)
	if options.CheckpointEvery == 0 {
		options.CheckpointEvery = DefaultCheckpointEvery
	}
	if options.Lease == 0 {
		options.Lease = DefaultLease
	}
	keyID := fmt.Sprintf("%08x", options.Signer.KeyHash())
	if options.Verifier.Name() != options.Signer.Name() || options.Verifier.KeyHash() != options.Signer.KeyHash() {
		return nil, fmt.Errorf("opening the ledger: %w: signer and verifier differ", ErrOtherKey)
	}
	l := &Log{
		options: options,
		heads:   &heads{database: options.Database, origin: options.Signer.Name(), keyID: keyID, file: options.HeadFile},
		wake:    make(chan struct{}, 1),
	}
	if err := l.open(ctx); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	return l, nil
}

func (l *Log) open(ctx context.Context) error {
	last, err := l.heads.row(ctx)
	if err != nil {
		return err
	}
	written, err := l.heads.inFile()
	if err != nil {
		return err
	}
	if l.options.HeadFile != "" && written.size == 0 && last.size > 0 {
		l.options.Log.WarnContext(ctx, "the head file of the ledger was not there: an older database would not have been noticed", "file", l.options.HeadFile)
	}
	if err := l.checkDatabase(ctx, last, written); err != nil {
		return err
	}
	l.guard = &guard{Signer: l.options.Signer, heads: l.heads, last: last, written: written}
	l.tiles, err = openTiles(ctx, l.options, l.guard)
	if err != nil {
		return err
	}
	l.guard.tiles = l.tiles.reader.ReadTile
	if err := l.checkTiles(ctx, last, written); err != nil {
		l.tiles.abandon()
		return err
	}
	return nil
}

// Close signs what is in the tree and stops the tiles. Run must have returned.
func (l *Log) Close() error {
	err := l.tiles.close()
	l.guard.rest()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err = errors.Join(err, l.leaveLease(ctx)); err != nil {
		return fmt.Errorf("closing the ledger: %w", err)
	}
	return nil
}

// tiles is the folder of the tree, held by this process alone.
type tiles struct {
	folder   string
	fresh    bool // there was no tree, or building it again did not end
	appender *tessera.Appender
	reader   tessera.LogReader
	close    func() error // publishes what was added
	abandon  func()       // leaves the folder as it is
}

// openTiles takes the folder. Tessera v1.0.4 panics when two processes share
// one, so a lock of our own keeps the second out.
func openTiles(ctx context.Context, options Options, signer note.Signer) (*tiles, error) {
	if err := os.MkdirAll(options.Tiles, 0o700); err != nil {
		return nil, fmt.Errorf("making the tile folder: %w", err)
	}
	unlock, free, err := filelock.TryLock(options.Tiles + ".lock")
	if err != nil {
		return nil, fmt.Errorf("locking the tile folder: %w", err)
	}
	if !free {
		return nil, ErrInUse
	}
	t := &tiles{folder: options.Tiles}
	t.fresh, err = unbuilt(options.Tiles)
	if err == nil {
		err = t.start(ctx, options, signer, unlock)
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return t, nil
}

// rebuilding is a file beside the folder while the tree is built again.
func rebuilding(folder string) string { return folder + ".rebuilding" }

// unbuilt says whether the tree must be built from the database, and leaves a
// mark so that a crash in the middle is not taken for an older folder.
func unbuilt(folder string) (bool, error) {
	for _, name := range []string{rebuilding(folder), filepath.Join(folder, ".state", "treeState")} {
		_, err := os.Stat(name)
		if err == nil {
			return name == rebuilding(folder), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("looking at the tile folder: %w", err)
		}
	}
	if err := os.WriteFile(rebuilding(folder), nil, 0o600); err != nil {
		return false, fmt.Errorf("marking the tile folder: %w", err)
	}
	return true, nil
}

// Tessera's settings: entries are in the tree within batchAge of being added.
const (
	batchSize       = 256
	batchAge        = 5 * time.Millisecond
	collectEvery    = 5 * time.Second
	shutdownTimeout = 5 * time.Second
)

func (t *tiles) start(ctx context.Context, options Options, signer note.Signer, unlock func()) error {
	driver, err := posix.New(ctx, posix.Config{Path: options.Tiles})
	if err != nil {
		return fmt.Errorf("opening the tiles: %w", err)
	}
	// The tiles outlive the context of the start; close ends them.
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	appender, shutdown, reader, err := tessera.NewAppender(life, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(options.CheckpointEvery).
		WithBatching(batchSize, batchAge).
		WithGarbageCollectionInterval(collectEvery).
		WithShutdownTimeout(shutdownTimeout))
	if err != nil {
		stop()
		return fmt.Errorf("opening the tiles: %w", err)
	}
	t.appender, t.reader = appender, reader
	t.abandon = func() { stop(); unlock() }
	t.close = func() error {
		defer t.abandon()
		return shutdown(context.WithoutCancel(ctx))
	}
	return nil
}
