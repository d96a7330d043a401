package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"eidgate/gateway/store/storetest"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// tree is leaves in memory as tiles of one level, for at most 256 of them.
type tree [][]byte

func (t tree) tile(_ context.Context, level, index uint64, _ uint8) ([]byte, error) {
	if level != 0 || index != 0 {
		return nil, fs.ErrNotExist
	}
	var tile []byte
	for _, leaf := range t {
		tile = append(tile, rfc6962.DefaultHasher.HashLeaf(leaf)...)
	}
	return tile, nil
}

func (t tree) head(tb testing.TB) head {
	tb.Helper()
	root, err := rootAt(tb.Context(), t.tile, uint64(len(t)))
	if err != nil {
		tb.Fatal(err)
	}
	return head{size: uint64(len(t)), root: root}
}

func leavesOf(text string) tree {
	var t tree
	for _, r := range text {
		t = append(t, []byte(string(r)))
	}
	return t
}

func newGuard(t *testing.T, t0 tree) *guard {
	t.Helper()
	database := storetest.Open(t, storetest.SQLite(t))
	if err := database.Migrate(t.Context(), map[string]fs.FS{"ledger": Migrations}); err != nil {
		t.Fatal(err)
	}
	secret, _, err := note.GenerateKey(rand.Reader, "guard.test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	h := &heads{database: database, origin: "guard.test", keyID: "key", file: filepath.Join(t.TempDir(), "head")}
	if _, err := h.row(t.Context()); err != nil {
		t.Fatal(err)
	}
	g := &guard{Signer: signer, heads: h, tiles: t0.tile, written: noHead()}
	if err := g.lead(noHead()); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Sign(checkpoint("guard.test", t0.head(t))); err != nil {
		t.Fatal(err)
	}
	return g
}

func checkpoint(origin string, h head) []byte {
	return log.Checkpoint{Origin: origin, Size: h.size, Hash: h.root}.Marshal()
}

// The guard signs what extends the last head and refuses everything else.
func TestGuardSignsExtensionsOnly(t *testing.T) {
	for name, c := range map[string]struct {
		tiles  tree
		origin string
		want   error
	}{
		"the same tree":      {leavesOf("abcde"), "guard.test", nil},
		"a longer tree":      {leavesOf("abcdefgh"), "guard.test", nil},
		"a shorter tree":     {leavesOf("abcd"), "guard.test", ErrNotExtension},
		"another last leaf":  {leavesOf("abcdX"), "guard.test", ErrNotExtension},
		"another first leaf": {leavesOf("Xbcdefgh"), "guard.test", ErrNotExtension},
		"a leaf put between": {leavesOf("abXcdefgh"), "guard.test", ErrNotExtension},
		"another ledger":     {leavesOf("abcdefgh"), "other.test", ErrNotExtension},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuard(t, leavesOf("abcde"))
			g.tiles = c.tiles.tile
			signature, err := g.Sign(checkpoint(c.origin, c.tiles.head(t)))
			if !errors.Is(err, c.want) || (err == nil) != (signature != nil) {
				t.Errorf("%x, %v; want %v", signature, err, c.want)
			}
			kept, err := g.heads.row(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			written, err := g.heads.inFile()
			if err != nil || !written.equal(kept) || !kept.equal(g.last) {
				t.Errorf("database %d, file %d, guard %d leaves: %v", kept.size, written.size, g.last.size, err)
			}
			if c.want != nil && kept.size != 5 {
				t.Errorf("a refused head was kept: %d", kept.size)
			}
		})
	}
}

func TestGuardRefusesAfterALostLease(t *testing.T) {
	g := newGuard(t, leavesOf("abcde"))
	more := leavesOf("abcdefgh")
	g.tiles = more.tile
	// Another node signed first.
	if err := g.heads.replaceRow(t.Context(), g.last, leavesOf("abcdeY").head(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Sign(checkpoint("guard.test", more.head(t))); !errors.Is(err, ErrDeposed) {
		t.Error(err)
	}
	g.rest()
	if _, err := g.Sign(checkpoint("guard.test", leavesOf("abcde").head(t))); !errors.Is(err, ErrDeposed) {
		t.Error(err)
	}
	if _, err := g.Sign([]byte("not a checkpoint")); !errors.Is(err, ErrNotExtension) {
		t.Error(err)
	}
}

// When the head file cannot be written nothing is signed, and the next try
// goes on from there.
func TestGuardNeedsItsFile(t *testing.T) {
	g := newGuard(t, leavesOf("abcde"))
	whole := g.heads.file
	g.heads.file = filepath.Join(t.TempDir(), "gone", "head")
	more := leavesOf("abcdefgh")
	g.tiles = more.tile
	if _, err := g.Sign(checkpoint("guard.test", more.head(t))); err == nil {
		t.Error("signed without remembering")
	}
	g.heads.file = whole
	if _, err := g.Sign(checkpoint("guard.test", more.head(t))); err != nil {
		t.Error(err)
	}
	written, err := g.heads.inFile()
	if err != nil || written.size != 8 {
		t.Errorf("%d leaves in the file, %v", written.size, err)
	}
}

// A head that was read before the guard signed another does not set it back.
func TestGuardKnowsItsOwnHead(t *testing.T) {
	g := newGuard(t, leavesOf("abcde"))
	read := g.last
	more := leavesOf("abcdefgh")
	g.tiles = more.tile
	if _, err := g.Sign(checkpoint("guard.test", more.head(t))); err != nil {
		t.Fatal(err)
	}
	if err := g.lead(read); err != nil {
		t.Error(err)
	}
	most := leavesOf("abcdefghij")
	g.tiles = most.tile
	if _, err := g.Sign(checkpoint("guard.test", most.head(t))); err != nil {
		t.Error(err)
	}
}

// A node that does not lead signs what the leading one recorded and nothing
// else, and follows no head that contradicts what it knows.
func TestGuardFollows(t *testing.T) {
	t0, t1 := leavesOf("abc"), leavesOf("abcde")
	g := newGuard(t, t0)
	g.rest()
	asked := checkpoint("guard.test", t1.head(t))
	if _, err := g.Sign(asked); !errors.Is(err, ErrDeposed) {
		t.Error(err)
	}
	other := leavesOf("xbcde")
	if err := g.follow(t.Context(), other.tile, other.head(t)); !errors.Is(err, ErrNotExtension) {
		t.Errorf("another tree: %v", err)
	}
	small := leavesOf("ab")
	if err := g.follow(t.Context(), t0.tile, small.head(t)); !errors.Is(err, ErrNotExtension) {
		t.Errorf("a smaller tree: %v", err)
	}
	if err := g.follow(t.Context(), t1.tile, t1.head(t)); err != nil || !g.follows(t1.head(t)) {
		t.Fatal(err)
	}
	if _, err := g.Sign(asked); err != nil {
		t.Error(err)
	}
	if written, err := g.heads.inFile(); err != nil || !written.equal(t1.head(t)) {
		t.Errorf("the file has %+v, %v", written, err)
	}
	for name, text := range map[string][]byte{
		"an older head":  checkpoint("guard.test", t0.head(t)),
		"another origin": checkpoint("other.test", t1.head(t)),
		"another root":   checkpoint("guard.test", head{size: 5, root: other.head(t).root}),
	} {
		if _, err := g.Sign(text); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
	if row, err := g.heads.read(t.Context()); err != nil || !row.equal(t0.head(t)) {
		t.Errorf("SQL has %+v, %v: a node that follows writes nothing there", row, err)
	}
}
