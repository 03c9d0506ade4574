package booking

import (
	"context"
	"slices"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// mostSeriesListed bounds a list of series.
const mostSeriesListed = 500

// SeriesByID reads a series with its bookings. Whoever may not see whose it is does not learn that it exists.
func (s *Service) SeriesByID(ctx context.Context, actor account.Actor, id string) (SeriesResult, error) {
	if id == "" || !plain(id) {
		return SeriesResult{}, errSeriesUnknown(id)
	}
	series, err := s.store.SeriesByID(ctx, id)
	if err != nil {
		return SeriesResult{}, err
	}
	if series.PersonID != actor.PersonID && !account.Allowed(actor, account.ActionSeeNames, series.PersonID) {
		return SeriesResult{}, errSeriesUnknown(id)
	}
	body, err := series.Describe()
	if err != nil {
		return SeriesResult{}, err
	}
	rows, err := s.store.List(ctx, Filter{SeriesID: id})
	return SeriesResult{Series: series, Body: body, Occurrences: happened(rows)}, err
}

// happened puts the bookings of each original start together.
func happened(rows []Booking) []Occurrence {
	var out []Occurrence
	for _, b := range rows {
		start := b.SeriesStart
		if start.IsZero() {
			continue // taken out of the series by a change of its rule
		}
		outcome := OutcomeBooked
		if !b.Active() {
			outcome = OutcomeCancelled
		}
		at := slices.IndexFunc(out, func(o Occurrence) bool {
			return o.Planned.From.Equal(start) && o.Outcome == outcome && o.At == b.Interval()
		})
		if at >= 0 {
			out[at].Bookings = append(out[at].Bookings, b)
			continue
		}
		out = append(out, Occurrence{
			Planned: equipment.Interval{From: start, Until: start.Add(b.EndsAt.Sub(b.StartsAt))}, At: b.Interval(), Outcome: outcome,
			Bookings: []Booking{b},
		})
	}
	slices.SortStableFunc(out, func(a, b Occurrence) int { return a.Planned.From.Compare(b.Planned.From) })
	return out
}

// SeriesOf gives the series of a person, the newest first; an empty id: everybody's, to those who may see names.
func (s *Service) SeriesOf(ctx context.Context, actor account.Actor, personID string) ([]SeriesResult, error) {
	if personID != actor.PersonID && !account.Allowed(actor, account.ActionSeeNames, personID) {
		return nil, fault.Forbidden("not_allowed", "you may list your own series")
	}
	all, err := s.store.SeriesOf(ctx, personID, mostSeriesListed)
	if err != nil {
		return nil, err
	}
	out := make([]SeriesResult, 0, len(all))
	for _, series := range all {
		body, err := series.Describe()
		if err != nil {
			return nil, err
		}
		out = append(out, SeriesResult{Series: series, Body: body})
	}
	return out, nil
}
