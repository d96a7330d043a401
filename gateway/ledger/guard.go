package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
)

// signTimeout bounds the look at tiles and database before a signature.
const signTimeout = 10 * time.Second

// guard is the only holder of the ledger's key. Tessera asks it to sign what
// its folder holds; the guard signs only what extends the last signed head.
type guard struct {
	note.Signer
	heads *heads
	tiles client.TileFetcherFunc

	// mu guards what this process knows: whether it is the sequencer, the head
	// in SQL, the head in the file, and the head of another sequencer that the
	// tiles of this process have.
	mu       sync.Mutex
	leads    bool
	last     head
	written  head
	followed head
}

// Sign refuses with ErrNotExtension or ErrDeposed and records the head before
// it signs: after a crash in between, the same head may be signed again.
func (g *guard) Sign(message []byte) ([]byte, error) {
	var asked log.Checkpoint
	rest, err := asked.Unmarshal(message)
	if err != nil || len(rest) > 0 || asked.Origin != g.Name() {
		return nil, fmt.Errorf("signing a checkpoint: %w: it is not one of this ledger", ErrNotExtension)
	}
	next := head{size: asked.Size, root: asked.Hash}
	if next.equal(noHead()) {
		// Tessera asks for this when it makes a folder, here also one that is
		// built again. The empty tree contradicts no other.
		return g.Signer.Sign(message)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.leads {
		if next.equal(g.followed) {
			return g.Signer.Sign(message) // the leading node's own words
		}
		return nil, fmt.Errorf("signing a checkpoint: %w", ErrDeposed)
	}
	// note.Signer has no context.
	ctx, cancel := context.WithTimeout(context.Background(), signTimeout)
	defer cancel()
	for _, known := range g.known() {
		if err := extends(ctx, g.tiles, known, next); err != nil {
			return nil, fmt.Errorf("signing a checkpoint: %w", err)
		}
	}
	if err := g.remember(ctx, next); err != nil {
		g.leads = !errors.Is(err, ErrDeposed) // until the head is read again
		return nil, fmt.Errorf("signing a checkpoint: %w", err)
	}
	return g.Signer.Sign(message)
}

// remember makes next the last head, in SQL and in the file, each once.
func (g *guard) remember(ctx context.Context, next head) error {
	if !next.equal(g.last) {
		if err := g.heads.replaceRow(ctx, g.last, next); err != nil {
			return err
		}
		g.last = next
	}
	if !next.equal(g.written) {
		if err := g.heads.writeFile(next); err != nil {
			return err
		}
		g.written = next
	}
	return nil
}

// known are the heads that this process knows to be signed, whatever SQL says
// now; mu is held.
func (g *guard) known() []head {
	heads := []head{g.last}
	for _, h := range []head{g.written, g.followed} {
		if h.size > 0 && !h.equal(g.last) {
			heads = append(heads, h)
		}
	}
	return heads
}

// largest is how many leaves this process knows to be signed.
func (g *guard) largest() (size uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, h := range g.known() {
		size = max(size, h.size)
	}
	return size
}

// lead lets the guard sign from last on, which SQL has. Who leads already knows
// the head better: it may have signed since last was read. It refuses a head
// that is older than one this process knows, or another one: SQL was set back.
func (g *guard) lead(last head) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.leads {
		return nil
	}
	for _, h := range g.known() {
		switch {
		case last.size < h.size:
			return fmt.Errorf("%w: it knows %d signed leaves and this node %d", ErrDatabaseOlder, last.size, h.size)
		case last.size == h.size && last.size > 0 && !last.equal(h):
			return fmt.Errorf("%w: the database has another head of %d leaves", ErrForked, h.size)
		}
	}
	g.last, g.leads = last, true
	return nil
}

// rest stops the guard from signing what is new.
func (g *guard) rest() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leads = false
}

// follows says whether next is the head that is followed.
func (g *guard) follows(next head) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return next.equal(g.followed)
}

// follow lets the guard sign a head that is in SQL, so is signed or about to
// be, by the node that leads. Ed25519 gives the same signature again. Like any
// other it must extend what this node knows to be signed, and is kept in the
// file: an older database is noticed here as well.
func (g *guard) follow(ctx context.Context, tiles client.TileFetcherFunc, next head) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.leads {
		return nil
	}
	for _, known := range []head{g.written, g.followed} {
		if known.size == 0 {
			continue
		}
		if err := extends(ctx, tiles, known, next); err != nil {
			return fmt.Errorf("following another node: %w", err)
		}
	}
	if !next.equal(g.written) {
		if err := g.heads.writeFile(next); err != nil {
			return err
		}
		g.written = next
	}
	g.followed = next
	return nil
}

// extends proves from the tiles that next is last with leaves added.
func extends(ctx context.Context, tiles client.TileFetcherFunc, last, next head) error {
	switch {
	case next.size < last.size:
		return fmt.Errorf("%w: %d leaves after %d", ErrNotExtension, next.size, last.size)
	case next.equal(last):
		return nil
	case last.size == 0:
		if !last.equal(noHead()) {
			return fmt.Errorf("%w: an empty tree with a root", ErrNotExtension)
		}
		return nil
	}
	builder, err := client.NewProofBuilder(ctx, next.size, tiles)
	if err != nil {
		return fmt.Errorf("reading the tiles: %w", err)
	}
	path, err := builder.ConsistencyProof(ctx, last.size, next.size)
	if err != nil {
		return fmt.Errorf("reading the tiles: %w", err)
	}
	err = proof.VerifyConsistency(rfc6962.DefaultHasher, last.size, next.size, path, last.root, next.root)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotExtension, err)
	}
	return nil
}
