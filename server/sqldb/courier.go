package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
)

// Courier is a courier.Store.
type Courier struct{ db *DB }

// NewCourier makes the store.
func NewCourier(db *DB) *Courier { return &Courier{db: db} }

// Plan turns effects that are due into deliveries, each once whoever plans.
func (c *Courier) Plan(ctx context.Context, now time.Time, n int, route func([]booking.Effect) []courier.Delivery) (planned int, err error) {
	// Most looks find nothing, and must not disturb who writes.
	if due, err := c.any(ctx, "effects WHERE done_at IS NULL AND due_at <= $1", now); err != nil || !due {
		return 0, err
	}
	lock := c.db.dialect.forUpdate
	if lock != "" {
		lock += " SKIP LOCKED"
	}
	err = c.db.write(ctx, func(t *tx) error {
		effects, err := list(t, func(row scanner) (e booking.Effect, err error) {
			into, finish := effectFields(&e)
			if err := row.Scan(into...); err != nil {
				return e, err
			}
			return e, finish()
		}, "SELECT "+effectColumns+" FROM effects e WHERE done_at IS NULL AND due_at <= $1 ORDER BY due_at, id LIMIT $2"+lock, now.Unix(), n)
		if planned = len(effects); err != nil || planned == 0 {
			return err
		}
		for _, d := range route(effects) {
			if err := t.insertDelivery(d); err != nil {
				return err
			}
		}
		ids := make([]string, len(effects))
		for i, e := range effects {
			ids[i] = e.ID
		}
		_, err = t.exec("UPDATE effects SET done_at = $1 WHERE "+t.dialect.among("id", 2), now.Unix(), t.dialect.list(ids))
		return err
	})
	return planned, err
}

func (t *tx) insertDelivery(d courier.Delivery) error {
	_, err := t.exec(`INSERT INTO deliveries (id, effect_id, channel, target_id, lane, created_at, due_at, give_up_at, attempts, outcome, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '', '') ON CONFLICT (effect_id, channel, target_id) DO NOTHING`,
		NewID(), d.Effect.ID, string(d.Channel), d.TargetID, d.Lane, d.CreatedAt.Unix(), d.DueAt.Unix(), d.GiveUpAt.Unix())
	return err
}

func (c *Courier) any(ctx context.Context, condition string, now time.Time) (found bool, err error) {
	err = c.db.direct(ctx).row("SELECT EXISTS (SELECT 1 FROM "+condition+")", now.Unix()).Scan(&found)
	return found, translate(err)
}

const (
	deliveryColumns = effectColumns + `, d.id, d.channel, d.target_id, d.lane, d.created_at, d.due_at, d.give_up_at, d.attempts, d.outcome,
		d.ended_at, d.error`
	deliveryTables = "deliveries d JOIN effects e ON e.id = d.effect_id"
)

func scanDelivery(row scanner) (d courier.Delivery, err error) {
	var createdAt, dueAt, giveUpAt int64
	var endedAt sql.NullInt64
	into, finish := effectFields(&d.Effect)
	into = append(into, &d.ID, &d.Channel, &d.TargetID, &d.Lane, &createdAt, &dueAt, &giveUpAt, &d.Attempts, &d.Outcome, &endedAt, &d.Error)
	if err := row.Scan(into...); err != nil {
		return d, err
	}
	d.CreatedAt, d.DueAt, d.GiveUpAt, d.EndedAt = secondsUTC(createdAt), secondsUTC(dueAt), secondsUTC(giveUpAt), instant(endedAt)
	return d, finish()
}

// Claim lends deliveries. A row that another process has claimed meanwhile is due later, which the outer condition sees.
func (c *Courier) Claim(ctx context.Context, now time.Time, lease time.Duration, n int, busy []string) (claimed []courier.Delivery, err error) {
	if due, err := c.any(ctx, "deliveries WHERE outcome = '' AND due_at <= $1", now); err != nil || !due {
		return nil, err
	}
	closed := make([]string, len(busy)) // never nil, which would be NULL
	for i, lane := range busy {
		closed[i] = storable(lane)
	}
	err = c.db.write(ctx, func(t *tx) error {
		ids, err := list(t, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
			`UPDATE deliveries SET due_at = $2, attempts = attempts + 1
			WHERE outcome = '' AND due_at <= $1 AND id IN (
				SELECT id FROM (
					SELECT id, due_at, effect_id, row_number() OVER (PARTITION BY lane ORDER BY due_at, effect_id, id) AS place
					FROM deliveries WHERE outcome = '' AND due_at <= $1 AND NOT `+t.dialect.among("lane", 4)+`
				) due WHERE place = 1 ORDER BY due_at, effect_id, id LIMIT $3
			) RETURNING id`, now.Unix(), now.Add(lease).Unix(), n, t.dialect.list(closed))
		if err != nil {
			return err
		}
		claimed, err = list(t, scanDelivery, "SELECT "+deliveryColumns+" FROM "+deliveryTables+
			" WHERE "+t.dialect.among("d.id", 1)+" ORDER BY d.created_at, d.effect_id, d.id", t.dialect.list(ids))
		return err
	})
	return claimed, err
}

// Retry makes a delivery due again, unless it has been claimed anew.
func (c *Courier) Retry(ctx context.Context, d courier.Delivery, at time.Time, reason string) error {
	_, err := c.db.writeOne(ctx, "UPDATE deliveries SET due_at = $3, error = $4 WHERE id = $1 AND attempts = $2 AND outcome = ''",
		d.ID, d.Attempts, at.Unix(), storable(reason))
	return err
}

// Finish ends a delivery, unless it has been claimed anew.
func (c *Courier) Finish(ctx context.Context, d courier.Delivery, now time.Time, outcome courier.Outcome, reason string) error {
	_, err := c.db.writeOne(ctx, "UPDATE deliveries SET outcome = $3, ended_at = $4, error = $5 WHERE id = $1 AND attempts = $2 AND outcome = ''",
		d.ID, d.Attempts, string(outcome), now.Unix(), storable(reason))
	return err
}

// Counts counts what waits and what is dead.
func (c *Courier) Counts(ctx context.Context) (courier.Counts, error) {
	counts := courier.Counts{Waiting: map[courier.Channel]int{}, Dead: map[courier.Channel]int{}}
	err := c.db.read(ctx, func(t *tx) error {
		if err := t.row("SELECT count(*) FROM effects WHERE done_at IS NULL").Scan(&counts.Effects); err != nil {
			return err
		}
		return t.each(func(row scanner) error {
			var channel courier.Channel
			var outcome courier.Outcome
			var n int
			var oldest int64
			if err := row.Scan(&channel, &outcome, &n, &oldest); err != nil {
				return err
			}
			if outcome == courier.OutcomeDead {
				counts.Dead[channel] = n
				return nil
			}
			counts.Waiting[channel] = n
			if at := secondsUTC(oldest); counts.OldestAt.IsZero() || at.Before(counts.OldestAt) {
				counts.OldestAt = at
			}
			return nil
		}, `SELECT channel, outcome, count(*), min(created_at) FROM deliveries WHERE outcome = '' GROUP BY channel, outcome
			UNION ALL SELECT channel, outcome, count(*), min(created_at) FROM deliveries WHERE outcome = 'dead' GROUP BY channel, outcome`)
	})
	return counts, err
}

// Deliveries gives those of a filter, the newest first.
func (c *Courier) Deliveries(ctx context.Context, f courier.Filter) ([]courier.Delivery, error) {
	if !keyable(f.TargetID) {
		return nil, nil
	}
	conditions, args := []string{"1 = 1"}, []any{}
	for _, by := range []struct{ column, value string }{
		{"d.channel", string(f.Channel)}, {"d.target_id", f.TargetID}, {"d.outcome", string(f.Outcome)},
	} {
		if by.value != "" {
			args = append(args, by.value)
			conditions = append(conditions, by.column+" = "+param(len(args)))
		}
	}
	limit := ""
	if f.Limit > 0 {
		limit = fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	out, err := list(c.db.direct(ctx), scanDelivery, "SELECT "+deliveryColumns+" FROM "+deliveryTables+" WHERE "+
		strings.Join(conditions, " AND ")+" ORDER BY d.created_at DESC, d.id DESC"+limit, args...)
	return out, translate(err)
}
