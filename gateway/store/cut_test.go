package store_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// TestCutWhileCommitting loses the connection in the middle of shared commits,
// byte by byte later on the way there, and on the way back. Whoever hears of
// success has its row, nobody has two, and of a commit all rows are there or
// none.
func TestCutWhileCommitting(t *testing.T) {
	address := storetest.Postgres(t)
	admin := storetest.Open(t, address)
	if _, err := admin.ExecContext(t.Context(), "CREATE TABLE note (round INT, who INT)"); err != nil {
		t.Fatal(err)
	}
	w := newWire(t, address)
	succeeded, failed := 0, 0
	for round, cut := range cuts() {
		s := storetest.Open(t, w.address)
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := note(t, s, -1-round, 0); err != nil { // statements are prepared
			t.Fatal(err)
		}
		w.arm(cut)
		errs := noteTogether(t, s, round)
		w.arm(wireCut{there: -1, back: -1})
		for who, err := range errs {
			n := rowsOf(t, admin, round, who)
			switch {
			case err == nil && n != 1:
				t.Errorf("%+v: %d was told of success and has %d rows", cut, who, n)
			case n > 1:
				t.Errorf("%+v: %d has %d rows", cut, who, n)
			case err != nil && fault.CodeOf(err) != "store.unavailable":
				t.Errorf("%+v: %q, %v", cut, fault.CodeOf(err), err)
			case err == nil:
				succeeded++
			default:
				failed++
			}
		}
	}
	if succeeded == 0 || failed == 0 {
		t.Errorf("%d succeeded and %d failed: the cuts were not in the middle", succeeded, failed)
	}
}

func cuts() (all []wireCut) {
	for n := int64(0); n < 900; n += 45 {
		all = append(all, wireCut{there: n, back: -1}, wireCut{there: -1, back: n / 4})
	}
	return append(all, wireCut{there: 100_000, back: -1})
}

func note(t *testing.T, s *store.Store, round, who int) error {
	t.Helper()
	return s.Tx(t.Context(), func(tx db.Querier) error {
		return db.Later(t.Context(), tx, db.Statement{Query: "INSERT INTO note VALUES ($1, $2)", Args: []any{round, who}})
	})
}

func noteTogether(t *testing.T, s *store.Store, round int) []error {
	t.Helper()
	errs := make([]error, 8)
	var wait sync.WaitGroup
	for who := range errs {
		wait.Go(func() { errs[who] = note(t, s, round, who) })
	}
	wait.Wait()
	return errs
}

func rowsOf(t *testing.T, s *store.Store, round, who int) (n int) {
	t.Helper()
	if err := s.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM note WHERE round = $1 AND who = $2", round, who).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// wireCut is how many bytes pass before a connection is cut; -1 lets all pass.
type wireCut struct{ there, back int64 }

// wire stands between a store and PostgreSQL.
type wire struct {
	address     string
	server      string
	there, back atomic.Int64
}

// newWire listens on a socket of its own for the database at address.
func newWire(t *testing.T, address string) *wire {
	t.Helper()
	base, server, found := strings.Cut(address, "host=")
	if !found {
		t.Fatal(address)
	}
	dir, err := os.MkdirTemp("", "wire-") // the name of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	const socket = ".s.PGSQL.5432"
	w := &wire{address: base + "host=" + dir, server: filepath.Join(server, socket)}
	w.arm(wireCut{-1, -1})
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go w.join(client)
		}
	}()
	return w
}

func (w *wire) arm(c wireCut) {
	w.there.Store(c.there)
	w.back.Store(c.back)
}

func (w *wire) join(client net.Conn) {
	server, err := net.Dial("unix", w.server)
	if err != nil {
		_ = client.Close()
		return
	}
	end := func() { _ = client.Close(); _ = server.Close() }
	go func() { defer end(); pass(server, client, &w.there) }()
	defer end()
	pass(client, server, &w.back)
}

var errCut = fmt.Errorf("cut: %w", io.ErrClosedPipe)

// pass copies until the other side ends or the budget does.
func pass(to io.Writer, from io.Reader, budget *atomic.Int64) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if left := budget.Load(); left >= 0 {
			if int64(n) >= left {
				n, err = int(left), errCut
			}
			budget.Add(-int64(n))
		}
		if _, failed := to.Write(b[:n]); failed != nil || err != nil {
			return
		}
	}
}
