package ledger_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/gateway/ledger"
	"eidgate/gateway/ledger/proof"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
)

// Two nodes with a folder each: one numbers, and when it stops the other goes
// on with the same tree.
func TestAnotherNodeTakesOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.options.Lease = 300 * time.Millisecond
		log, stop := w.open(t)
		w.record(t, 0, 5)
		proofOf(t, log, "ev_00004")
		second := *w
		second.options.Node = "two"
		second.options.Tiles = filepath.Join(t.TempDir(), "tiles")
		second.options.HeadFile = ""
		other, _ := second.open(t)
		w.record(t, 5, 5)
		proofOf(t, log, "ev_00009")
		stop()
		w.record(t, 10, 5)
		for _, id := range []string{"ev_00000", "ev_00014"} {
			if _, err := proof.Verify(proofOf(t, other, id), w.options.Verifier); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
		if err := other.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Every node shows the checkpoint and gives proofs while another one leads, and
// none says anything that the other does not.
func TestEveryNodeProves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.options.Lease = time.Hour
		leader, _ := w.open(t)
		w.record(t, 0, 5)
		proofOf(t, leader, "ev_00004")
		second := *w
		second.options.Node = "two"
		second.options.Tiles = filepath.Join(t.TempDir(), "tiles")
		second.options.HeadFile = filepath.Join(t.TempDir(), "head")
		other, stop := second.open(t)
		first := checkpointOf(t, other)
		for i, n := range []int{1, 300, 20} { // over a full tile, and back into a partial one
			from := []int{5, 6, 306}[i]
			w.record(t, from, n)
			id := fmt.Sprintf("ev_%05d", from+n-1)
			for _, log := range []*ledger.Log{other, leader} {
				if _, err := proof.Verify(proofOf(t, log, id), w.options.Verifier); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
		}
		mine, theirs := checkpointOf(t, other), checkpointOf(t, leader)
		if mine != theirs || mine == first || !strings.Contains(mine, "\n326\n") {
			t.Errorf("the nodes show\n%s\n%s", mine, theirs)
		}
		if err := other.Check(t.Context()); err != nil {
			t.Error(err)
		}
		handler, err := other.Handler()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/checkpoint", "/tile/0/000", "/tile/0/001.p/70", "/tile/1/000.p/1", "/tile/entries/001.p/70"} {
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, httptest.NewRequest("GET", path, http.NoBody))
			if rec.Code != http.StatusOK || path == "/checkpoint" && rec.Body.String() != mine {
				t.Errorf("%s: %d", path, rec.Code)
			}
		}
		// What it followed is on record: it refuses an older database.
		stop()
		execute(t, w, `UPDATE ledger_head SET size = 5, root = (SELECT leaf FROM ledger_leaf WHERE idx = 0)`)
		if _, err := ledger.Open(t.Context(), second.options); !errors.Is(err, ledger.ErrDatabaseOlder) {
			t.Error(err)
		}
	})
}

func checkpointOf(t *testing.T, log *ledger.Log) string {
	t.Helper()
	_, text, err := log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A node that followed, or that was replaced for a while, starts again with
// tiles that lag: they are fed, not taken for restored ones.
func TestLaggingNodeStartsAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.options.Lease = 300 * time.Millisecond
		second := *w
		second.options.Node = "two"
		second.options.Tiles = filepath.Join(t.TempDir(), "tiles")
		second.options.HeadFile = filepath.Join(t.TempDir(), "head")
		log, stop := w.open(t)
		w.record(t, 0, 3)
		proofOf(t, log, "ev_00002")
		stop()
		other, stopOther := second.open(t)
		w.record(t, 3, 4)
		proofOf(t, other, "ev_00006")
		stopOther()
		log, stop = w.open(t) // its tiles hold 3 of 7
		w.record(t, 7, 2)
		proofOf(t, log, "ev_00008")
		stop()
		// Its tiles are moved away, and its head file is older than the tree.
		if err := os.RemoveAll(second.options.Tiles); err != nil {
			t.Fatal(err)
		}
		other, _ = second.open(t)
		w.record(t, 9, 1)
		if _, err := proof.Verify(proofOf(t, other, "ev_00009"), w.options.Verifier); err != nil {
			t.Error(err)
		}
		if err := other.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestTwoProcessesOneFolder(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.open(t)
	if _, err := ledger.Open(t.Context(), w.options); !errors.Is(err, ledger.ErrInUse) {
		t.Error(err)
	}
}

// A lost folder is built again also when more was numbered than signed.
func TestLostTilesWithUnsignedLeaves(t *testing.T) {
	w, _ := grown(t)
	w.record(t, 20, 7)
	execute(t, w, `UPDATE ledger_leaf SET idx = 20 + CAST(substr(id, 7) AS INTEGER) - 20 WHERE idx IS NULL`)
	if err := os.RemoveAll(w.options.Tiles); err != nil {
		t.Fatal(err)
	}
	log, _ := w.open(t)
	proofOf(t, log, "ev_00026")
	if err := log.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
