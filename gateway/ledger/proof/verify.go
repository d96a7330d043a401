package proof

import (
	"fmt"

	"eidgate/internal/fault"

	"github.com/transparency-dev/formats/log"
	merkle "github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// What Verify refuses with.
var (
	ErrTooLarge   = fault.New("proof.too-large", "the proof is larger than 64 KiB", "Give the .tlog-proof file as it was downloaded.")
	ErrMalformed  = fault.New("proof.malformed", "the file is not a proof of the ledger", "Give the .tlog-proof file as it was downloaded, without changes.")
	ErrCheckpoint = fault.New("proof.checkpoint", "the checkpoint is not signed by this ledger", "Check that the ledger's public key is the one its operator publishes.")
	ErrInclusion  = fault.New("proof.not-included", "the record is not in the tree that the ledger signed", "The record or the proof was changed. Keep the file and ask the operator of the ledger.")
)

// Inclusion is what a valid proof proves.
type Inclusion struct {
	// Record is the event as it was committed.
	Record []byte
	// Index is the leaf's place in the ledger, from 0.
	Index uint64
	// Size is the number of leaves of the signed tree.
	Size uint64
	// Origin names the ledger.
	Origin string
}

// Verify checks a proof file against the ledger's public key, whose name is
// the ledger's origin. It answers [ErrTooLarge], [ErrMalformed],
// [ErrCheckpoint] or [ErrInclusion].
func Verify(text []byte, ledger note.Verifier) (Inclusion, error) {
	file, opening, err := parse(text)
	if err != nil {
		return Inclusion{}, fmt.Errorf("reading the proof: %w", err)
	}
	// Signatures of others, such as witnesses, are neither asked for nor refused.
	checkpoint, _, _, err := log.ParseCheckpoint(file.Checkpoint, ledger.Name(), ledger)
	if err != nil {
		return Inclusion{}, fmt.Errorf("checking the proof: %w: %w", ErrCheckpoint, err)
	}
	path := make([][]byte, len(file.Hashes))
	for i := range file.Hashes {
		path[i] = file.Hashes[i][:]
	}
	leaf := opening.Leaf()
	hash := rfc6962.DefaultHasher.HashLeaf(leaf[:])
	if err := merkle.VerifyInclusion(rfc6962.DefaultHasher, file.Index, checkpoint.Size, hash, path, checkpoint.Hash); err != nil {
		return Inclusion{}, fmt.Errorf("checking the proof: %w: %w", ErrInclusion, err)
	}
	return Inclusion{Record: opening.Record, Index: file.Index, Size: checkpoint.Size, Origin: checkpoint.Origin}, nil
}
