// Package couriertest is what every courier.Store must do, as a suite, and a store in memory for the tests of others.
//
// It is imported by tests only.
package couriertest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/fault"
)

// Memory is a courier.Store. It passes the suite.
type Memory struct {
	mu         sync.Mutex
	effects    []effect
	deliveries []courier.Delivery
	hooks      []courier.Hook
	made       int
}

type effect struct {
	booking.Effect
	done bool
}

// dueAt is the instant from which an effect is to be told.
func dueAt(e effect) time.Time {
	if e.DueAt.IsZero() {
		return e.At
	}
	return e.DueAt
}

// NewMemory makes an empty one.
func NewMemory() *Memory { return &Memory{} }

// Happen stores effects, as a decision does.
func (m *Memory) Happen(_ context.Context, effects ...booking.Effect) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range effects {
		m.effects = append(m.effects, effect{Effect: e})
	}
	return nil
}

// Plan plans.
func (m *Memory) Plan(_ context.Context, now time.Time, n int, route func([]booking.Effect) []courier.Delivery) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []booking.Effect
	slices.SortStableFunc(m.effects, func(a, b effect) int { return dueAt(a).Compare(dueAt(b)) })
	for i, e := range m.effects {
		if !e.done && !dueAt(e).After(now) && len(due) < n {
			due = append(due, e.Effect)
			m.effects[i].done = true
		}
	}
	if len(due) == 0 {
		return 0, nil
	}
	for _, d := range route(due) {
		same := func(o courier.Delivery) bool {
			return o.Effect.ID == d.Effect.ID && o.Channel == d.Channel && o.TargetID == d.TargetID
		}
		if !slices.ContainsFunc(m.deliveries, same) {
			d.ID, d.Effect.DueAt = m.newID("delivery"), time.Time{}
			m.deliveries = append(m.deliveries, d)
		}
	}
	return len(due), nil
}

func (m *Memory) newID(what string) string {
	m.made++
	return fmt.Sprintf("%s-%06d", what, m.made)
}

// Claim lends.
func (m *Memory) Claim(_ context.Context, now time.Time, lease time.Duration, n int, busy []string) ([]courier.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var order []int
	for i := range m.deliveries {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := m.deliveries[a], m.deliveries[b]
		return cmp.Or(x.DueAt.Compare(y.DueAt), cmp.Compare(x.ID, y.ID))
	})
	taken := slices.Clone(busy)
	var out []courier.Delivery
	for _, i := range order {
		d := &m.deliveries[i]
		if d.Outcome != "" || d.DueAt.After(now) || slices.Contains(taken, d.Lane) || len(out) == n {
			continue
		}
		d.DueAt = now.Add(lease)
		d.Attempts++
		taken = append(taken, d.Lane)
		out = append(out, *d)
	}
	return out, nil
}

// Retry makes due again.
func (m *Memory) Retry(_ context.Context, d courier.Delivery, at time.Time, reason string) error {
	return m.note(d, func(x *courier.Delivery) { x.DueAt, x.Error = at, reason })
}

// Finish ends.
func (m *Memory) Finish(_ context.Context, d courier.Delivery, now time.Time, outcome courier.Outcome, reason string) error {
	return m.note(d, func(x *courier.Delivery) { x.Outcome, x.EndedAt, x.Error = outcome, now, reason })
}

func (m *Memory) note(d courier.Delivery, change func(*courier.Delivery)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.deliveries {
		if x := &m.deliveries[i]; x.ID == d.ID && x.Attempts == d.Attempts && x.Outcome == "" {
			change(x)
		}
	}
	return nil
}

// Counts counts.
func (m *Memory) Counts(context.Context) (courier.Counts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := courier.Counts{Waiting: map[courier.Channel]int{}, Dead: map[courier.Channel]int{}}
	for _, e := range m.effects {
		if !e.done {
			c.Effects++
		}
	}
	for _, d := range m.deliveries {
		switch d.Outcome {
		case "":
			c.Waiting[d.Channel]++
			if c.OldestAt.IsZero() || d.CreatedAt.Before(c.OldestAt) {
				c.OldestAt = d.CreatedAt
			}
		case courier.OutcomeDead:
			c.Dead[d.Channel]++
		}
	}
	return c, nil
}

// Deliveries lists.
func (m *Memory) Deliveries(_ context.Context, f courier.Filter) ([]courier.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []courier.Delivery
	for _, d := range m.deliveries {
		if (f.Channel == "" || d.Channel == f.Channel) && (f.TargetID == "" || d.TargetID == f.TargetID) && (f.Outcome == "" || d.Outcome == f.Outcome) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b courier.Delivery) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

// Hooks lists.
func (m *Memory) Hooks(context.Context) ([]courier.Hook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(slices.Values(m.hooks), func(a, b courier.Hook) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	}), nil
}

// Hook reads one.
func (m *Memory) Hook(_ context.Context, id string) (courier.Hook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.index(id); i >= 0 {
		return m.hooks[i], nil
	}
	return courier.Hook{}, unknownHook(id)
}

func unknownHook(id string) error {
	return fault.NotFound("webhook_unknown", "there is no webhook %q", id)
}

func staleHook() error {
	return fault.Stale("webhook_changed", "the webhook has changed since you read it; look at it again")
}

func (m *Memory) index(id string) int {
	return slices.IndexFunc(m.hooks, func(h courier.Hook) bool { return h.ID == id })
}

// PutHook inserts or replaces.
func (m *Memory) PutHook(_ context.Context, h courier.Hook) (courier.Hook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.ID == "" {
		h.ID = m.newID("hook")
	}
	i := m.index(h.ID)
	switch {
	case i < 0 && h.Version > 0:
		return h, unknownHook(h.ID)
	case i >= 0 && m.hooks[i].Version != h.Version:
		return h, staleHook()
	}
	h.Version++
	if i < 0 {
		m.hooks = append(m.hooks, h)
		return h, nil
	}
	h.CreatedBy, h.CreatedAt = m.hooks[i].CreatedBy, m.hooks[i].CreatedAt
	m.hooks[i] = h
	return h, nil
}

// DeleteHook removes.
func (m *Memory) DeleteHook(_ context.Context, id string, version int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.index(id)
	if i < 0 {
		return unknownHook(id)
	}
	if m.hooks[i].Version != version {
		return staleHook()
	}
	m.hooks = slices.Delete(m.hooks, i, i+1)
	return nil
}

// DisableHook disables.
func (m *Memory) DisableHook(_ context.Context, id string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.index(id); i >= 0 && m.hooks[i].DisabledAt.IsZero() {
		m.hooks[i].DisabledAt = now
		m.hooks[i].Version++
	}
	return nil
}
