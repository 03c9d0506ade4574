package booking

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Rules about the people who sit there. A class is for whoever teaches it to know: it seats nobody by name.

// checkCompanions refuses names that can be nobody's, the person among their own company, and crowds.
func checkCompanions(personID string, companions []string) error {
	if len(companions) > mostCompanions || !eachOnce(append([]string{personID}, companions...)) {
		return fault.Invalid("companions_invalid", "name up to %d people who come along, each once, and not whoever books", mostCompanions).On("companions")
	}
	for _, id := range companions {
		if !plain(id) || strings.ContainsFunc(id, unicode.IsSpace) {
			return errCompanionUnknown(id)
		}
	}
	return nil
}

// knows refuses companions whom nobody knows, and those who do not want to be named.
func (v View) knows(companions []string) error {
	for _, id := range companions {
		if p, ok := v.People[id]; !ok || !p.DisabledAt.IsZero() {
			return errCompanionUnknown(id)
		} else if p.Unnamed {
			return fault.Rule("companion_declines", "somebody whom you named does not want to be named as company").On("companions")
		}
	}
	return nil
}

// nameable gives those who may still be named: a series goes on when somebody does not want to be any more.
func (v View) nameable(companions []string) []string {
	return slices.DeleteFunc(slices.Clone(companions), func(id string) bool { return v.knows([]string{id}) != nil })
}

func errCompanionUnknown(id string) error {
	return fault.NotFound("companion_unknown", "there is nobody %q who could come along", id).On("companions")
}

func personBusy(q *inquiry) *finding {
	if b := q.seatedElsewhere(q.personID); b != nil {
		return &finding{
			detail: "the same person has another station " + q.place.wall(b.Interval()),
			limit:  span(b.Interval()), actual: span(q.span),
		}
	}
	return nil
}

func companionBusy(q *inquiry) *finding {
	for _, companion := range q.companions {
		if b := q.seatedElsewhere(companion); b != nil {
			return &finding{
				detail: "somebody who is to be there too has another station " + q.place.wall(b.Interval()),
				limit:  span(b.Interval()), actual: span(q.span),
			}
		}
	}
	return nil
}

// seatedElsewhere gives a booking that has the person at another station meanwhile; nil: none.
func (q *inquiry) seatedElsewhere(personID string) *Booking {
	if q.place.policy.ManyStations || q.purpose == PurposeClass {
		return nil
	}
	for i, b := range q.taken {
		if b.seats(personID) && !q.is(b) && !q.together(b) && b.StationID != q.place.ID && b.Interval().Overlaps(q.span) {
			return &q.taken[i]
		}
	}
	return nil
}

// together reports whether b is another seat of the same party, of which one person may hold several: for a team, or when
// somebody made it so who may override the rule. Nobody sits at two stations only because they asked for both at once.
func (q *inquiry) together(b Booking) bool {
	return q.partyID != "" && b.PartyID == q.partyID && (q.teamID != "" || q.was != nil || account.Allowed(q.actor, account.ActionOverrideRules, ""))
}

// seats reports whether the booking says that the person is at its station, as whose it is or as company. A class does not
// seat its instructor.
func (b Booking) seats(personID string) bool {
	return b.Purpose != PurposeClass && b.Active() && b.Involves(personID)
}

// people gives everybody who would be there: whoever books first.
func (pr proposal) people() []string { return append([]string{pr.personID}, pr.companions...) }

// travelTime keeps people from being on two sites sooner than they can walk.
func travelTime(q *inquiry) *finding {
	if q.place.policy.ManyStations || q.purpose == PurposeClass {
		return nil
	}
	for _, b := range q.taken {
		way := q.travel(b)
		if way == 0 || !slices.ContainsFunc(q.people(), b.seats) || q.is(b) || b.Interval().Overlaps(q.span) || !widened(b.Interval(), way).Overlaps(q.span) {
			continue
		}
		between := q.span.From.Sub(b.EndsAt)
		if q.span.From.Before(b.StartsAt) {
			between = b.StartsAt.Sub(q.span.Until)
		}
		whose := "the same person has a station there "
		if !b.seats(q.personID) {
			whose = "somebody who is to be there too has a station there "
		}
		return lengthFinding("the way to the other site takes %d minutes: "+whose+q.place.wall(b.Interval()), way, between)
	}
	return nil
}

// travel gives the way from the inquiry's place to that of a booking: none on the same site.
func (q *inquiry) travel(b Booking) time.Duration {
	if q.view.Rules == nil {
		return 0
	}
	other := q.view.Rules.places[b.StationID]
	if other == nil || other.SiteID == q.place.SiteID {
		return 0
	}
	return minutes(max(other.policy.TravelMinutes, q.place.policy.TravelMinutes))
}

func widened(i equipment.Interval, by time.Duration) equipment.Interval {
	return equipment.Interval{From: i.From.Add(-by), Until: i.Until.Add(by)}
}

// qualifications gives those of the person for the kind that have not been revoked; needed says whether the policy wants one. Only
// whoever has the booking works at the station and answers for it, so only they need one: those who come along are there because
// nobody should be alone, and may be there to learn.
func (q *inquiry) qualifications() (all []account.Qualification, needed bool) {
	if !q.place.policy.Qualification || q.purpose == PurposeClass {
		return nil, false
	}
	for _, x := range q.view.Qualifications {
		if x.PersonID == q.personID && x.KindID == q.place.KindID && x.RevokedAt.IsZero() {
			all = append(all, x)
		}
	}
	return all, true
}

func qualificationMissing(q *inquiry) *finding {
	if all, needed := q.qualifications(); !needed || len(all) > 0 {
		return nil
	}
	return &finding{detail: fmt.Sprintf("%s needs a qualification; ask an instructor for it", q.place.Code)}
}

func qualificationExpired(q *inquiry) *finding {
	all, needed := q.qualifications()
	if !needed || len(all) == 0 {
		return nil
	}
	if until := q.place.policy.qualifiedUntil(all); !until.IsZero() && q.span.Until.After(until) {
		return &finding{
			detail: "the qualification ends " + q.place.moment(until) + ", before the booking does; ask an instructor to renew it",
			limit:  instant(until), actual: instant(q.span.Until),
		}
	}
	return nil
}

// qualifiedUntil gives when the last of the qualifications expires or lapses; zero: one never does.
func (p Policy) qualifiedUntil(all []account.Qualification) time.Time {
	var last time.Time
	for _, x := range all {
		until := x.ExpiresAt
		if unused := p.QualificationUnusedDays; unused > 0 {
			lapses := later(x.GrantedAt, x.LastUsedAt).Add(time.Duration(unused) * wholeDay)
			if until.IsZero() || lapses.Before(until) {
				until = lapses
			}
		}
		if until.IsZero() {
			return until
		}
		last = later(last, until)
	}
	return last
}

// buddyNeeded counts whoever books, those whom they name, and those who are beside them by their party.
func buddyNeeded(q *inquiry) *finding {
	there, least := 1+len(q.companions)+q.beside, q.place.policy.MinPeople
	if there >= least || q.purpose == PurposeClass {
		return nil
	}
	return &finding{
		detail: fmt.Sprintf("%d people must be there; name who comes along", least),
		limit:  fmt.Sprintf("%d people", least), actual: fmt.Sprintf("%d people", there),
	}
}

// suspended asks about whoever is to sit there, and about whoever asks for them, unless they run the room.
func suspended(q *inquiry) *finding {
	f := q.suspends(q.personID)
	if by := asker(q.actor, q.personID); f == nil && by != "" {
		f = q.suspends(by)
	}
	return f
}

// companionSuspended: who may not book comes along no more than others who may not. Those who were there already are not asked
// about when a booking only ends earlier.
func companionSuspended(q *inquiry) *finding {
	for _, id := range q.companions {
		if (q.shrinks() && q.was.Involves(id)) || q.suspends(id) == nil {
			continue
		}
		return &finding{detail: "somebody who is to come along has missed too many bookings, and may not until an absence has lapsed"}
	}
	return nil
}

// suspends says that a person has so many strikes that they cannot book.
func (q *inquiry) suspends(personID string) *finding {
	limit := q.place.policy.StrikeLimit
	if limit == 0 || q.purpose == PurposeClass {
		return nil
	}
	ends := standingStrikes(q.view.Strikes, q.now, func(s Strike) bool { return s.PersonID == personID })
	if len(ends) < limit {
		return nil
	}
	until := ends[len(ends)-limit] // from then on fewer stand
	return &finding{
		detail: fmt.Sprintf("with %d strikes one cannot book; there are %d, until %s", limit, len(ends), q.place.moment(until)),
		limit:  instant(until), actual: fmt.Sprintf("%d strikes", len(ends)),
	}
}

// asker gives who asks for a person's booking; empty: the person, or somebody who runs the room.
func asker(actor account.Actor, personID string) string {
	if actor.PersonID == personID || account.Allowed(actor, account.ActionOverrideRules, "") {
		return ""
	}
	return actor.PersonID
}

// standingStrikes gives when those that count now are forgotten, the earliest first.
func standingStrikes(all []Strike, now time.Time, whose func(Strike) bool) []time.Time {
	var out []time.Time
	for _, s := range all {
		if whose(s) && s.Counts(now) {
			out = append(out, s.ExpiresAt)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}
