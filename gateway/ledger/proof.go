package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"eidgate/gateway/ledger/proof"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
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
	var kept []byte
	err := l.options.Database.QueryRowContext(ctx, `SELECT leaf FROM ledger_leaf WHERE id = $1`, id).Scan(&kept)
	if errors.Is(err, sql.ErrNoRows) {
		return State{}, ErrUnknown
	}
	if err != nil {
		return State{}, fmt.Errorf("looking for an event's leaf: %w", err)
	}
	if !bytes.Equal(kept, leaf[:]) {
		return State{}, ErrChanged
	}
	state, err := l.State(ctx, id)
	if err != nil || !state.Signed {
		return state, err
	}
	signed, _, err := l.Checkpoint(ctx)
	if err != nil {
		return state, err
	}
	hashes, err := client.FetchLeafHashes(ctx, l.tiles.reader.ReadTile, state.Index, 1, signed.Size)
	if err != nil {
		return state, fmt.Errorf("reading the tiles: %w", err)
	}
	if !bytes.Equal(hashes[0], rfc6962.DefaultHasher.HashLeaf(kept)) {
		return state, ErrChanged
	}
	return state, nil
}
