package proof

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	tlog "github.com/transparency-dev/formats/proof"
)

// Limits of a proof file. A tree of 2^62 leaves needs 62 hashes.
const (
	MaxFile    = 64 << 10
	maxHashes  = 62
	minOpening = len(Salt{}) + 1
)

// Format writes a tlog-proof file (C2SP tlog-proof v1): the opening as extra
// data (salt, then record), the index, the path and the signed checkpoint.
func Format(opening Opening, index uint64, path [][]byte, checkpoint []byte) ([]byte, error) {
	file := tlog.TLogProof{
		Index:      index,
		Checkpoint: checkpoint,
		ExtraData:  append(opening.Salt[:], opening.Record...),
	}
	for _, hash := range path {
		if len(hash) != sha256.Size {
			return nil, fmt.Errorf("writing a proof: a hash has %d bytes", len(hash))
		}
		file.Hashes = append(file.Hashes, [sha256.Size]byte(hash))
	}
	text := file.Marshal()
	if len(text) > MaxFile {
		return nil, fmt.Errorf("writing a proof: %w", ErrTooLarge)
	}
	return text, nil
}

// parse reads a file in the one form in which Format writes it, so that two
// different files are never the same proof.
func parse(text []byte) (tlog.TLogProof, Opening, error) {
	var file tlog.TLogProof
	if len(text) > MaxFile {
		return file, Opening{}, ErrTooLarge
	}
	if err := file.Unmarshal(text); err != nil {
		return file, Opening{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !bytes.Equal(file.Marshal(), text) {
		return file, Opening{}, fmt.Errorf("%w: not in the form of the standard", ErrMalformed)
	}
	if len(file.Hashes) > maxHashes || len(file.ExtraData) < minOpening {
		return file, Opening{}, fmt.Errorf("%w: it opens no record", ErrMalformed)
	}
	opening := Opening{Record: file.ExtraData[len(Salt{}):]}
	copy(opening.Salt[:], file.ExtraData)
	return file, opening, nil
}
