package booking

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
)

// Flags gives, for each of the bookings, the codes of the rules that would refuse it today: it was made under other rules, or
// against them, and stands. What is over gets none.
//
// Other bookings are not asked about: a quota flags what it would not allow as somebody's only booking, since of several that
// come to too much together none is the one too many. What was asked for when it was made is not asked for again: notice, and
// approval, without which what stands needed none, and with which it was given. So whatever the list this reads the rules, and
// at most once more, the qualifications of those who have stations that need one.
func (s *Service) Flags(ctx context.Context, bookings ...Booking) ([][]string, error) {
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	var ask Ask
	for _, b := range bookings {
		if rules.flaggable(b, now) && rules.places[b.StationID].policy.Qualification && b.Purpose != PurposeClass {
			ask.Qualifications, ask.PersonIDs = true, append(ask.PersonIDs, b.PersonID)
		}
	}
	var view View
	if ask.Qualifications {
		ask.PersonIDs = unique(ask.PersonIDs)
		if view, err = s.store.Look(ctx, ask); err != nil {
			return nil, err
		}
	}
	view.Rules = rules
	out := make([][]string, len(bookings))
	for i, b := range bookings {
		out[i] = view.flags(b, now)
	}
	return out, nil
}

// flaggable reports whether the booking stands and is not over.
func (r *Rules) flaggable(b Booking, now time.Time) bool {
	return r.places[b.StationID] != nil && b.Active() && b.Status != StatusEnded && now.Before(b.EndsAt)
}

func (v View) flags(b Booking, now time.Time) []string {
	var out []string
	for _, refusal := range v.objections(b, now, func(r rule) bool { return r.lasting || r.skill }) {
		if !slices.Contains(out, refusal.Code) {
			out = append(out, refusal.Code)
		}
	}
	return out
}

// objections gives what the lasting rules say against a booking that is not over.
func (r *Rules) objections(b Booking, now time.Time) []Refusal {
	return View{Rules: r}.objections(b, now, func(r rule) bool { return r.lasting })
}

func (v View) objections(b Booking, now time.Time, asks func(rule) bool) []Refusal {
	if !v.Rules.flaggable(b, now) {
		return nil
	}
	p := v.Rules.places[b.StationID]
	pr := change(b, b, false)
	if now.Before(b.StartsAt.Add(-tolerance)) {
		pr.stands = nil // it cannot have been booked for "now": its start is to be on the grid
	}
	// Whoever has it may have it: rules about who asks are not asked.
	q := inquiry{proposal: pr, place: p, actor: account.Actor{}, now: now, view: v}
	var out []Refusal
	for _, rule := range ruleBook() {
		if !asks(rule) || (p.waives(rule.code) && q.isOffPeak()) {
			continue
		}
		for _, f := range rule.find(&q) {
			out = append(out, rule.refusal(&q, f))
		}
	}
	return out
}
