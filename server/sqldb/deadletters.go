package sqldb

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/labtide/labtide/server/telemetry"
)

// DeadLetters is a telemetry.DeadLetters.
type DeadLetters struct{ db *DB }

// NewDeadLetters makes the store.
func NewDeadLetters(db *DB) *DeadLetters { return &DeadLetters{db: db} }

// maxLetterBytes is how much of a payload is kept.
const maxLetterBytes = 64 << 10

// PutDeadLetters stores all of them, or none. A letter's id comes from what it says, so redelivery does not double it.
func (d *DeadLetters) PutDeadLetters(ctx context.Context, letters []telemetry.DeadLetter) error {
	rows := make([][]any, len(letters))
	for i, l := range letters {
		payload := l.Payload[:min(len(l.Payload), maxLetterBytes)]
		if payload == nil {
			payload = []byte{}
		}
		rows[i] = []any{letterID(l), storable(l.Device), storable(l.Topic), payload, l.Code, l.ReceivedAt.Unix()}
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(string), b[0].(string)) }) //nolint:forcetypeassert // made above
	return d.db.write(ctx, func(t *tx) error {
		for _, row := range rows {
			if _, err := t.exec(`INSERT INTO dead_letters (id, device_id, topic, payload, code, received_at)
				VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET received_at = excluded.received_at`, row...); err != nil {
				return err
			}
		}
		return nil
	})
}

func letterID(l telemetry.DeadLetter) string {
	hash := sha256.New()
	for _, part := range []string{l.Device, l.Topic, l.Code, string(l.Payload)} {
		hash.Write([]byte(part))
		hash.Write([]byte{0})
	}
	return idEncoding.EncodeToString(hash.Sum(nil)[:16])
}

// DeadLetters gives the newest letters, at most limit.
func (d *DeadLetters) DeadLetters(ctx context.Context, limit int) ([]telemetry.DeadLetter, error) {
	out, err := list(d.db.direct(ctx), func(row scanner) (l telemetry.DeadLetter, err error) {
		var at int64
		err = row.Scan(&l.Device, &l.Topic, &l.Payload, &l.Code, &at)
		l.ReceivedAt = secondsUTC(at)
		return l, err
	}, "SELECT device_id, topic, payload, code, received_at FROM dead_letters ORDER BY received_at DESC, id LIMIT $1", limit)
	return out, translate(err)
}
