package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/labtide/labtide/server/telemetry"
)

// States is a telemetry.StateStore.
type States struct{ db *DB }

// NewStates makes the store.
func NewStates(db *DB) *States { return &States{db: db} }

// PutState stores s unless a newer session, or the end of its own, is stored already.
func (s *States) PutState(ctx context.Context, state telemetry.DeviceState) (changed bool, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		n, err := t.exec(`INSERT INTO device_states (device_id, session, state, since, source, agent, received_at, sample_conflicts)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0)
			ON CONFLICT (device_id) DO UPDATE SET session = excluded.session, state = excluded.state, since = excluded.since,
				source = excluded.source, agent = excluded.agent, received_at = excluded.received_at
			WHERE device_states.session < excluded.session
				OR (device_states.session = excluded.session AND (device_states.state <> 'lost' OR excluded.state = 'lost'))`,
			state.Device, state.Session, state.State, unix(state.Since), state.Source, state.Agent, unix(state.ReceivedAt))
		changed = n == 1
		return err
	})
	return changed, err
}

// States gives the state of every device that was ever heard of, by device. One of which only samples have come has an empty State.
func (s *States) States(ctx context.Context) ([]telemetry.DeviceState, error) {
	out, err := list(s.db.direct(ctx), func(row scanner) (d telemetry.DeviceState, err error) {
		var since, received, sample sql.NullInt64
		err = row.Scan(&d.Device, &d.Session, &d.State, &since, &d.Source, &d.Agent, &received, &sample, &d.SampleConflicts)
		d.Since, d.ReceivedAt, d.LastSampleAt = instant(since), instant(received), instant(sample)
		return d, err
	}, `SELECT device_id, session, state, since, source, agent, received_at, last_sample_at, sample_conflicts
		FROM device_states ORDER BY device_id`)
	return out, translate(err)
}

// NoteSamples raises LastSampleAt and adds to SampleConflicts.
func (s *States) NoteSamples(ctx context.Context, notes []telemetry.SampleNote) error {
	// In the order of the devices, so that two servers never wait for each other in a circle.
	notes = slices.SortedFunc(slices.Values(notes), func(a, b telemetry.SampleNote) int { return cmp.Compare(a.Device, b.Device) })
	return s.db.write(ctx, func(t *tx) error {
		for _, n := range notes {
			if _, err := t.exec(noteSample, n.Device, unix(n.LastSampleAt), n.Conflicts); err != nil {
				return err
			}
		}
		return nil
	})
}

const noteSample = `INSERT INTO device_states (device_id, session, state, source, agent, last_sample_at, sample_conflicts)
	VALUES ($1, 0, '', '', '', $2, $3)
	ON CONFLICT (device_id) DO UPDATE SET sample_conflicts = device_states.sample_conflicts + excluded.sample_conflicts,
		last_sample_at = CASE WHEN device_states.last_sample_at >= excluded.last_sample_at OR excluded.last_sample_at IS NULL
			THEN device_states.last_sample_at ELSE excluded.last_sample_at END`
