package gateway

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"eidgate/gateway/ledger"
	"eidgate/gateway/ledger/proof"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
)

// An event that waits for its place longer than it can is told by /readyz:
// until then nothing but the database holds it.
func TestEventThatWaitsTooLong(t *testing.T) {
	database := storetest.Open(t, storetest.SQLite(t))
	if err := database.Migrate(t.Context(), map[string]fs.FS{"ledger": ledger.Migrations}); err != nil {
		t.Fatal(err)
	}
	secret, public, err := note.GenerateKey(rand.Reader, "waits.test")
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
	log, err := ledger.Open(t.Context(), ledger.Options{
		Database: database, Tiles: filepath.Join(t.TempDir(), "tiles"), Signer: signer, Verifier: verifier, Node: "one",
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	now := time.Now().Truncate(time.Microsecond)
	check := checkLedger(log, func() time.Time { return now })
	if err := check(t.Context()); err != nil {
		t.Errorf("empty: %v", err)
	}
	err = database.Tx(t.Context(), func(tx db.Querier) error {
		return ledger.Append(t.Context(), tx, "ev_1", now, proof.Leaf{}) // and nothing numbers it
	})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(maxWaiting)
	if err := check(t.Context()); err != nil {
		t.Errorf("in time: %v", err)
	}
	now = now.Add(time.Second)
	if err := check(t.Context()); !errors.Is(err, errBehind) {
		t.Errorf("too late: %v", err)
	}
}
