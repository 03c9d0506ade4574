package sqldb

import (
	"context"
	"time"
)

// How long things are kept that nobody needs any more.
const (
	letterLife     = 30 * 24 * time.Hour
	enrollmentLife = 30 * 24 * time.Hour
	effectLife     = 30 * 24 * time.Hour
)

// Sweep deletes what has expired: sessions, one-time links and codes, idempotency keys, old dead letters, what was told
// long ago. Call it every hour or so.
func (db *DB) Sweep(ctx context.Context, now time.Time) error {
	for _, old := range []struct {
		condition string
		before    time.Time
	}{
		{"sessions WHERE expires_at <= $1", now},
		{"links WHERE expires_at <= $1", now},
		{"enrollments WHERE expires_at <= $1", now.Add(-enrollmentLife)},
		{"idempotency_keys WHERE begun_at <= $1", now.Add(-keyLife)},
		{"dead_letters WHERE received_at <= $1", now.Add(-letterLife)},
		// With their deliveries.
		{"effects WHERE done_at <= $1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.effect_id = effects.id AND d.outcome = '')",
			now.Add(-effectLife)},
	} {
		err := db.write(ctx, func(t *tx) error {
			_, err := t.exec("DELETE FROM "+old.condition, old.before.Unix())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
