package booking

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
)

// Flags gives, for each of the bookings, the codes of the rules that would refuse it today: it was made under other rules, or
// against them, and stands. Only rules that rest on nothing but rules are asked, so this reads them and nothing else. What is
// over, and what holds only before a start, gets none.
func (s *Service) Flags(ctx context.Context, bookings ...Booking) ([][]string, error) {
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	out := make([][]string, len(bookings))
	for i, b := range bookings {
		out[i] = rules.flags(b, now)
	}
	return out, nil
}

func (r *Rules) flags(b Booking, now time.Time) []string {
	var out []string
	for _, refusal := range r.objections(b, now) {
		if !slices.Contains(out, refusal.Code) {
			out = append(out, refusal.Code)
		}
	}
	return out
}

// objections gives what the lasting rules say against a booking that is not over.
func (r *Rules) objections(b Booking, now time.Time) []Refusal {
	p := r.places[b.StationID]
	if p == nil || !b.Active() || b.Status == StatusEnded || !now.Before(b.EndsAt) {
		return nil
	}
	pr := change(b, b, false)
	if now.Before(b.StartsAt.Add(-tolerance)) {
		pr.stands = nil // it cannot have been booked for "now": its start is to be on the grid
	}
	// Whoever has it may have it: rules about who asks are not asked.
	q := inquiry{proposal: pr, place: p, actor: account.Actor{}, now: now, view: View{Rules: r}}
	var out []Refusal
	for _, rule := range ruleBook() {
		if !rule.lasting || (p.waives(rule.code) && q.isOffPeak()) {
			continue
		}
		for _, f := range rule.find(&q) {
			out = append(out, rule.refusal(&q, f))
		}
	}
	return out
}
