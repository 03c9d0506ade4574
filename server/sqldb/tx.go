package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"strings"
	"time"
)

// tx runs statements inside one transaction (write, read), or each in its own (direct).
type tx struct {
	ctx     context.Context
	dialect dialect
	run     runner
}

// runner is the part of database/sql that a transaction offers; writer and statements put prepared statements behind it.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// exec runs a statement and gives the number of rows that it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	result, err := t.run.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row runs a query for at most one row; Scan gives sql.ErrNoRows when there is none.
func (t *tx) row(query string, args ...any) *sql.Row {
	return t.run.QueryRowContext(t.ctx, query, args...)
}

// each calls scan for every row of a query; scan reads the row by its argument, which has the shape of sql.Rows.Scan.
func (t *tx) each(scan func(scanner) error, query string, args ...any) error {
	rows, err := t.run.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() // Err below says all
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scanner is a row: *sql.Row and *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// list reads all rows of a query.
func list[T any](t *tx, read func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var out []T
	err := t.each(func(row scanner) error {
		v, err := read(row)
		out = append(out, v)
		return err
	}, query, args...)
	return out, err
}

// maxAttempts bounds how often a transaction is tried that lost against another one through no fault of its caller.
const maxAttempts = 8

// write runs fn in one transaction and makes it durable before it returns nil. An error of fn rolls back what fn did and is
// returned, driver errors as faults.
//
// fn may run several times (serialization failures and deadlocks are retried), so it may change nothing outside of the
// transaction but variables that it sets anew. On PostgreSQL the isolation is READ COMMITTED: lock the rows that a
// decision rests on (dialect.forUpdate), in id order. On SQLite there is one writer, and callers that come together share one
// commit (writer): statements inside fn are not ended by the caller's context, so fn must be short. fn must not call write again
// but by the context of Together.
func (db *DB) write(ctx context.Context, fn func(*tx) error) error {
	if t := db.joined(ctx); t != nil {
		return translate(fn(t))
	}
	for attempt := 1; ; attempt++ {
		err := db.writeOnce(ctx, fn)
		if err == nil || !retryable(err) || attempt == maxAttempts || ctx.Err() != nil {
			return translate(err)
		}
		pause := time.NewTimer(rand.N(2*time.Millisecond<<attempt) + 1)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return translate(err)
		}
	}
}

func (db *DB) writeOnce(ctx context.Context, fn func(*tx) error) error {
	if db.writer != nil {
		return db.writer.write(ctx, func(run runner) error {
			return fn(&tx{ctx: context.WithoutCancel(ctx), dialect: db.dialect, run: run})
		})
	}
	return db.transact(ctx, nil, fn)
}

// writeOne is write for one statement. PostgreSQL gets it in one round trip; a transaction is three.
func (db *DB) writeOne(ctx context.Context, query string, args ...any) (changed int64, err error) {
	if db.writer == nil && db.joined(ctx) == nil {
		if changed, err = db.direct(ctx).exec(query, args...); err == nil || !retryable(err) {
			return changed, translate(err)
		}
	}
	err = db.write(ctx, func(t *tx) error {
		changed, err = t.exec(query, args...)
		return err
	})
	return changed, err
}

// read runs fn on one snapshot: what it reads fits together, whatever others write meanwhile.
func (db *DB) read(ctx context.Context, fn func(*tx) error) error {
	if t := db.joined(ctx); t != nil {
		return translate(fn(t))
	}
	opts := &sql.TxOptions{ReadOnly: true}
	if db.dialect.name == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return translate(db.transact(ctx, opts, fn))
}

// direct gives a tx whose statements each stand alone: for a read that is one SELECT. Its errors are the driver's; pass them
// through translate.
func (db *DB) direct(ctx context.Context) *tx {
	if t := db.joined(ctx); t != nil {
		return t
	}
	if db.cache != nil {
		return &tx{ctx: ctx, dialect: db.dialect, run: db.cache}
	}
	return &tx{ctx: ctx, dialect: db.dialect, run: db.pool}
}

func (db *DB) transact(ctx context.Context, opts *sql.TxOptions, fn func(*tx) error) error {
	inner, err := db.pool.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer inner.Rollback() //nolint:errcheck // after Commit it does nothing; before it, the first error is the one to tell
	if err := fn(&tx{ctx: ctx, dialect: db.dialect, run: inner}); err != nil {
		return err
	}
	return inner.Commit()
}

// found turns sql.ErrNoRows into the given fault.
func found(err, missing error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return missing
	}
	return err
}

// unix is how an instant is stored: unix seconds, NULL for the zero time.
func unix(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.Unix()
}

// instant reads what unix stored.
func instant(sec sql.NullInt64) time.Time {
	if !sec.Valid {
		return time.Time{}
	}
	return secondsUTC(sec.Int64)
}

func secondsUTC(sec int64) time.Time { return time.Unix(sec, 0).UTC() }

// storable makes a text that came from outside one that both databases take: without NUL and broken UTF-8.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// orNull stores an empty text as NULL: a reference to nothing.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
