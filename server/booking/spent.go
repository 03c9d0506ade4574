package booking

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Budget is what a decision must know to count a quota: what the subject is charged for in one of its windows, on the stations
// of its scope. With Ask.EachSpent it is any length of time, on all stations. Who decides about a budget does so alone.
type Budget struct {
	Per       QuotaPer
	SubjectID string // person or team id, or the programme's name
	From      int64  // unix seconds
	Until     int64
	Scope     Scope // empty: all stations
	ScopeID   string
}

// Sum is what bookings come to in a budget.
type Sum struct {
	Length   time.Duration
	Bookings int
}

// Concerns reports whether the booking is charged to the budget, on whatever station.
func (u Budget) Concerns(b Booking) bool {
	subject := b.PersonID
	switch u.Per {
	case PerTeam:
		subject = b.TeamID
	case PerProgramme:
		subject = b.Programme
	}
	charged := b.Charged()
	return subject == u.SubjectID && !charged.Empty() && charged.From.Unix() < u.Until && charged.Until.Unix() > u.From
}

// Apart reports whether the booking cannot be part of a sum: what the seats of a party take at the same time counts once, and
// a hold counts until it expires.
func (b Booking) Apart() bool { return b.PartyID != "" || b.Status == StatusHeld }

// Adds gives what the booking adds to the sum of a budget. ok is false when it is no part of it.
func (r *Rules) Adds(u Budget, b Booking) (add Sum, ok bool) {
	p := r.places[b.StationID]
	if b.Apart() || b.Purpose == PurposeClass || !u.Concerns(b) || p == nil || !within(u.Scope, u.ScopeID, p.Station) {
		return Sum{}, false
	}
	charged := b.Charged()
	return Sum{
		Length:   time.Duration(min(charged.Until.Unix(), u.Until)-max(charged.From.Unix(), u.From)) * time.Second,
		Bookings: 1,
	}, true
}

// maxSums bounds how many windows are added up for one decision. A decision that needs more reads each booking.
const maxSums = 32

// spend adds the budgets that a proposal would be charged to.
func (a *Ask) spend(quotas []*bound, pr proposal) {
	for _, x := range quotas {
		subject := x.subject(pr)
		if subject == "" {
			continue
		}
		for _, window := range x.windows(pr.span) {
			if x.each {
				a.spendEach()
			}
			a.budget(x.budget(subject, window))
		}
	}
}

// budget gives what to ask for to count the quota in a window.
func (x *bound) budget(subject string, window equipment.Interval) Budget {
	return Budget{Per: x.Per, SubjectID: subject, From: window.From.Unix(), Until: window.Until.Unix(), Scope: x.Scope, ScopeID: x.ScopeID}
}

// spendEach asks for each booking instead of sums.
func (a *Ask) spendEach() {
	if a.EachSpent {
		return
	}
	sums := a.Budgets
	a.EachSpent, a.Budgets = true, nil
	for _, u := range sums {
		a.budget(u)
	}
}

// spendAs adds the budgets of another ask.
func (a *Ask) spendAs(other Ask) {
	if other.EachSpent {
		a.spendEach()
	}
	for _, u := range other.Budgets {
		a.budget(u)
	}
}

// budget adds one. Where each booking is read there is one of each subject, which covers the time of all.
func (a *Ask) budget(more Budget) {
	if !a.EachSpent {
		if slices.Contains(a.Budgets, more) {
			return
		}
		if len(a.Budgets) < maxSums {
			a.Budgets = append(a.Budgets, more)
			return
		}
		a.spendEach()
	}
	more.Scope, more.ScopeID = "", ""
	for i, b := range a.Budgets {
		if b.Per == more.Per && b.SubjectID == more.SubjectID {
			a.Budgets[i].From, a.Budgets[i].Until = min(b.From, more.From), max(b.Until, more.Until)
			return
		}
	}
	a.Budgets = append(a.Budgets, more)
}

// knows reports whether what was asked for is enough to count a budget.
func (a Ask) knows(u Budget) bool {
	if !a.EachSpent {
		return slices.Contains(a.Budgets, u)
	}
	return slices.ContainsFunc(a.Budgets, func(b Budget) bool {
		return b.Per == u.Per && b.SubjectID == u.SubjectID && b.From <= u.From && b.Until >= u.Until
	})
}
