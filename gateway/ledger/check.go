package ledger

import (
	"bytes"
	"context"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
)

// Check computes the tree again from the leaves in SQL and compares it with
// the last signed checkpoint and with the tiles. It answers [ErrChanged], with
// the place of the first leaf that differs, [ErrForked] or [ErrDatabaseOlder].
// It reads every leaf: about a second for a million.
func (l *Log) Check(ctx context.Context) error {
	signed, _, err := l.Checkpoint(ctx)
	if err != nil {
		return fmt.Errorf("checking the ledger: %w", err)
	}
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree := factory.NewEmptyRange(0)
	for tree.End() < signed.Size {
		if err := l.checkSome(ctx, tree, signed.Size); err != nil {
			return fmt.Errorf("checking the ledger: %w", err)
		}
	}
	if signed.Size == 0 {
		return nil
	}
	root, err := tree.GetRootHash(nil)
	if err != nil {
		return fmt.Errorf("checking the ledger: %w", err)
	}
	if !bytes.Equal(root, signed.Hash) {
		return fmt.Errorf("checking the ledger: %w: the database's tree has another root", ErrChanged)
	}
	err = l.compare(ctx, head{size: signed.Size, root: signed.Hash})
	if err != nil {
		return fmt.Errorf("checking the ledger: %w", err)
	}
	return nil
}

// checkSome adds the next leaves to tree, each compared with its tile.
func (l *Log) checkSome(ctx context.Context, tree *compact.Range, size uint64) error {
	from := tree.End()
	leaves, err := l.leaves(ctx, from, int(min(numberAtOnce, size-from)))
	if err != nil {
		return err
	}
	if len(leaves) == 0 {
		return fmt.Errorf("%w: leaf %d is missing", ErrChanged, from)
	}
	hashes, err := client.FetchLeafHashes(ctx, l.tiles.reader.ReadTile, from, uint64(len(leaves)), size)
	if err != nil {
		return fmt.Errorf("reading the tiles: %w", err)
	}
	for i, leaf := range leaves {
		hash := rfc6962.DefaultHasher.HashLeaf(leaf)
		if !bytes.Equal(hash, hashes[i]) {
			return fmt.Errorf("%w: leaf %d", ErrChanged, from+uint64(i))
		}
		if err := tree.Append(hash, nil); err != nil {
			return fmt.Errorf("computing the tree: %w", err)
		}
	}
	return nil
}
