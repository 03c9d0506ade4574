package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Sessions keeps the sessions of browsers. It has the methods of scs.CtxStore; scs also asks for the ones without a context,
// which it does not call when those are there.
type Sessions struct{ db *DB }

// NewSessions makes the store.
func NewSessions(db *DB) *Sessions { return &Sessions{db: db} }

// FindCtx gives the data of a session that has not expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, ok bool, err error) {
	if !keyable(token) {
		return nil, false, nil
	}
	err = s.db.direct(ctx).row("SELECT data FROM sessions WHERE token = $1 AND expires_at > $2", token, time.Now().Unix()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, translate(err)
}

// CommitCtx stores a session, or replaces it.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO sessions (token, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, token, data, expiry.Unix())
		return err
	})
}

// DeleteCtx removes a session; one that is not there is removed already.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	if !keyable(token) {
		return nil
	}
	return s.db.write(ctx, func(t *tx) error {
		_, err := t.exec("DELETE FROM sessions WHERE token = $1", token)
		return err
	})
}

// Find is FindCtx.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
