package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/labtide/labtide/server/fault"
)

// The schema, one folder per dialect with the same tables, columns and indexes by name (a test compares them).
// A migration that has been released is never edited.
//
//go:embed migrations
var files embed.FS

func migrations(driver string) fs.FS {
	sub, err := fs.Sub(files, "migrations/"+driver)
	if err != nil { // only for a malformed path
		return embed.FS{}
	}
	return sub
}

// migratePostgres holds an advisory lock meanwhile, so of several servers that start at once one migrates.
func migratePostgres(ctx context.Context, pool *sql.DB, steps fs.FS, log *slog.Logger) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	return migrate(ctx, goose.DialectPostgres, pool, steps, log, goose.WithSessionLocker(locker))
}

// migrateSQLite holds an exclusive transaction on an empty database beside the file meanwhile: the kernel gives it back
// however the process ends. The first connection of the pool is made under it, too: to become a WAL database, a file must be
// alone, and SQLite does not wait for that.
func migrateSQLite(ctx context.Context, pool *sql.DB, path string, steps fs.FS, log *slog.Logger) (err error) {
	turnstile, err := sql.Open("sqlite", fileURL(path+".migrate", url.Values{"_pragma": {"busy_timeout(60000)"}, "_txlock": {"exclusive"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, turnstile.Close()) }()
	held, err := turnstile.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sqldb: another process is migrating %s: %w", path, err)
	}
	defer held.Rollback() //nolint:errcheck // nothing was written
	if err := pool.PingContext(ctx); err != nil {
		return fault.Unavailable("database", err)
	}
	return migrate(ctx, goose.DialectSQLite3, pool, steps, log)
}

func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, steps fs.FS, log *slog.Logger, options ...goose.ProviderOption) error {
	provider, err := goose.NewProvider(dialect, pool, steps, append(options, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return fmt.Errorf("sqldb: read the migrations: %w", err)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("sqldb: migrate: %w", err)
	}
	for _, step := range done {
		log.InfoContext(ctx, "database migrated", "step", step.Source.Path, "took", step.Duration)
	}
	return nil
}
