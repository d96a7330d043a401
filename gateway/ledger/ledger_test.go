package ledger_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eidgate/gateway/ledger"
	"eidgate/gateway/ledger/proof"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/fault"

	"golang.org/x/mod/sumdb/note"
)

// world is a ledger's surroundings: what an operator can restore.
type world struct {
	database *store.Store
	options  ledger.Options
}

func newWorld(t *testing.T, database *store.Store) *world {
	t.Helper()
	if err := database.Migrate(t.Context(), map[string]fs.FS{"ledger": ledger.Migrations}); err != nil {
		t.Fatal(err)
	}
	signer, verifier := key(t, "ledger.test/log")
	dir := t.TempDir()
	return &world{database: database, options: ledger.Options{
		Database: database, Tiles: filepath.Join(dir, "tiles"), HeadFile: filepath.Join(dir, "head"),
		Signer: signer, Verifier: verifier, Node: "one",
		CheckpointEvery: 100 * time.Millisecond,
		Now:             time.Now, Log: slog.New(slog.DiscardHandler),
	}}
}

func key(t *testing.T, name string) (note.Signer, note.Verifier) {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// open opens the ledger and runs it until stop is called.
func (w *world) open(t *testing.T) (log *ledger.Log, stop func()) {
	t.Helper()
	log, err := ledger.Open(t.Context(), w.options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { log.Run(ctx); close(done) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		<-done
		if err := log.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
	t.Cleanup(stop)
	return log, stop
}

func opening(id string) proof.Opening {
	o := proof.Opening{Record: []byte(`{"event":"` + id + `"}`)}
	copy(o.Salt[:], id)
	return o
}

// record appends n events named from the number on.
func (w *world) record(t *testing.T, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		id := fmt.Sprintf("ev_%05d", i)
		err := w.database.Tx(t.Context(), func(tx db.Querier) error {
			return ledger.Append(t.Context(), tx, id, time.Now(), opening(id).Leaf())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// proofOf waits until an event is in a signed tree.
func proofOf(t *testing.T, log *ledger.Log, id string) []byte {
	t.Helper()
	for {
		file, err := log.Proof(t.Context(), id, opening(id))
		if err == nil {
			return file
		}
		if !errors.Is(err, ledger.ErrPending) {
			t.Fatalf("proving %s: %v", id, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Every event gets one place and a proof that holds offline; a checked ledger
// is whole; a restart changes nothing.
func TestEveryEventIsProven(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		log, stop := w.open(t)
		const n = 300 // more than one tile
		w.record(t, 0, n)
		proofOf(t, log, fmt.Sprintf("ev_%05d", n-1))
		seen := map[uint64]bool{}
		for i := range n {
			id := fmt.Sprintf("ev_%05d", i)
			included, err := proof.Verify(proofOf(t, log, id), w.options.Verifier)
			if err != nil || string(included.Record) != string(opening(id).Record) || seen[included.Index] {
				t.Fatalf("%s: %+v, %v", id, included, err)
			}
			seen[included.Index] = true
		}
		if err := log.Check(t.Context()); err != nil {
			t.Error(err)
		}
		before, _, err := log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stop()
		log, _ = w.open(t)
		w.record(t, n, 1)
		proofOf(t, log, fmt.Sprintf("ev_%05d", n))
		after, _, err := log.Checkpoint(t.Context())
		if err != nil || before.Size != n || after.Size != n+1 {
			t.Errorf("%d leaves, then %d: %v", before.Size, after.Size, err)
		}
	})
}

func TestAnswersAboutEvents(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	log, stop := w.open(t)
	w.record(t, 0, 1)
	proofOf(t, log, "ev_00000")
	stop()
	w.record(t, 1, 1) // nobody numbers it
	log, err := ledger.Open(t.Context(), w.options)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for _, c := range []struct {
		name, id string
		opening  proof.Opening
		want     error
	}{
		{"unknown", "ev_99999", opening("x"), ledger.ErrUnknown},
		{"pending", "ev_00001", opening("ev_00001"), ledger.ErrPending},
		{"changed", "ev_00000", opening("ev_00007"), ledger.ErrChanged},
	} {
		if _, err := log.Proof(t.Context(), c.id, c.opening); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, c := range []struct {
		name, id string
		want     error
	}{{"unknown", "ev_99999", ledger.ErrUnknown}, {"changed", "ev_00000", ledger.ErrChanged}} {
		if _, err := log.Holds(t.Context(), c.id, opening("other").Leaf()); !errors.Is(err, c.want) {
			t.Errorf("holding, %s: %v", c.name, err)
		}
	}
}

// copyTree copies a folder, as a backup does.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// What an operator may restore by mistake or on purpose is refused at start,
// by its code, and the next honest start still works.
func TestRestoredParts(t *testing.T) {
	for name, c := range map[string]struct {
		restore func(t *testing.T, w *world, old string)
		want    *fault.Error
	}{
		"older tiles": {func(t *testing.T, w *world, old string) {
			replace(t, filepath.Join(old, "tiles"), w.options.Tiles)
		}, ledger.ErrTilesOlder},
		"tiles with a forged state": {func(t *testing.T, w *world, _ string) {
			// Tessera itself accepts this and signs another tree of size 5.
			forged := `{"size":5,"root":"` + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" + `"}`
			if err := os.WriteFile(filepath.Join(w.options.Tiles, ".state", "treeState"), []byte(forged), 0o600); err != nil {
				t.Fatal(err)
			}
		}, ledger.ErrTilesOlder},
		"tiles of another tree": {func(t *testing.T, w *world, _ string) {
			flipByte(t, filepath.Join(w.options.Tiles, "tile", "0", "000.p", "20"))
		}, ledger.ErrForked},
		"older database": {func(t *testing.T, w *world, _ string) {
			execute(t, w, `DELETE FROM ledger_leaf WHERE idx >= 10`)
		}, ledger.ErrDatabaseOlder},
		"older database with its head": {func(t *testing.T, w *world, old string) {
			execute(t, w, `DELETE FROM ledger_leaf WHERE idx >= 10`)
			execute(t, w, `UPDATE ledger_head SET size = 10`)
			replace(t, filepath.Join(old, "tiles"), w.options.Tiles)
		}, ledger.ErrDatabaseOlder},
		"another key": {func(t *testing.T, w *world, _ string) {
			w.options.Signer, w.options.Verifier = key(t, "ledger.test/log")
		}, ledger.ErrOtherKey},
		"another name": {func(t *testing.T, w *world, _ string) {
			w.options.Signer, w.options.Verifier = key(t, "ledger.test/other")
		}, ledger.ErrOtherKey},
		"a broken head file": {func(t *testing.T, w *world, _ string) {
			if err := os.WriteFile(w.options.HeadFile, []byte("ledger.test/log\n20\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, ledger.ErrHeadFile},
		"a head file of the same size": {func(t *testing.T, w *world, _ string) {
			flipRoot(t, w.options.HeadFile)
		}, ledger.ErrForked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, old := grown(t)
			c.restore(t, w, old)
			log, err := ledger.Open(t.Context(), w.options)
			if err == nil {
				log.Close()
			}
			if fault.CodeOf(err) != c.want.Code() {
				t.Errorf("%v, want %s", err, c.want.Code())
			}
		})
	}
}

// grown is a ledger of 20 leaves and a backup of its folder from when it had 10.
func grown(t *testing.T) (w *world, old string) {
	t.Helper()
	w = newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	old = t.TempDir()
	for _, from := range []int{0, 10} {
		log, stop := w.open(t)
		w.record(t, from, 10)
		proofOf(t, log, fmt.Sprintf("ev_%05d", from+9))
		stop()
		if from == 0 {
			copyTree(t, w.options.Tiles, filepath.Join(old, "tiles"))
		}
	}
	return w, old
}

func replace(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	copyTree(t, from, to)
}

func execute(t *testing.T, w *world, statement string, values ...any) {
	t.Helper()
	if _, err := w.database.ExecContext(t.Context(), statement, values...); err != nil {
		t.Fatal(err)
	}
}

func flipByte(t *testing.T, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// flipRoot changes the root in a head file and leaves it a head file.
func flipRoot(t *testing.T, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	root := text[len(text)-45:]
	if root[3] == 'A' {
		root[3] = 'B'
	} else {
		root[3] = 'A'
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A lost folder is built again, to the tree that was signed.
func TestLostTilesAreBuiltAgain(t *testing.T) {
	w, _ := grown(t)
	if err := os.RemoveAll(w.options.Tiles); err != nil {
		t.Fatal(err)
	}
	log, _ := w.open(t)
	if _, err := proof.Verify(proofOf(t, log, "ev_00003"), w.options.Verifier); err != nil {
		t.Error(err)
	}
	if err := log.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// A crash in the middle of building again is not taken for an older folder.
func TestBuildingAgainGoesOnAfterACrash(t *testing.T) {
	w, old := grown(t)
	replace(t, filepath.Join(old, "tiles"), w.options.Tiles)
	if err := os.WriteFile(w.options.Tiles+".rebuilding", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	log, stop := w.open(t)
	proofOf(t, log, "ev_00019")
	stop()
	if _, err := os.Stat(w.options.Tiles + ".rebuilding"); err == nil {
		t.Error("the mark stayed")
	}
}

// A tree built again from leaves that were changed is not the signed one.
func TestBuiltAgainFromChangedLeaves(t *testing.T) {
	w, _ := grown(t)
	execute(t, w, `UPDATE ledger_leaf SET leaf = $1 WHERE idx = 4`, make([]byte, 33))
	if err := os.RemoveAll(w.options.Tiles); err != nil {
		t.Fatal(err)
	}
	_, err := ledger.Open(t.Context(), w.options)
	if !errors.Is(err, ledger.ErrForked) {
		t.Error(err)
	}
}

// Check names what was changed in SQL after it was signed.
func TestCheckFindsChanges(t *testing.T) {
	for name, statement := range map[string]string{
		"a changed leaf":  `UPDATE ledger_leaf SET leaf = (SELECT leaf FROM ledger_leaf WHERE idx = 5) WHERE idx = 4`,
		"a removed leaf":  `DELETE FROM ledger_leaf WHERE idx = 7`,
		"the last leaf":   `DELETE FROM ledger_leaf WHERE idx = 19`,
		"swapped leaves":  `UPDATE ledger_leaf SET idx = CASE idx WHEN 2 THEN -1 ELSE idx END`,
		"an added number": `UPDATE ledger_leaf SET idx = idx + 100 WHERE idx >= 12`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := grown(t)
			log, err := ledger.Open(t.Context(), w.options)
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			execute(t, w, statement)
			if err := log.Check(t.Context()); !errors.Is(err, ledger.ErrChanged) {
				t.Error(err)
			}
		})
	}
}
