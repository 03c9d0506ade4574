package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/labtide/labtide/server/booking"
)

// together makes the decisions in one transaction. When the database refuses what they write, each has one of its own, so that
// nobody pays for another.
func (b *Bookings) together(all []*decision) {
	ctx, cancel := context.WithTimeout(context.Background(), maxTurn) // nobody may cancel the others
	defer cancel()
	err := b.settleTogether(ctx, all)
	kind, _ := violated(err)
	switch {
	case err == nil:
		if later := slices.DeleteFunc(slices.Clone(all), func(d *decision) bool { return !d.later }); len(later) > 0 {
			b.together(later)
		}
	case len(all) > 1 && (kind != noViolation || refusedValue(err)):
		for _, d := range all {
			b.together([]*decision{d})
		}
	default:
		for _, d := range all {
			if d.err = translate(err); overlaps(err) {
				d.err = booking.ErrOverlap
			}
		}
	}
}

// settleTogether runs one transaction, again when it lost against another one.
func (b *Bookings) settleTogether(ctx context.Context, all []*decision) (err error) {
	var rules *booking.Rules
	if b.db.writer != nil {
		err = b.db.write(ctx, func(t *tx) (err error) {
			rules, err = b.settle(t.send, nil, nil, all...)
			return err
		})
	} else {
		rules, err = b.tryPostgres(ctx, all)
	}
	if err != nil {
		return err
	}
	b.keep(rules)
	for _, d := range all {
		b.hub.tell(d.touched())
	}
	return nil
}

// tryPostgres runs the transaction again when it lost against another one: a deadlock, a serialization failure.
func (b *Bookings) tryPostgres(ctx context.Context, all []*decision) (*booking.Rules, error) {
	for attempt := 1; ; attempt++ {
		rules, err := b.settlePostgres(ctx, all)
		if !retryable(err) || attempt == maxAttempts || ctx.Err() != nil {
			return rules, err
		}
		pause := time.NewTimer(rand.N(2*time.Millisecond<<attempt) + 1)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
	}
}

// settlePostgres runs one transaction in two round trips: BEGIN travels with the locks and the reads, COMMIT with the writes
// and the notices.
func (b *Bookings) settlePostgres(ctx context.Context, all []*decision) (rules *booking.Rules, err error) {
	err = b.db.onConn(ctx, func(pg *pgx.Conn) error {
		send := func(statements ...statement) error { return sendPostgres(ctx, pg, statements) }
		rules, err = b.settle(send, begin(), func() []statement { return finish(all) }, all...)
		if err != nil && undo(ctx, pg) != nil {
			return errors.Join(err, driver.ErrBadConn)
		}
		return err
	})
	return rules, err
}

func begin() []statement { return []statement{{text: "BEGIN"}, byIndexes()} }

// byIndexes keeps the planner of a transaction from reading whole tables: its plans are made once, when the tables are still
// small, and kept. Where it must read one all the same, as of the rules, it takes the plan for a dear one: compiling that takes
// longer than it.
func byIndexes() statement {
	return statement{text: "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"}
}

// undo ends a transaction that failed, even when the time for it is over.
func undo(ctx context.Context, pg *pgx.Conn) error {
	if pg.IsClosed() {
		return driver.ErrBadConn
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, err := pg.Exec(ctx, "ROLLBACK")
	return err
}

// finish tells the other processes, in the same transaction, and commits.
func finish(all []*decision) []statement {
	var touched []string
	for _, d := range all {
		touched = append(touched, d.touched()...)
	}
	out := []statement{{text: "COMMIT"}}
	if len(touched) > 0 {
		out = []statement{notifyStations(distinct(touched)), {text: "COMMIT"}}
	}
	return out
}

// sendPostgres sends all statements in one packet, and reads the answers.
func sendPostgres(ctx context.Context, conn *pgx.Conn, statements []statement) error {
	batch := &pgx.Batch{}
	for _, s := range statements {
		queued := batch.Queue(s.text, s.args...)
		if s.read != nil {
			queued.Query(func(rows pgx.Rows) error {
				for rows.Next() {
					if err := s.read(rows); err != nil {
						return err
					}
				}
				return rows.Err()
			})
		}
	}
	return conn.SendBatch(ctx, batch).Close()
}

// overlaps reports whether the database refused two bookings at the same time.
func overlaps(err error) bool {
	kind, _ := violated(err)
	return kind == overlap
}

// refusedValue reports whether the database refused a value as such, a NUL in a text for example: class 22.
func refusedValue(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && strings.HasPrefix(pg.Code, "22")
}
