package sqldb

import (
	"log/slog"
	"path/filepath"
	"testing"

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

func liteConfig(t testing.TB) Config {
	t.Helper()
	return Config{Driver: SQLite, DSN: filepath.Join(t.TempDir(), "a folder?#%", "labtide.db")}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

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
