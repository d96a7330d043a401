package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"eidgate/gateway/ledger/proof"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
)

// State says how far an event has come.
type State struct {
	// Numbered is false while the leaf has no place in the tree.
	Numbered bool
	// Index is the leaf's place.
	Index uint64
	// Signed is true when a published checkpoint covers the leaf.
	Signed bool
}

// State finds an event's leaf. It answers [ErrUnknown].
func (l *Log) State(ctx context.Context, id string) (State, error) {
	var index sql.NullInt64
	err := l.options.Database.QueryRowContext(ctx, `SELECT idx FROM ledger_leaf WHERE id = $1`, id).Scan(&index)
	if errors.Is(err, sql.ErrNoRows) {
		return State{}, ErrUnknown
	}
	if err != nil {
		return State{}, fmt.Errorf("looking for an event's leaf: %w", err)
	}
	if !index.Valid {
		return State{}, nil
	}
	signed, _, err := l.Checkpoint(ctx)
	if err != nil {
		return State{}, err
	}
	place := uint64(index.Int64)
	return State{Numbered: true, Index: place, Signed: place < signed.Size}, nil
}

// Waiting counts the leaves that have no place in the tree yet, and gives the
// time of the oldest; zero when none waits. Until it is numbered nothing but
// the database holds an event: a leaf that waits long needs a look.
func (l *Log) Waiting(ctx context.Context) (n int, oldest time.Time, err error) {
	var at int64
	err = l.options.Database.QueryRowContext(ctx,
		`SELECT COUNT(*), COALESCE(MIN(at), 0) FROM ledger_leaf WHERE idx IS NULL`).Scan(&n, &at)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("counting the leaves that wait: %w", err)
	}
	if n == 0 {
		return 0, time.Time{}, nil
	}
	return n, time.UnixMicro(at), nil
}

// Checkpoint gives the last published checkpoint, parsed and as signed. Before
// the first one it is an empty tree without text.
func (l *Log) Checkpoint(ctx context.Context) (log.Checkpoint, []byte, error) {
	text, err := l.tiles.reader.ReadCheckpoint(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return log.Checkpoint{Origin: l.heads.origin, Hash: noHead().root}, nil, nil
	}
	if err != nil {
		return log.Checkpoint{}, nil, fmt.Errorf("reading the checkpoint: %w", err)
	}
	signed, _, _, err := log.ParseCheckpoint(text, l.heads.origin, l.options.Verifier)
	if err != nil {
		return log.Checkpoint{}, nil, fmt.Errorf("reading the checkpoint: %w: %w", ErrForked, err)
	}
	return *signed, text, nil
}

// Proof makes the tlog-proof file of the event id, whose opening the caller
// keeps. It answers [ErrUnknown], [ErrPending], or [ErrChanged] when the
// opening is not what the ledger holds: no wrong proof leaves.
func (l *Log) Proof(ctx context.Context, id string, opening proof.Opening) ([]byte, error) {
	state, err := l.State(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	if !state.Signed {
		return nil, fmt.Errorf("proving an event: %w", ErrPending)
	}
	signed, text, err := l.Checkpoint(ctx)
	if err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	builder, err := client.NewProofBuilder(ctx, signed.Size, l.tiles.reader.ReadTile)
	if err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	path, err := builder.InclusionProof(ctx, state.Index)
	if err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	file, err := proof.Format(opening, state.Index, path, text)
	if err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	if _, err := proof.Verify(file, l.options.Verifier); err != nil {
		return nil, fmt.Errorf("proving an event: %w: %w", ErrChanged, err)
	}
	return file, nil
}

// Holds says whether the ledger holds this very leaf for the event id. It
// answers [ErrUnknown], and [ErrChanged] when the leaf in SQL is another one
// or is not the one in the tiles.
func (l *Log) Holds(ctx context.Context, id string, leaf proof.Leaf) (State, error) {
	found, err := l.HoldsAll(ctx, []string{id}, []proof.Leaf{leaf})
	if err != nil {
		return State{}, err
	}
	return found[0].State, found[0].Err
}

// Holding is what Holds says of one event.
type Holding struct {
	State State
	Err   error // ErrUnknown, ErrChanged or nil
}

// maxHoldings is how many events one query asks for.
const maxHoldings = 500

// HoldsAll is Holds for many events, in their order: one checkpoint is read, and
// each tile once. The error is about reading; what is wrong with an event
// stands in its Holding.
func (l *Log) HoldsAll(ctx context.Context, ids []string, leaves []proof.Leaf) ([]Holding, error) {
	kept := make(map[string]keptLeaf, len(ids))
	for from := 0; from < len(ids); from += maxHoldings {
		if err := l.keptLeaves(ctx, ids[from:min(from+maxHoldings, len(ids))], kept); err != nil {
			return nil, err
		}
	}
	signed, _, err := l.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	tiles := map[uint64][]byte{}
	out := make([]Holding, len(ids))
	for i, id := range ids {
		leaf, known := kept[id]
		switch {
		case !known:
			out[i].Err = ErrUnknown
		case !bytes.Equal(leaf.leaf, leaves[i][:]):
			out[i].Err = ErrChanged
		case leaf.index.Valid:
			place := uint64(leaf.index.Int64) // #nosec G115 -- numbered from 0
			out[i].State = State{Numbered: true, Index: place, Signed: place < signed.Size}
			if !out[i].State.Signed {
				continue
			}
			same, err := l.inTile(ctx, tiles, place, signed.Size, leaf.leaf)
			if err != nil {
				return nil, err
			}
			if !same {
				out[i].Err = ErrChanged
			}
		}
	}
	return out, nil
}

// keptLeaf is a leaf as SQL has it.
type keptLeaf struct {
	leaf  []byte
	index sql.NullInt64
}

func (l *Log) keptLeaves(ctx context.Context, ids []string, into map[string]keptLeaf) error {
	places, values := make([]string, len(ids)), make([]any, len(ids))
	for i, id := range ids {
		places[i], values[i] = fmt.Sprintf("$%d", i+1), id
	}
	rows, err := l.options.Database.QueryContext(ctx,
		`SELECT id, leaf, idx FROM ledger_leaf WHERE id IN (`+strings.Join(places, ",")+`)`, values...) // #nosec G202 -- numbers of parameters
	if err != nil {
		return fmt.Errorf("looking for events' leaves: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var k keptLeaf
		if err := rows.Scan(&id, &k.leaf, &k.index); err != nil {
			return fmt.Errorf("looking for events' leaves: %w", err)
		}
		into[id] = k
	}
	return rows.Err()
}

// inTile compares a leaf with its hash in the signed tree's tile.
func (l *Log) inTile(ctx context.Context, tiles map[uint64][]byte, index, size uint64, leaf []byte) (bool, error) {
	number, at := index/layout.TileWidth, int(index%layout.TileWidth)*rfc6962.DefaultHasher.Size() // #nosec G115 -- less than a tile
	tile, read := tiles[number]
	if !read {
		var err error
		tile, err = l.tiles.reader.ReadTile(ctx, 0, number, layout.PartialTileSize(0, number, size))
		if err != nil {
			return false, fmt.Errorf("reading the tiles: %w", err)
		}
		tiles[number] = tile
	}
	hash := rfc6962.DefaultHasher.HashLeaf(leaf)
	return at+len(hash) <= len(tile) && bytes.Equal(tile[at:at+len(hash)], hash), nil
}
