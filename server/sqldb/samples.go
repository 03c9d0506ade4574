package sqldb

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

// Samples is a telemetry.Store in a SQLite file of its own, for schools that have no InfluxDB: its many writes never make a
// booking wait, and it works beside PostgreSQL, too. Whoever deletes it loses the series; the ledger stays, but can no longer be
// rebuilt from them.
type Samples struct {
	db *DB

	mu      sync.RWMutex
	series  map[string]int64 // ids by device
	origins map[origin]int64
}

// origin is what a device says, and where it stands, for days.
type origin struct {
	source, application string
	telemetry.Tags
}

// OpenSamples opens the file, and makes it when it is missing. It starts nothing that runs on.
func OpenSamples(ctx context.Context, path string, log *slog.Logger) (*Samples, error) {
	db, err := open(ctx, Config{Driver: SQLite, DSN: path}, migrations("telemetry"), log)
	if err != nil {
		return nil, err
	}
	return &Samples{db: db, series: make(map[string]int64), origins: make(map[origin]int64)}, nil
}

// Close closes the file.
func (s *Samples) Close() error { return s.db.Close() }

// Ping says whether the store answers.
func (s *Samples) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

const insertSample = `INSERT INTO samples (series, minute, origin, in_use_seconds, idle_seconds, cpu_percent, memory_percent, power_watts, metrics)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
	ON CONFLICT (series, minute) DO UPDATE SET origin = excluded.origin, in_use_seconds = excluded.in_use_seconds,
		idle_seconds = excluded.idle_seconds, cpu_percent = excluded.cpu_percent, memory_percent = excluded.memory_percent,
		power_watts = excluded.power_watts, metrics = excluded.metrics`

// Write stores the batch in one transaction; a sample that is there already is replaced.
func (s *Samples) Write(ctx context.Context, batch []telemetry.Sample) ([]telemetry.Rejected, error) {
	good, _, bad := telemetry.Sift(batch)
	var fresh *names
	err := s.db.write(ctx, func(t *tx) error {
		fresh = s.names()
		for i := range good {
			if err := fresh.insert(t, &good[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.learn(fresh)
	return bad, nil
}

// maxOrigins bounds what is remembered: should a device say something new each minute, the map starts again.
const maxOrigins = 100_000

func (s *Samples) learn(fresh *names) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.origins) > maxOrigins {
		clear(s.origins)
	}
	maps.Copy(s.series, fresh.series)
	maps.Copy(s.origins, fresh.origins)
}

// names finds or makes the ids of one transaction. What it makes is known to others only after the commit (learn).
type names struct {
	of      *Samples
	series  map[string]int64
	origins map[origin]int64
}

func (s *Samples) names() *names {
	return &names{of: s, series: make(map[string]int64), origins: make(map[origin]int64)}
}

func (n *names) insert(t *tx, sample *telemetry.Sample) error {
	series, err := n.seriesOf(t, sample.Device)
	if err != nil {
		return err
	}
	from, err := n.originOf(t, originOf(sample))
	if err != nil {
		return err
	}
	var metrics any
	if len(sample.Metrics) > 0 {
		text, err := json.Marshal(sample.Metrics)
		if err != nil {
			return err
		}
		metrics = string(text)
	}
	_, err = t.exec(insertSample, series, sample.Minute.Unix()/60, from, sample.InUseSeconds, sample.IdleSeconds,
		number(sample.CPUPercent), number(sample.MemoryPercent), number(sample.PowerWatts), metrics)
	return err
}

func originOf(s *telemetry.Sample) origin { return origin{s.Source, s.Application, s.Tags} }

// number is a value, or NULL for one that was not measured. (A *float64 would reach the driver by reflection.)
func number(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

func (n *names) seriesOf(t *tx, device string) (id int64, err error) {
	if id, ok := n.series[device]; ok {
		return id, nil
	}
	n.of.mu.RLock()
	id, ok := n.of.series[device]
	n.of.mu.RUnlock()
	if !ok {
		// DO UPDATE, not DO NOTHING: RETURNING gives only rows that were written.
		err = t.row("INSERT INTO series (device) VALUES ($1) ON CONFLICT (device) DO UPDATE SET device = excluded.device RETURNING id", device).Scan(&id)
	}
	n.series[device] = id
	return id, err
}

func (n *names) originOf(t *tx, o origin) (id int64, err error) {
	if id, ok := n.origins[o]; ok {
		return id, nil
	}
	n.of.mu.RLock()
	id, ok := n.of.origins[o]
	n.of.mu.RUnlock()
	if !ok {
		err = t.row(`INSERT INTO origins (source, application, site, room, station, kind) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (source, application, site, room, station, kind) DO UPDATE SET source = excluded.source RETURNING id`,
			o.source, o.application, o.Site, o.Room, o.Station, o.Kind).Scan(&id)
	}
	n.origins[o] = id
	return id, err
}

// Expire deletes the samples from before that instant, device by device, so that nobody waits for long. Their place in the
// file is used again.
func (s *Samples) Expire(ctx context.Context, before time.Time) error {
	ids, err := list(s.db.direct(ctx), func(row scanner) (id int64, err error) { return id, row.Scan(&id) }, "SELECT id FROM series")
	if err != nil {
		return translate(err)
	}
	for _, id := range ids {
		err := s.db.write(ctx, func(t *tx) error {
			_, err := t.exec("DELETE FROM samples WHERE series = $1 AND minute < $2", id, ceilMinute(before))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ceilMinute is the first minute that is not before the instant.
func ceilMinute(at time.Time) int64 {
	sec := at.Unix()
	if at.Nanosecond() > 0 {
		sec++
	}
	minute := sec / 60
	if sec%60 > 0 {
		minute++
	}
	return minute
}
