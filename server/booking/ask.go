package booking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// need adds to what a decision asks for whatever the rules of the stations rest on: nothing where they are plain.
func (r *Rules) need(ask *Ask, stationIDs []string, pr proposal) {
	var last []*bound
	for _, id := range stationIDs {
		p := r.places[id]
		if p == nil {
			continue
		}
		ask.Qualifications = ask.Qualifications || p.policy.Qualification
		ask.Strikes = ask.Strikes || p.policy.StrikeLimit > 0 ||
			slices.ContainsFunc(p.seasons, func(c *campaign) bool { return c.judgesStrikes(pr.teamID) })
		if !slices.Equal(p.quotas, last) { // stations of one kind mostly share them
			ask.spend(p.quotas, pr)
		}
		last = p.quotas
	}
	if pr.self != "" && len(ask.Budgets) > 0 && !slices.Contains(ask.BookingIDs, pr.self) {
		ask.BookingIDs = append(ask.BookingIDs, pr.self) // so that it counts one by one: it does not stand in its own way
	}
	if (ask.Qualifications || ask.Strikes) && !slices.Contains(ask.PersonIDs, pr.personID) {
		ask.PersonIDs = append(ask.PersonIDs, pr.personID)
	}
	if ask.Strikes {
		for _, id := range append([]string{pr.asker}, pr.companions...) {
			if id != "" && !slices.Contains(ask.PersonIDs, id) {
				ask.PersonIDs = append(ask.PersonIDs, id)
			}
		}
	}
	if pr.teamID != "" && !slices.Contains(ask.TeamIDs, pr.teamID) {
		ask.TeamIDs = append(ask.TeamIDs, pr.teamID)
	}
}

func (a *Ask) widen(from, until time.Time) {
	if a.From.IsZero() || from.Before(a.From) {
		a.From = from
	}
	if until.After(a.Until) {
		a.Until = until
	}
}

// await widens the time of which those who wait are asked for.
func (a *Ask) await(span equipment.Interval) {
	if a.Awaited.Empty() {
		a.Awaited = span
		return
	}
	if span.From.Before(a.Awaited.From) {
		a.Awaited.From = span.From
	}
	a.Awaited.Until = later(a.Awaited.Until, span.Until)
}

// covers reports whether what was asked for is enough for what is to be asked now.
func (a Ask) covers(now Ask) bool {
	if now.Qualifications && !a.Qualifications || now.Strikes && !a.Strikes || now.Waiting && (!a.Waiting || !a.WaitingFor().Contains(now.WaitingFor())) || now.EachSpent && !a.EachSpent {
		return false
	}
	for _, budget := range now.Budgets {
		if !a.knows(budget) {
			return false
		}
	}
	return !now.From.Before(a.From) && !now.Until.After(a.Until) && covers(a.StationIDs, now.StationIDs) &&
		covers(a.PersonIDs, now.PersonIDs) && covers(a.TeamIDs, now.TeamIDs)
}

// covers reports whether all of want is in have.
func covers(have, want []string) bool {
	if len(want) == 1 {
		return slices.Contains(have, want[0])
	}
	set := make(map[string]bool, len(have))
	for _, id := range have {
		set[id] = true
	}
	for _, id := range want {
		if !set[id] {
			return false
		}
	}
	return true
}

// standing reads what the rules of the stations rest on beside bookings: nothing where they are plain. It fills in the
// programme, where one counts and the proposal has none, as the person's.
func (s *Service) standing(ctx context.Context, rules *Rules, stations []string, pr *proposal) (View, error) {
	v := View{Rules: rules}
	var ask Ask
	rules.need(&ask, stations, *pr)
	if pr.programme == "" && rules.count(PerProgramme, stations) {
		ask.PersonIDs = []string{pr.personID}
	}
	for plain := (Ask{}); !plain.covers(ask); {
		seen, err := s.store.Look(ctx, ask)
		if err != nil {
			return v, err
		}
		v, v.Rules = seen, rules
		if pr.programme == "" {
			pr.programme = cmp.Or(v.Teams[pr.teamID].Programme, v.People[pr.personID].Programme)
		}
		more := ask
		more.Budgets = slices.Clone(ask.Budgets)
		if rules.need(&more, stations, *pr); ask.covers(more) {
			break
		}
		ask = more
	}
	return v, nil
}
