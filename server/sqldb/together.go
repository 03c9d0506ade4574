package sqldb

import "context"

// joined is what a context of Together carries.
type joined struct {
	db *DB
	tx *tx
}

type joinedKey struct{}

// Together runs fn in one transaction: what the stores of this DB read and write with the context that fn is given belongs
// to it, and all of it happens or none. fn may run several times, as with write, and must not use the context elsewhere or
// after it has returned. Decisions about bookings (Bookings.Decide) have a transaction of their own and do not join.
func (db *DB) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.write(ctx, func(t *tx) error {
		inner := *t
		inner.ctx = context.WithValue(t.ctx, joinedKey{}, joined{db, &inner})
		return fn(inner.ctx)
	})
}

// joined gives the transaction that the context is part of; nil when there is none of this DB.
func (db *DB) joined(ctx context.Context) *tx {
	if j, ok := ctx.Value(joinedKey{}).(joined); ok && j.db == db {
		return j.tx
	}
	return nil
}
