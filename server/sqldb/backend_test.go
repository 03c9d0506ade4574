package sqldb

import (
	"log/slog"
	"path/filepath"
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

// liteConfig is a file that several handles fight for on a machine that may be very slow.
func liteConfig(t testing.TB) Config {
	t.Helper()
	return Config{Driver: SQLite, DSN: filepath.Join(t.TempDir(), "a folder?#%", "labtide.db"), Patience: time.Minute}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// emptied gives an empty database at each call. On PostgreSQL it is the same one, emptied: making one takes a second.
func emptied(t *testing.T, driver string) func(t *testing.T) *DB {
	t.Helper()
	if driver == SQLite {
		return func(t *testing.T) *DB { return openTest(t, liteConfig(t)) }
	}
	db := openTest(t, configOf(t, driver))
	// booking_rules has a row that a migration made.
	tables, err := list(db.direct(t.Context()), func(row scanner) (name string, err error) { return name, row.Scan(&name) },
		"SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose_%' AND tablename <> 'booking_rules'")
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) *DB {
		t.Helper()
		err := db.write(t.Context(), func(tx *tx) error {
			_, err := tx.exec("SET LOCAL session_replication_role = replica") // foreign keys are not looked at
			for _, table := range tables {
				if _, deleted := tx.exec("DELETE FROM " + table); deleted != nil {
					return deleted
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
}

// openTest opens a database that is closed with the test.
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
	return db
}
