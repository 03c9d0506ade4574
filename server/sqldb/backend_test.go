package sqldb

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/e2e/rig"
)

// onEach runs a test on both databases; config gives the same database again for a second handle, as another process would.
func onEach(t *testing.T, test func(t *testing.T, cfg Config)) {
	t.Helper()
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) { test(t, configOf(t, driver)) })
	}
}

func drivers() []string { return []string{SQLite, Postgres} }

// configOf gives a new, empty database.
func configOf(t testing.TB, driver string) Config {
	t.Helper()
	if driver == Postgres {
		return Config{Driver: Postgres, DSN: rig.Postgres(t)}
	}
	return liteConfig(t)
}

// liteConfig is a file that several handles fight for on a machine that may be very slow. It has been migrated: doing that again
// for each test takes longer than most tests.
func liteConfig(t testing.TB) Config {
	t.Helper()
	file, err := migratedFile()
	if err != nil {
		t.Fatal(err)
	}
	cfg := emptyLite(t)
	if err := os.MkdirAll(filepath.Dir(cfg.DSN), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cfg.DSN, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// emptyLite is a file that is not there yet.
func emptyLite(t testing.TB) Config {
	t.Helper()
	return Config{Driver: SQLite, DSN: filepath.Join(t.TempDir(), "a folder?#%", "labtide.db"), Patience: time.Minute}
}

// migratedFile gives the content of a new database.
var migratedFile = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "labtide-sqldb-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "labtide.db")
	db, err := Open(context.Background(), Config{Driver: SQLite, DSN: path}, discard())
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // ours
})

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// emptied gives an empty database at each call. On PostgreSQL it is the same one, emptied: making one takes a second.
func emptied(t *testing.T, driver string) func(t *testing.T) *DB {
	t.Helper()
	if driver == SQLite {
		return func(t *testing.T) *DB { return openTest(t, liteConfig(t)) }
	}
	db := openTest(t, configOf(t, driver))
	empty := emptying(t, db)
	return func(t *testing.T) *DB { empty(t); return db }
}

// emptying gives what empties a database on PostgreSQL, but for what migrations have put there.
func emptying(t *testing.T, db *DB) func(tb testing.TB) {
	t.Helper()
	// booking_rules has a row that a migration made.
	tables, err := list(db.direct(t.Context()), func(row scanner) (name string, err error) { return name, row.Scan(&name) },
		"SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose_%' AND tablename <> 'booking_rules'")
	if err != nil {
		t.Fatal(err)
	}
	return func(tb testing.TB) {
		tb.Helper()
		err := db.write(tb.Context(), func(tx *tx) error {
			_, err := tx.exec("SET LOCAL session_replication_role = replica") // foreign keys are not looked at
			for _, table := range tables {
				if _, deleted := tx.exec("DELETE FROM " + table); deleted != nil {
					return deleted
				}
			}
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// openTest opens a database that is closed with the test. A test does not wait for the disk, a benchmark does: that loses data
// in a power cut only, which no test can stage. PostgreSQL's server knows it from the rig.
func openTest(t testing.TB, cfg Config) *DB {
	t.Helper()
	db, err := Open(t.Context(), cfg, discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, durable := t.(*testing.B); db.writer != nil && !durable {
		if err := db.writer.do("PRAGMA synchronous = OFF"); err != nil {
			t.Fatal(err)
		}
	}
	return db
}
