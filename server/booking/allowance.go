package booking

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Allowance is what somebody has left of a quota in one of its windows.
type Allowance struct {
	Quota  Quota
	Window equipment.Interval
	Spent  int // bookings or minutes, as the quota counts
	Left   int // the same, never less than 0
}

// Allowance tells what a person has left of each quota that holds at a station, by id or code, for a practice of their own
// programme at that instant. It is true as of now; nothing is kept for them.
func (s *Service) Allowance(ctx context.Context, actor account.Actor, personID, station string, at time.Time) ([]Allowance, error) {
	actor = account.SignedIn(actor.PersonID, actor.Role) // a token that may only read asks what its person has left
	if !plain(personID) || !account.Allowed(actor, account.ActionBook, personID) {
		return nil, fault.Forbidden("may_not_book_for_others", "you may book for yourself; instructors book for others")
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	p := rules.place(station)
	if p == nil {
		return nil, errStationUnknown(station)
	}
	at = at.UTC().Truncate(time.Second)
	pr := proposal{personID: personID, purpose: PurposePractice, span: equipment.Interval{From: at, Until: at.Add(time.Second)}}
	view, err := s.standing(ctx, rules, []string{p.ID}, &pr)
	if err != nil {
		return nil, err
	}
	q := inquiry{proposal: pr, place: p, actor: actor, now: s.clock(), view: view, counted: tallies{}}
	var out []Allowance
	for _, x := range p.quotas {
		subject := x.subject(pr)
		if subject == "" {
			continue
		}
		for _, window := range x.windows(pr.span) {
			t := q.tally(x, subject, window)
			spent := t.bookings
			if x.MostBookings == nil {
				spent = int((t.minutes + time.Minute - 1) / time.Minute)
			}
			out = append(out, Allowance{Quota: x.Quota, Window: window, Spent: spent, Left: x.left(t)})
		}
	}
	return out, nil
}
