package audit_test

import (
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"

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
