// Package sqldb keeps what the house must not forget in SQLite or in PostgreSQL: the register, people, bookings, the
// ledger's bits, device states. It implements the stores that the domain packages declare and is the only place that
// knows database/sql, a driver, or a migration.
//
// It may not know HTTP, MQTT or InfluxDB, and holds no rule of the school: rules are asked of the domain, inside the
// transaction that needs the answer. Invariants: one SQL text serves both databases ($1 binds by number in both), what
// differs is in dialect.go; every instant is an integer, unix seconds in UTC, NULL for "none"; ids are made here (id.go);
// when a method returns without an error, the data has reached the disk; driver errors leave only as faults.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// The drivers.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Config says which database. The caller has validated it.
type Config struct {
	Driver string // SQLite or Postgres
	// DSN is the path of the file (SQLite; its folder is made when missing) or a URL, postgres://… (PostgreSQL 15 or later).
	DSN string
	// MaxConns bounds the connections: PostgreSQL's, or SQLite's readers. 0: 16.
	MaxConns int
	// Patience is how long SQLite waits while another process writes. 0: 5 seconds.
	Patience time.Duration
}

const (
	defaultMaxConns = 16
	defaultPatience = 5 * time.Second
)

// DB is the open database. It is safe for concurrent use, and several processes may open the same one.
type DB struct {
	dialect dialect
	pool    *sql.DB // PostgreSQL: everything; SQLite: readers
	writer  *writer // SQLite only
	cache   *statements
	log     *slog.Logger
}

// Open connects and brings the schema up to date; of several processes that start at once, one migrates and the others wait.
// It starts nothing that runs on. The error of an unreachable database is fault.KindUnavailable.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*DB, error) {
	return open(ctx, cfg, migrations(cfg.Driver), log)
}

func open(ctx context.Context, cfg Config, steps fs.FS, log *slog.Logger) (*DB, error) {
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = defaultMaxConns
	}
	switch cfg.Driver {
	case SQLite:
		return openSQLite(ctx, cfg, steps, log)
	case Postgres:
		return openPostgres(ctx, cfg, steps, log)
	}
	return nil, fmt.Errorf("sqldb: unknown driver %q, it is %q or %q", cfg.Driver, SQLite, Postgres)
}

// Close waits for transactions that are under way and closes all connections.
func (db *DB) Close() error {
	var err error
	if db.writer != nil {
		err = db.writer.close()
	}
	return errors.Join(err, db.cache.close(), db.pool.Close())
}

// Ping says whether the database answers: fault.KindUnavailable when it does not.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.pool.PingContext(ctx); err != nil {
		return fault.Unavailable("database", err)
	}
	return nil
}
