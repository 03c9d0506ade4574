package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// openSQLite opens the file with one writing connection and a pool of readers, which in WAL mode never wait for it.
func openSQLite(ctx context.Context, cfg Config, steps fs.FS, log *slog.Logger) (_ *DB, err error) {
	path, err := filepath.Abs(cfg.DSN)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	var toClose []func() error
	defer func() {
		if err != nil {
			for _, closing := range toClose {
				err = errors.Join(err, closing())
			}
		}
	}()
	// FULL: what we have acknowledged survives a power cut. A busy database is another process at work: wait for it.
	busy := fmt.Sprintf("busy_timeout(%d)", cmp.Or(cfg.Patience, defaultPatience).Milliseconds())
	pool, err := sql.Open("sqlite", fileURL(path, url.Values{
		"_pragma": {busy, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			"journal_size_limit(67108864)", "cache_size(-16000)"},
		"_txlock": {"immediate"},
	}))
	if err != nil {
		return nil, err
	}
	toClose = append(toClose, pool.Close)
	pool.SetMaxOpenConns(1)
	if err := migrateSQLite(ctx, pool, path, steps, log); err != nil {
		return nil, err
	}
	w, err := newWriter(ctx, pool)
	if err != nil {
		return nil, err
	}
	readers, err := sql.Open("sqlite", fileURL(path, url.Values{
		"_pragma": {busy, "query_only(1)", "cache_size(-8000)"},
	}))
	if err != nil {
		toClose = append([]func() error{w.close}, toClose...)
		return nil, err
	}
	readers.SetMaxOpenConns(cfg.MaxConns)
	readers.SetMaxIdleConns(cfg.MaxConns)
	return &DB{dialect: dialectOf(SQLite), pool: readers, writer: w, cache: newStatements(readers), log: log}, nil
}

// fileURL gives SQLite's URI of a file: a path may hold the characters that end a path in one.
func fileURL(path string, query url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}
