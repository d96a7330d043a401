package audit_test

import (
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/gateway/audit"
	"eidgate/gateway/ledger"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// BenchmarkRecord is a durable access event against its floor: a bare one-row
// commit of the same database, opened as anybody would, in the same run. The
// ledger numbers and signs meanwhile.
func BenchmarkRecord(b *testing.B) {
	addresses := map[string]string{"sqlite": storetest.SQLite(b), "postgres": storetest.NewServer(b).Database(b)}
	for kind, address := range addresses {
		w := newWorld(b, storetest.Open(b, address))
		bare := openBare(b, kind, address)
		if _, err := bare.ExecContext(b.Context(), `CREATE TABLE bare (id TEXT PRIMARY KEY, at BIGINT)`); err != nil {
			b.Fatal(err)
		}
		var n atomic.Int64
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d/bare", kind, callers), func(b *testing.B) {
				parallel(b, callers, func() error {
					_, err := bare.ExecContext(b.Context(), `INSERT INTO bare VALUES ($1, $2)`, fmt.Sprint(n.Add(1)), n.Load())
					return err
				})
			})
			b.Run(fmt.Sprintf("%s/callers=%d/event", kind, callers), func(b *testing.B) {
				parallel(b, callers, func() error {
					return w.database.Tx(b.Context(), func(tx db.Querier) error {
						_, err := w.events.Record(b.Context(), tx, reading(jaak))
						return err
					})
				})
			})
		}
	}
}

func openBare(b *testing.B, kind, address string) *sql.DB {
	driver, conns := "pgx", 16
	if kind == "sqlite" {
		driver, conns = "sqlite", 1 // more only wait for each other
		address = "file:" + address[len("sqlite:"):] + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate"
	}
	bare, err := sql.Open(driver, address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { bare.Close() })
	bare.SetMaxOpenConns(conns)
	bare.SetMaxIdleConns(conns)
	return bare
}

func parallel(b *testing.B, callers int, do func() error) {
	b.SetParallelism((callers + 1) / 2) // times GOMAXPROCS, which is 2 where this was measured
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := do(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkFind is a page of somebody's accesses, and all that findUsage gives
// at once, among ten thousand of everybody's.
func BenchmarkFind(b *testing.B) {
	w := newWorld(b, storetest.Open(b, storetest.SQLite(b)))
	var last string
	for i := range 100 {
		err := w.database.Tx(b.Context(), func(tx db.Querier) (err error) {
			for j := range 100 {
				of := minji
				if (i*100+j)%4 == 0 {
					of = jaak
				}
				if last, err = w.events.Record(b.Context(), tx, reading(of)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for state := (ledger.State{}); !state.Signed; time.Sleep(10 * time.Millisecond) {
		var err error
		if state, err = w.log.State(b.Context(), last); err != nil {
			b.Fatal(err)
		}
	}
	for _, limit := range []int{20, 1000} {
		b.Run(fmt.Sprint(limit), func(b *testing.B) {
			for b.Loop() {
				entries, total, err := w.events.OfPerson(b.Context(), jaak, audit.Filter{Limit: limit})
				if err != nil || len(entries) != limit || total != 2500 || !entries[0].Intact || !entries[limit-1].Ledger.Signed {
					b.Fatalf("%d of %d, %v", len(entries), total, err)
				}
			}
		})
	}
}
