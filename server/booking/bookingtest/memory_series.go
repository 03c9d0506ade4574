package bookingtest

import (
	"context"
	"slices"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// showSeries puts the asked series into the view.
func (m *Memory) showSeries(v *booking.View, ask booking.Ask) {
	v.Series = map[string]booking.Series{}
	for _, s := range m.series {
		if slices.Contains(ask.SeriesIDs, s.ID) {
			v.Series[s.ID] = s
		}
	}
}

func (m *Memory) writeSeries(all []booking.Series) {
	for _, s := range all {
		at := slices.IndexFunc(m.series, func(old booking.Series) bool { return old.ID == s.ID })
		if at < 0 {
			m.series = append(m.series, s)
		} else {
			m.series[at] = s
		}
	}
}

// SeriesByID reads one.
func (m *Memory) SeriesByID(_ context.Context, id string) (booking.Series, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.series {
		if s.ID == id {
			return s, nil
		}
	}
	return booking.Series{}, fault.NotFound("series_unknown", "there is no series %q", id)
}

// SeriesOf gives those of a person, the newest first.
func (m *Memory) SeriesOf(_ context.Context, personID string, limit int) ([]booking.Series, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []booking.Series
	for _, s := range slices.Backward(m.series) {
		if (personID == "" || s.PersonID == personID) && len(out) < limit {
			for _, b := range m.bookings {
				if b.SeriesID == s.ID && b.Active() && b.EndsAt.After(s.LastEndsAt) {
					s.LastEndsAt = b.EndsAt
				}
			}
			out = append(out, s)
		}
	}
	return out, nil
}
