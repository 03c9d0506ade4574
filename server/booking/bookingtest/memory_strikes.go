package bookingtest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

func (m *Memory) showStrikes(ask booking.Ask, v *booking.View) {
	for _, s := range m.strikes {
		of := ask.Strikes && s.State == booking.StrikeStanding &&
			(slices.Contains(ask.PersonIDs, s.PersonID) || (s.TeamID != "" && slices.Contains(ask.TeamIDs, s.TeamID)))
		if of || slices.Contains(ask.StrikeIDs, s.ID) {
			v.Strikes = append(v.Strikes, s)
		}
	}
	slices.SortFunc(v.Strikes, func(a, b booking.Strike) int { return strings.Compare(a.ID, b.ID) })
}

func (m *Memory) keepStrikes(w booking.Write) {
	for _, s := range w.Strikes {
		m.strikes[s.ID] = s
	}
	m.used = append(m.used, w.Used...)
}

// StrikeByID reads one.
func (m *Memory) StrikeByID(_ context.Context, id string) (booking.Strike, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.strikes[id]
	if !ok {
		return s, fault.NotFound("strike_unknown", "there is no strike %q", id)
	}
	return s, nil
}

// Strikes gives those of a filter, the latest first.
func (m *Memory) Strikes(_ context.Context, f booking.StrikeFilter) ([]booking.Strike, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []booking.Strike
	for _, s := range m.strikes {
		open := s.State == booking.StrikeStanding && !s.AppealedAt.IsZero() && s.DecidedAt.IsZero()
		after := f.After == (booking.StrikeCursor{}) || latest(s, booking.Strike{At: f.After.At, ID: f.After.ID}) > 0
		if (f.PersonID == "" || s.PersonID == f.PersonID) && (f.BookingID == "" || s.BookingID == f.BookingID) && (!f.Open || open) && after {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, latest)
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

func latest(a, b booking.Strike) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(b.ID, a.ID)) }

// Remind makes bookings due.
func (m *Memory) Remind(_ context.Context, bookingIDs []string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range bookingIDs {
		if b, ok := m.bookings[id]; ok {
			b.DueAt = at
			m.bookings[id] = b
		}
	}
	return nil
}
