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
	t.Run(SQLite, func(t *testing.T) { test(t, liteConfig(t)) })
	t.Run(Postgres, func(t *testing.T) { test(t, Config{Driver: Postgres, DSN: rig.Postgres(t)}) })
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
