package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// world is what a preview judges by: rules, and what stands. Two worlds share what they have gathered and differ in rules.
type world struct {
	rules   *Rules
	present *Rules          // those that hold now; nil in their own world
	refused map[string]bool // bookings that would not be there
	*gathered
}

// gathered is what stands, by what it is asked for.
type gathered struct {
	stations       map[string][]Booking
	persons        map[string][]Booking
	spent          map[string][]Booking // by subject
	made           map[string]time.Time // when a booking was made, of those that are known
	seen           map[string]bool
	people         map[string]account.Person
	teams          map[string]account.Team
	qualifications map[string][]account.Qualification
	strikes        map[string][]Strike // by person, and by team
}

func newWorld(rules, present *Rules) *world {
	return &world{rules: rules, present: present, refused: map[string]bool{}, gathered: &gathered{
		stations: map[string][]Booking{}, persons: map[string][]Booking{}, spent: map[string][]Booking{}, made: map[string]time.Time{},
		seen: map[string]bool{}, people: map[string]account.Person{}, teams: map[string]account.Team{},
		qualifications: map[string][]account.Qualification{}, strikes: map[string][]Strike{},
	}}
}

// readAtOnce is how many cases are read at once.
const readAtOnce = 100

// gather reads what both worlds need to judge the cases: what a booking would read. Nothing is locked or written.
func (c *Charter) gather(ctx context.Context, worlds [2]*world, cases []judged) error {
	byTime := slices.Clone(cases)
	slices.SortStableFunc(byTime, func(a, b judged) int { return a.pr.span.From.Compare(b.pr.span.From) })
	for some := range slices.Chunk(byTime, readAtOnce) {
		var ask Ask
		for _, one := range some {
			one.ask(&ask, worlds[0].rules)
			one.ask(&ask, worlds[1].rules)
		}
		slices.Sort(ask.StationIDs)
		slices.Sort(ask.PersonIDs)
		ask.StationIDs, ask.PersonIDs = slices.Compact(ask.StationIDs), slices.Compact(ask.PersonIDs)
		view, err := c.store.Look(ctx, ask)
		if err != nil {
			return err
		}
		worlds[0].add(view)
	}
	worlds[1].gathered = worlds[0].gathered
	return nil
}

// ask adds to an ask what the case needs under these rules.
func (j judged) ask(ask *Ask, rules *Rules) {
	ask.StationIDs = append(ask.StationIDs, j.stations...)
	ask.PersonIDs = append(ask.PersonIDs, j.pr.people()...)
	if j.pr.teamID != "" && !slices.Contains(ask.TeamIDs, j.pr.teamID) {
		ask.TeamIDs = append(ask.TeamIDs, j.pr.teamID)
	}
	reach := rules.reach(j.stations...)
	ask.widen(j.pr.span.From.Add(-reach), j.pr.span.Until.Add(reach))
	var more Ask
	rules.need(&more, j.stations, j.pr)
	ask.Qualifications, ask.Strikes = ask.Qualifications || more.Qualifications, ask.Strikes || more.Strikes
	ask.spendEach() // worlds differ in what stands
	ask.spendAs(more)
}

// add keeps what one read saw.
func (g *gathered) add(v View) {
	for _, b := range v.Taken {
		if g.seen[b.ID] {
			continue
		}
		g.seen[b.ID], g.made[b.ID] = true, b.CreatedAt
		g.stations[b.StationID] = append(g.stations[b.StationID], b)
		for _, person := range b.People() {
			g.persons[person] = append(g.persons[person], b)
		}
	}
	for _, b := range v.Spent {
		if key := "spent " + b.ID; !g.seen[key] {
			g.seen[key] = true
			for _, subject := range subjects(b.PersonID, b.TeamID, b.Programme) {
				g.spent[subject] = append(g.spent[subject], b)
			}
		}
	}
	for id, person := range v.People {
		if _, known := g.people[id]; !known {
			g.people[id] = person
		}
	}
	for id, team := range v.Teams {
		g.teams[id] = team
	}
	for _, q := range v.Qualifications {
		if !g.seen["qualification "+q.ID] {
			g.seen["qualification "+q.ID] = true
			g.qualifications[q.PersonID] = append(g.qualifications[q.PersonID], q)
		}
	}
	for _, s := range v.Strikes {
		if !g.seen["strike "+s.ID] {
			g.seen["strike "+s.ID] = true
			g.strikes[s.PersonID] = append(g.strikes[s.PersonID], s)
			if s.TeamID != "" {
				g.strikes[s.TeamID] = append(g.strikes[s.TeamID], s)
			}
		}
	}
}

// subjects gives whom a booking is charged to, as budgets name them.
func subjects(personID, teamID, programme string) []string {
	out := []string{string(PerPerson) + " " + personID, string(PerProgramme) + " " + programme}
	if teamID != "" {
		out = append(out, string(PerTeam)+" "+teamID)
	}
	return out
}

// refusals gives the codes that the world refuses the case for: those of the station with the fewest; none means that one
// accepts it.
func (w *world) refusals(j judged) []string {
	var fewest []string
	for _, id := range j.stations {
		p := w.rules.places[id]
		if p == nil {
			continue
		}
		q := inquiry{proposal: j.pr, place: p, taken: w.taken(j, p), actor: j.actor, now: j.at, view: w.view(j)}
		refusals := (&Refused{Refusals: q.refusals()}).codes()
		if len(refusals) == 0 {
			return nil
		}
		if fewest == nil || len(refusals) < len(fewest) {
			fewest = refusals
		}
	}
	return fewest
}

// before reports whether a booking stood in this world when the case came.
func (w *world) before(j judged, id string) bool {
	if w.refused[id] {
		return false
	}
	at, known := w.made[id]
	return !known || at.Before(j.at) || (at.Equal(j.at) && id <= j.booking.ID)
}

// settle gives a booking as this world would have made it: with another time for cleaning, where the change is about that.
func (w *world) settle(b Booking) Booking {
	if w.present == nil {
		return b
	}
	is, was := w.rules.places[b.StationID], w.present.places[b.StationID]
	if is != nil && was != nil && is.policy.BufferMinutes != was.policy.BufferMinutes {
		b.OccupiedUntil = b.EndsAt.Add(is.policy.buffer())
	}
	return b
}

// taken gives the bookings around the case that came before it, settled by the rules of this world.
func (w *world) taken(j judged, p *place) []Booking {
	reach := max(w.rules.reach(p.ID), p.policy.buffer())
	window := equipment.Interval{From: j.pr.span.From.Add(-reach), Until: j.pr.span.Until.Add(reach)}
	var out []Booking
	keep := func(all []Booking, elsewhere bool) {
		for _, b := range all {
			if (elsewhere && b.StationID == p.ID) || !w.before(j, b.ID) {
				continue
			}
			b = w.settle(b)
			if b.Occupied().Overlaps(window) {
				out = append(out, b)
			}
		}
	}
	keep(w.stations[p.ID], false)
	for _, person := range j.pr.people() {
		keep(w.persons[person], true)
	}
	return out
}

// view gives what stands beside bookings.
func (w *world) view(j judged) View {
	v := View{Rules: w.rules, People: w.people, Teams: w.teams}
	for _, person := range j.pr.people() {
		v.Qualifications = append(v.Qualifications, w.qualifications[person]...)
	}
	for _, who := range append([]string{j.pr.personID, j.pr.teamID}, j.pr.companions...) {
		for _, s := range w.strikes[who] {
			known := slices.ContainsFunc(v.Strikes, func(other Strike) bool { return other.ID == s.ID })
			if !known && !s.At.After(j.at) {
				v.Strikes = append(v.Strikes, s)
			}
		}
	}
	var ask Ask
	w.rules.need(&ask, j.stations, j.pr)
	for _, budget := range ask.Budgets {
		for _, b := range w.spent[string(budget.Per)+" "+budget.SubjectID] {
			if budget.Concerns(b) && w.before(j, b.ID) {
				v.Spent = append(v.Spent, b)
			}
		}
	}
	slices.SortFunc(v.Spent, func(a, b Booking) int { return strings.Compare(a.ID, b.ID) })
	v.Spent = slices.CompactFunc(v.Spent, func(a, b Booking) bool { return a.ID == b.ID })
	return v
}
