package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/labtide/labtide/server/fault"
)

// openPostgres opens a pool of connections, which pgx lets keep their prepared statements.
func openPostgres(ctx context.Context, cfg Config, steps fs.FS, log *slog.Logger) (*DB, error) {
	settings, err := pgx.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, fmt.Errorf("sqldb: read the URL of the database: %w", err) // pgx leaves the password out
	}
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = 10 * time.Second
	}
	pool := stdlib.OpenDB(*settings)
	pool.SetMaxOpenConns(cfg.MaxConns)
	pool.SetMaxIdleConns(cfg.MaxConns)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fault.Unavailable("database", err), pool.Close())
	}
	if err := migratePostgres(ctx, pool, steps, log); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &DB{dialect: dialectOf(Postgres), pool: pool, log: log}, nil
}

// onConn lends one connection of the pool to fn, with what database/sql hides.
func (db *DB) onConn(ctx context.Context, fn func(pg *pgx.Conn) error) error {
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // back to the pool
	return conn.Raw(func(raw any) error {
		return fn(raw.(*stdlib.Conn).Conn()) // openPostgres uses no other driver
	})
}
