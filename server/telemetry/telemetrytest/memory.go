package telemetrytest

import (
	"context"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

// Memory is a telemetry.Store for the tests of others. It passes the suite.
type Memory struct {
	mu      sync.Mutex
	devices map[string]map[int64]telemetry.Sample // by device, by unix second
	down    error
}

// NewMemory gives an empty store.
func NewMemory() *Memory {
	return &Memory{devices: map[string]map[int64]telemetry.Sample{}}
}

// Break lets every call fail with err, until it is called with nil.
func (m *Memory) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = err
}

func (m *Memory) lock(ctx context.Context) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	if m.down != nil {
		defer m.mu.Unlock()
		return nil, m.down
	}
	return m.mu.Unlock, nil
}

// Write stores the samples that Check lets pass.
func (m *Memory) Write(ctx context.Context, batch []telemetry.Sample) ([]telemetry.Rejected, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	good, _, bad := telemetry.Sift(batch)
	for _, s := range good {
		if m.devices[s.Device] == nil {
			m.devices[s.Device] = map[int64]telemetry.Sample{}
		}
		s.Minute = s.Minute.UTC()
		s.Metrics = maps.Clone(s.Metrics)
		m.devices[s.Device][s.Minute.Unix()] = s
	}
	return bad, nil
}

// between gives the samples of a device in [from, until), oldest first.
func (m *Memory) between(ctx context.Context, device string, from, until time.Time) ([]telemetry.Sample, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []telemetry.Sample
	for _, s := range m.devices[device] {
		if !s.Minute.Before(from) && s.Minute.Before(until) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b telemetry.Sample) int { return a.Minute.Compare(b.Minute) })
	return out, nil
}

// Series buckets the samples.
func (m *Memory) Series(ctx context.Context, q telemetry.Query) ([]telemetry.Point, error) {
	samples, err := m.between(ctx, q.Device, q.From, q.Until)
	if err != nil {
		return nil, err
	}
	step := int64(q.Step / time.Second)
	var out []telemetry.Point
	for _, s := range samples {
		v, ok := s.Value(q.Metric)
		if !ok {
			continue
		}
		sec := s.Minute.Unix()
		at := time.Unix(sec-sec%step, 0).UTC()
		if n := len(out); n == 0 || !out[n-1].At.Equal(at) {
			out = append(out, telemetry.Point{At: at, Min: v, Max: v})
		}
		p := &out[len(out)-1]
		p.Min, p.Max = min(p.Min, v), max(p.Max, v)
		p.Mean = (p.Mean*float64(p.Count) + v) / float64(p.Count+1)
		p.Count++
	}
	return out, nil
}

// Last gives the newest sample of a device.
func (m *Memory) Last(ctx context.Context, device string) (telemetry.Sample, bool, error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return telemetry.Sample{}, false, err
	}
	defer unlock()
	var last telemetry.Sample
	for _, s := range m.devices[device] {
		if s.Minute.After(last.Minute) {
			last = s
		}
	}
	return last, last.Device != "", nil
}

// Scan calls each for the samples of a device, oldest first.
func (m *Memory) Scan(ctx context.Context, device string, from, until time.Time, each func(telemetry.Sample) error) error {
	samples, err := m.between(ctx, device, from, until)
	if err != nil {
		return err
	}
	for _, s := range samples {
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}

// Coverage counts the minutes for which the device knew anything.
func (m *Memory) Coverage(ctx context.Context, device string, from, until time.Time) (int64, error) {
	samples, err := m.between(ctx, device, from, until)
	minutes := int64(0)
	for _, s := range samples {
		if s.Seen() {
			minutes++
		}
	}
	return minutes, err
}

// Ping gives the error of Break.
func (m *Memory) Ping(ctx context.Context) error {
	unlock, err := m.lock(ctx)
	if err != nil {
		return err
	}
	unlock()
	return nil
}

// Devices lists the devices that have samples, in order.
func (m *Memory) Devices() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := slices.Collect(maps.Keys(m.devices))
	sort.Strings(ids)
	return ids
}
