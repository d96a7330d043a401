package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// DefaultMaxConns is the size of the pool of connections to PostgreSQL.
	DefaultMaxConns = 16

	connectTimeout = 5 * time.Second
	maxIdleTime    = 5 * time.Minute
)

// runtimeParameters bound what one forgotten transaction can hold up, unless
// the URL says otherwise. Milliseconds.
var runtimeParameters = map[string]string{ //nolint:gochecknoglobals // a table that is never written
	"statement_timeout":                   "30000",
	"lock_timeout":                        "10000",
	"idle_in_transaction_session_timeout": "60000",
	"application_name":                    "eidgate",
	"timezone":                            "UTC",
}

// openPostgres opens a pool; the first connection is made by its first use.
func openPostgres(address string, o Options) (*Store, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, ErrURL // the parser's text repeats the address, password and all
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for name, value := range runtimeParameters {
		if _, ok := config.RuntimeParams[name]; !ok {
			config.RuntimeParams[name] = value
		}
	}
	size := o.MaxConns
	if size == 0 {
		size = DefaultMaxConns
	}
	pool := sql.OpenDB(connector{stdlib.GetConnector(*config), classifyPostgres, false})
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(maxIdleTime)
	shared := &pipeline{log: o.Log, send: func(members []*member) (int, error) { return sendTogether(pool, members) }}
	return &Store{dialect: PostgreSQL, read: pool, write: pool, pipeline: shared, options: o}, nil
}

// classifyPostgres reads the codes of PostgreSQL's appendix A.
func classifyPostgres(c driver.Conn, err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return classifyState(e.Code)
	}
	var network net.Error
	var connect *pgconn.ConnectError
	open, ok := c.(*stdlib.Conn)
	switch {
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, driver.ErrBadConn), ok && open.Conn().IsClosed():
		return ErrUnavailable
	}
	return nil
}

func classifyState(state string) error {
	switch state {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return errRepeat
	case "23505": // unique_violation
		return ErrDuplicate
	case "53100": // disk_full
		return ErrFull
	case "57014", "55P03": // query_canceled by a timeout, lock_not_available
		return ErrBusy
	case "XX001", "XX002": // data_corrupted, index_corrupted
		return ErrDamaged
	case "25006", "58030": // read_only_sql_transaction (a standby), io_error
		return ErrUnavailable
	}
	switch state[:2] {
	case "23": // integrity_constraint_violation
		return ErrConflict
	case "08", "53", "57", "28", "3D": // connection, resources, operator intervention, authorization, no such database
		return ErrUnavailable
	}
	return nil
}
