package ledger

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
)

// checkDatabase refuses a database that forgot what was signed.
func (l *Log) checkDatabase(ctx context.Context, last, written head) error {
	numbered, err := l.numbered(ctx)
	if err != nil {
		return err
	}
	switch {
	case written.size > last.size:
		return fmt.Errorf("%w: it knows %d signed leaves and the head file %d", ErrDatabaseOlder, last.size, written.size)
	case written.size == last.size && !written.equal(last):
		return fmt.Errorf("%w: head file and database disagree at %d leaves", ErrForked, last.size)
	case last.size > numbered:
		return fmt.Errorf("%w: %d of %d signed leaves are there", ErrDatabaseOlder, numbered, last.size)
	}
	return nil
}

// numbered counts the leaves that have a place in the tree.
func (l *Log) numbered(ctx context.Context) (uint64, error) {
	var n uint64
	err := l.options.Database.QueryRowContext(ctx, `SELECT COALESCE(MAX(idx) + 1, 0) FROM ledger_leaf`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting the numbered leaves: %w", err)
	}
	return n, nil
}

// checkTiles builds a missing tree and compares the tiles with what was
// signed, so that nothing is added to another tree.
func (l *Log) checkTiles(ctx context.Context, last, written head) error {
	size, err := l.tiles.reader.IntegratedSize(ctx)
	if err != nil {
		return fmt.Errorf("reading the tiles: %w", err)
	}
	numbered, err := l.numbered(ctx)
	if err != nil {
		return err
	}
	switch {
	case size > numbered:
		return fmt.Errorf("%w: the tiles hold %d leaves and it numbered %d", ErrDatabaseOlder, size, numbered)
	case size < written.size && !l.tiles.fresh:
		// This node had more when it last signed. Tiles that only lag behind other
		// nodes are fed and compared like any others.
		return fmt.Errorf("%w: it holds %d of %d signed leaves", ErrTilesOlder, size, last.size)
	}
	if err := l.feed(ctx, math.MaxInt64); err != nil {
		return err
	}
	for _, signed := range []head{written, last} {
		if err := l.compare(ctx, signed); err != nil {
			return err
		}
	}
	if l.tiles.fresh {
		return os.Remove(rebuilding(l.tiles.folder))
	}
	return nil
}

// compare refuses tiles whose tree of the signed size has another root.
func (l *Log) compare(ctx context.Context, signed head) error {
	if signed.size == 0 {
		return nil
	}
	size, err := l.tiles.reader.IntegratedSize(ctx)
	if err != nil {
		return fmt.Errorf("reading the tiles: %w", err)
	}
	root, err := rootAt(ctx, wider(l.tiles.reader.ReadTile, size), signed.size)
	if err != nil {
		return err
	}
	if !signed.equal(head{size: signed.size, root: root}) {
		return fmt.Errorf("%w, at %d leaves", ErrForked, signed.size)
	}
	return nil
}

// rootAt computes the root of the first size leaves from the tiles.
func rootAt(ctx context.Context, tiles client.TileFetcherFunc, size uint64) ([]byte, error) {
	nodes, err := client.FetchRangeNodes(ctx, size, tiles)
	if err != nil {
		return nil, fmt.Errorf("reading the tiles: %w", err)
	}
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree, err := factory.NewRange(0, size, nodes)
	if err != nil {
		return nil, fmt.Errorf("computing the root of the tiles: %w", err)
	}
	root, err := tree.GetRootHash(nil)
	if err != nil {
		return nil, fmt.Errorf("computing the root of the tiles: %w", err)
	}
	return root, nil
}

// wider reads tiles of a tree of size for a smaller tree: a partial tile of the
// smaller tree's own width may never have been written, or be gone, and what it
// held is the beginning of the wider one.
func wider(tiles client.TileFetcherFunc, size uint64) client.TileFetcherFunc {
	return func(ctx context.Context, level, index uint64, partial uint8) ([]byte, error) {
		width := layout.PartialTileSize(level, index, size)
		tile, err := tiles(ctx, level, index, width)
		if err != nil {
			return nil, err
		}
		if n := int(partial) * rfc6962.DefaultHasher.Size(); n > 0 && n < len(tile) {
			tile = tile[:n]
		}
		return tile, nil
	}
}
