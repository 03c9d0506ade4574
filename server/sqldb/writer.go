package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// writer is SQLite's only writing connection. Waiting for the disk is what a commit costs, so callers that come together
// share one: each runs its statements when it holds the lock, and hands the open transaction on to the next who waits; the
// last of them commits for all. Each has a savepoint, so the failure of one undoes its own work and nobody else's.
//
// Nobody is told anything, good or bad, before the commit: a refusal may rest on what another member wrote.
// There is no goroutine: a caller that nobody follows commits at once, alone.
type writer struct {
	pool    *sql.DB // one connection, which is conn
	conn    *sql.Conn
	run     *statements
	waiting atomic.Int64 // callers that want the lock

	mu   sync.Mutex
	open *batch // the transaction that is open; nil: none
}

// batch is one transaction and those who share it.
type batch struct {
	begun   time.Time
	members int
	done    chan struct{}
	err     error // set before done is closed: the transaction as a whole failed
}

// Bounds of a batch: the first member waits for the last.
const (
	maxMembers = 128
	maxOpen    = 10 * time.Millisecond
)

func newWriter(ctx context.Context, pool *sql.DB) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &writer{pool: pool, conn: conn, run: newStatements(conn)}, nil
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(w.run.close(), w.conn.Close(), w.pool.Close())
}

// write runs fn in a transaction that it may share, and returns when that has reached the disk. The context counts until
// fn begins: an interrupted statement would make SQLite undo the whole transaction, the other members' part, too.
func (w *writer) write(ctx context.Context, fn func(runner) error) error {
	w.waiting.Add(1)
	w.mu.Lock()
	w.waiting.Add(-1)
	b, err := w.turn(ctx, fn)
	if b == nil {
		return err
	}
	<-b.done
	if b.err != nil {
		return b.err
	}
	return err
}

// turn holds the lock and releases it, whatever fn does. Without a batch, nothing happened but err.
func (w *writer) turn(ctx context.Context, fn func(runner) error) (*batch, error) {
	defer w.mu.Unlock()
	defer w.handOn()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.open == nil {
		if err := w.do("BEGIN IMMEDIATE"); err != nil {
			return nil, err
		}
		w.open = &batch{begun: time.Now(), done: make(chan struct{})}
	}
	b := w.open
	b.members++
	if b.members == 1 {
		return b, w.first(fn)
	}
	return b, w.join(fn)
}

// first runs the first member. It needs no savepoint: nobody else has done anything yet.
func (w *writer) first(fn func(runner) error) (err error) {
	kept := false
	defer func() {
		if !kept { // an error or a panic
			w.end("ROLLBACK")
		}
	}()
	err = fn(w.run)
	kept = err == nil
	return err
}

// join runs a further member in a savepoint of its own.
func (w *writer) join(fn func(runner) error) (err error) {
	if err := w.do("SAVEPOINT member"); err != nil {
		w.fail(err)
		return err
	}
	kept := false
	defer func() {
		if !kept {
			if err := w.do("ROLLBACK TO member"); err != nil {
				w.fail(err)
				return
			}
		}
		if err := w.do("RELEASE member"); err != nil {
			w.fail(err)
		}
	}()
	err = fn(w.run)
	kept = err == nil
	return err
}

// handOn leaves the transaction to the next caller, or commits when there is none or the batch has grown enough.
func (w *writer) handOn() {
	if w.open != nil && (w.waiting.Load() == 0 || w.open.members >= maxMembers || time.Since(w.open.begun) >= maxOpen) {
		w.end("COMMIT")
	}
}

// fail ends the transaction: SQLite itself has lost it, a full disk for example.
func (w *writer) fail(err error) {
	w.open.err = err
	w.end("ROLLBACK")
}

// end closes the transaction and tells its members.
func (w *writer) end(how string) {
	b := w.open
	w.open = nil
	if err := w.do(how); err != nil && how == "COMMIT" {
		b.err = err
		_ = w.do("ROLLBACK") // fails when SQLite has done it already
	}
	close(b.done)
}

func (w *writer) do(statement string) error {
	_, err := w.run.ExecContext(context.Background(), statement)
	return err
}
