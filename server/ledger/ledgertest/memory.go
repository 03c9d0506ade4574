package ledgertest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/labtide/labtide/server/ledger"
)

// Memory is a ledger.Store for the tests of others. It passes the suite.
type Memory struct {
	mu       sync.Mutex
	days     map[key]ledger.StationDay
	versions map[ledger.Day]int64
}

// NewMemory gives an empty store.
func NewMemory() *Memory {
	return &Memory{days: map[key]ledger.StationDay{}, versions: map[ledger.Day]int64{}}
}

// Or adds the bits of each station-day.
func (m *Memory) Or(ctx context.Context, days []ledger.StationDay) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	touched := map[ledger.Day]bool{}
	for _, d := range days {
		m.add(d)
		touched[d.Day] = true
	}
	for d := range touched {
		m.versions[d]++
	}
	return nil
}

func (m *Memory) add(d ledger.StationDay) {
	k := key{d.Station, d.Day}
	old := m.days[k]
	for w := range d.Seen {
		d.Seen[w] |= old.Seen[w]
		d.Used[w] |= old.Used[w]
	}
	m.days[k] = d
}

// Replace sets the station-days of [from, until) to exactly these.
func (m *Memory) Replace(ctx context.Context, from, until ledger.Day, days []ledger.StationDay) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	maps.DeleteFunc(m.days, func(k key, _ ledger.StationDay) bool { return k.day >= from && k.day < until })
	for _, d := range days {
		m.add(d)
	}
	for d := from; d < until; d++ {
		m.versions[d]++
	}
	return nil
}

// Scan calls each for the stored station-days, ordered by station, then day.
func (m *Memory) Scan(ctx context.Context, stations []string, from, until ledger.Day, each func(*ledger.StationDay) error) error {
	for _, d := range m.snapshot(stations, from, until) {
		if err := cmp.Or(ctx.Err(), each(&d)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (m *Memory) snapshot(stations []string, from, until ledger.Day) []ledger.StationDay {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []ledger.StationDay
	for k, d := range m.days {
		if k.day >= from && k.day < until && (len(stations) == 0 || slices.Contains(stations, k.station)) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(x, y ledger.StationDay) int {
		return cmp.Or(cmp.Compare(x.Station, y.Station), cmp.Compare(x.Day, y.Day))
	})
	return out
}

// Versions gives the version of each day that was ever written.
func (m *Memory) Versions(ctx context.Context, from, until ledger.Day) (map[ledger.Day]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[ledger.Day]int64{}
	for d, v := range m.versions {
		if d >= from && d < until {
			out[d] = v
		}
	}
	return out, ctx.Err()
}
