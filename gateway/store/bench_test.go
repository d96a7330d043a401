package store_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
)

// BenchmarkTx measures durable single-row transactions through the store
// against bare ones through database/sql on the same database, by how many
// callers there are at once.
func BenchmarkTx(b *testing.B) {
	addresses := map[string]string{"sqlite": storetest.SQLite(b), "postgres": storetest.NewServer(b).Database(b)}
	for kind, address := range addresses {
		s := storetest.Open(b, address)
		if err := s.Migrate(b.Context(), map[string]fs.FS{"bank": room(accounts)}); err != nil {
			b.Fatal(err)
		}
		bare := openBare(b, kind, address)
		var n atomic.Int64
		const statement = "INSERT INTO account (name, owner, balance, open) VALUES ($1, $1, 1, true)"
		for _, callers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d/bare", kind, callers), func(b *testing.B) {
				parallel(b, callers, func() error {
					_, err := bare.ExecContext(b.Context(), statement, fmt.Sprint(n.Add(1)))
					return err
				})
			})
			b.Run(fmt.Sprintf("%s/callers=%d/store", kind, callers), func(b *testing.B) {
				parallel(b, callers, func() error {
					return s.Tx(b.Context(), func(tx db.Querier) error {
						_, err := tx.ExecContext(b.Context(), statement, fmt.Sprint(n.Add(1)))
						return err
					})
				})
			})
		}
	}
}

// openBare is the same database as anybody would open it.
func openBare(b *testing.B, kind, address string) *sql.DB {
	driver := map[string]string{"sqlite": "sqlite", "postgres": "pgx"}[kind]
	if kind == "sqlite" {
		address = "file:" + address[len("sqlite:"):] + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate"
	}
	bare, err := sql.Open(driver, address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { bare.Close() })
	bare.SetMaxOpenConns(16)
	bare.SetMaxIdleConns(16)
	if kind == "sqlite" {
		bare.SetMaxOpenConns(1) // more only wait for each other, with pauses
	}
	return bare
}

func parallel(b *testing.B, callers int, do func() error) {
	b.SetParallelism((callers + 1) / 2) // times GOMAXPROCS, which is 2 where this was measured
	if callers == 1 {
		for b.Loop() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
	} else {
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
