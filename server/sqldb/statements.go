package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// statements prepares each SQL text once and runs it from then on: compiling costs SQLite more than most queries.
// (pgx keeps prepared statements by itself.) It belongs to a pool or to one connection.
type statements struct {
	on preparer

	mu    sync.RWMutex
	known map[string]*sql.Stmt
}

// preparer is what *sql.DB and *sql.Conn have in common.
type preparer interface {
	runner
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// maxStatements bounds the cache, should a text be made up at run time; what is over the bound is compiled each time.
const maxStatements = 512

func newStatements(on preparer) *statements {
	return &statements{on: on, known: make(map[string]*sql.Stmt)}
}

// get gives the prepared statement, nil when the text cannot be prepared: then running it unprepared tells why.
func (s *statements) get(ctx context.Context, query string) *sql.Stmt {
	s.mu.RLock()
	stmt, full := s.known[query], len(s.known) >= maxStatements
	s.mu.RUnlock()
	if stmt != nil || full {
		return stmt
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt = s.known[query]; stmt != nil {
		return stmt
	}
	stmt, err := s.on.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	s.known[query] = stmt
	return stmt
}

func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if stmt := s.get(ctx, query); stmt != nil {
		return stmt.ExecContext(ctx, args...)
	}
	return s.on.ExecContext(ctx, query, args...)
}

func (s *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := s.get(ctx, query); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return s.on.QueryContext(ctx, query, args...)
}

func (s *statements) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := s.get(ctx, query); stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	return s.on.QueryRowContext(ctx, query, args...)
}

func (s *statements) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, stmt := range s.known {
		errs = append(errs, stmt.Close())
	}
	clear(s.known)
	return errors.Join(errs...)
}
