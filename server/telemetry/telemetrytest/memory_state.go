package telemetrytest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/labtide/labtide/server/telemetry"
)

// MemoryStates is a telemetry.StateStore for the tests of others. It passes the suite.
type MemoryStates struct {
	mu     sync.Mutex
	states map[string]telemetry.DeviceState
}

// NewMemoryStates gives an empty store.
func NewMemoryStates() *MemoryStates {
	return &MemoryStates{states: map[string]telemetry.DeviceState{}}
}

// PutState stores s unless a newer session, or the end of its own, is stored already.
func (m *MemoryStates) PutState(ctx context.Context, s telemetry.DeviceState) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.states[s.Device]
	ended := old.Session == s.Session && old.State == telemetry.StateLost && s.State != telemetry.StateLost
	if old.Session > s.Session || ended {
		return false, nil
	}
	s.LastSampleAt, s.SampleConflicts = old.LastSampleAt, old.SampleConflicts
	m.states[s.Device] = s
	return true, nil
}

// States gives all states, ordered by device.
func (m *MemoryStates) States(ctx context.Context) ([]telemetry.DeviceState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]telemetry.DeviceState, 0, len(m.states))
	for _, s := range m.states {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b telemetry.DeviceState) int { return strings.Compare(a.Device, b.Device) })
	return out, ctx.Err()
}

// NoteSamples raises LastSampleAt and adds to SampleConflicts.
func (m *MemoryStates) NoteSamples(ctx context.Context, notes []telemetry.SampleNote) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range notes {
		s := m.states[n.Device]
		s.Device = n.Device
		if n.LastSampleAt.After(s.LastSampleAt) {
			s.LastSampleAt = n.LastSampleAt
		}
		s.SampleConflicts += n.Conflicts
		m.states[n.Device] = s
	}
	return nil
}
