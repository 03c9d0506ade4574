package booking

import (
	"context"
	"time"
)

// News says that minutes of a station have become known: some of those that begin in [From, Until). Used: some of them were
// used.
type News struct {
	StationID string
	From      time.Time
	Until     time.Time
	Used      bool
}

// Reconsider makes those bookings due whose verdict the news may change: of late minutes the absent and the unknown ones, of
// use the ones that run and have not been judged. It costs one read for each UTC day that the news is about, and one write
// when it matters.
func (s *Service) Reconsider(ctx context.Context, news []News) error {
	if len(news) == 0 {
		return nil
	}
	rules, err := s.store.KnownRules(ctx)
	if err != nil {
		return err
	}
	days := map[time.Time]map[string]News{}
	for _, n := range news {
		day := n.From.UTC().Truncate(24 * time.Hour)
		if days[day] == nil {
			days[day] = map[string]News{}
		}
		if before, ok := days[day][n.StationID]; ok {
			n.From, n.Until, n.Used = earlier(before.From, n.From), later(before.Until, n.Until), before.Used || n.Used
		}
		days[day][n.StationID] = n
	}
	var ids []string
	for _, day := range days {
		found, err := s.concerned(ctx, rules, day)
		if err != nil {
			return err
		}
		ids = append(ids, found...)
	}
	if len(ids) == 0 {
		return nil
	}
	return s.store.Remind(ctx, ids, s.clock())
}

// concerned gives the bookings that news of one day, by station, may change.
func (s *Service) concerned(ctx context.Context, rules *Rules, day map[string]News) (ids []string, err error) {
	var stations []string
	var from, until time.Time
	for id, n := range day {
		stations = append(stations, id)
		if from.IsZero() || n.From.Before(from) {
			from = n.From
		}
		until = later(until, n.Until)
	}
	bookings, err := s.store.Active(ctx, stations, "", from, until)
	if err != nil {
		return nil, err
	}
	for _, b := range bookings {
		if p := rules.places[b.StationID]; p != nil && p.mayChange(b, day[b.StationID]) {
			ids = append(ids, b.ID)
		}
	}
	return ids, nil
}

// mayChange reports whether the news may change the verdict.
func (p *place) mayChange(b Booking, n News) bool {
	g := p.grace(b)
	if !b.judged() || !g.first.Before(n.Until) || !n.From.Before(g.end) {
		return false
	}
	switch b.Verdict {
	case VerdictAbsent:
		return n.Used
	case VerdictUnknown:
		return true
	case VerdictArrived:
		return false
	}
	return n.Used && b.Status == StatusConfirmed && !b.DueAt.IsZero() // else it is history: nobody is judged for it
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
