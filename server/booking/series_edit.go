package booking

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// edit is a change of a series, laid out against its bookings.
type edit struct {
	series Series
	before SeriesBody
	body   SeriesBody
	base   Request
	actor  account.Actor
	now    time.Time
	from   equipment.Day
	loc    *time.Location
	ends   bool // the series ends
	words  bool // only what it is called and serves

	layout
	// rows are the bookings that may change: active ones that have not begun, from the day on, by the day that the rule gave.
	rows map[equipment.Day][]Booking
	// dropped are the days and stations at which somebody cancelled one occurrence.
	dropped map[equipment.Day][]string
}

// plan lays the change out. Rows may come in any order.
func (a *alteration) plan(rules *Rules, series Series, rows []Booking, actor account.Actor, now time.Time) (*edit, error) {
	body, err := series.Describe()
	if err != nil {
		return nil, err
	}
	e := &edit{series: series, before: body, body: body, actor: actor, now: now, loc: time.UTC, ends: a.apply == nil, words: a.words}
	e.base = Request{
		PersonID: series.PersonID, Programme: body.Programme, Purpose: body.Purpose, TeamID: body.TeamID, Companions: body.Companions,
		Override: a.override,
	}
	for _, b := range rows { // any of them: they are on one site
		if p := rules.places[b.StationID]; p != nil {
			e.loc = p.loc
		}
	}
	e.from = max(a.from, equipment.DayOf(now, e.loc))
	if over, ok := body.over(); e.ends && (!ok || e.from < over) {
		e.body = body.with(SeriesPart{From: e.from}, true)
	}
	if !e.ends {
		if e.body, err = a.apply(rules, body, e.from); err != nil {
			return nil, err
		}
		e.base.Programme = cmp.Or(e.body.Programme, a.programme)
	}
	if !e.ends && !e.words {
		if err := e.lay(rules); err != nil {
			return nil, err
		}
	}
	e.sort(rows)
	return e, nil
}

// lay finds when the series as it shall be takes place, up to its end.
func (e *edit) lay(rules *Rules) (err error) {
	e.part, _ = e.body.Current()
	if e.places, err = rules.seats(e.part.StationIDs, ""); err != nil {
		return err
	}
	e.loc = e.places[0].loc
	if e.occasions, err = rules.lay(e.part, e.places); err != nil {
		return err
	}
	over, ends := e.body.over()
	e.occasions = slices.DeleteFunc(e.occasions, func(o occasion) bool { return ends && o.day >= over })
	return nil
}

// sort puts the rows where the change looks for them.
func (e *edit) sort(rows []Booking) {
	e.rows, e.dropped = map[equipment.Day][]Booking{}, map[equipment.Day][]string{}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b Booking) int {
		if c := a.StartsAt.Compare(b.StartsAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, b := range rows {
		day := equipment.DayOf(b.SeriesStart, e.loc)
		switch {
		case b.SeriesStart.IsZero() || day < e.from || begun(b, e.now):
		case b.Active():
			e.rows[day] = append(e.rows[day], b)
		default:
			e.dropped[day] = append(e.dropped[day], b.StationID)
		}
	}
}

// all gives the rows in order of their days.
func (e *edit) all() []Booking {
	var out []Booking
	for _, day := range e.days() {
		out = append(out, e.rows[day]...)
	}
	return out
}

func (e *edit) days() []equipment.Day {
	out := make([]equipment.Day, 0, len(e.rows))
	for day := range e.rows {
		out = append(out, day)
	}
	slices.Sort(out)
	return out
}

// ask gives what the decision needs: about the bookings that are there, and about where they shall be.
func (e *edit) ask(rules *Rules) (Ask, error) {
	var ask Ask
	if len(e.occasions) > 0 {
		var err error
		if ask, err = e.layout.ask(rules, e.base, e.body.Conflict); err != nil {
			return ask, err
		}
	}
	ask.SeriesIDs = []string{e.series.ID}
	ask.PersonIDs = append(ask.PersonIDs, e.series.PersonID)
	for _, b := range e.all() {
		reach := rules.reach(b.StationID)
		ask.StationIDs = append(ask.StationIDs, b.StationID)
		ask.PersonIDs = append(ask.PersonIDs, b.People()...)
		ask.widen(b.StartsAt.Add(-reach), b.EndsAt.Add(reach))
		if e.words {
			rules.need(&ask, []string{b.StationID}, change(b, e.described(b), e.base.Override))
		}
	}
	if e.body.TeamID != "" {
		ask.TeamIDs = unique(append(ask.TeamIDs, e.body.TeamID))
	}
	ask.StationIDs, ask.PersonIDs = unique(ask.StationIDs), unique(ask.PersonIDs)
	return ask, nil
}

// mayFree gives the time that the bookings which may change have now: nothing else can become free.
func (e *edit) mayFree() []Free {
	var out []Free
	for _, b := range e.all() {
		out = append(out, Free{StationID: b.StationID, From: b.StartsAt, Until: b.Occupied().Until})
	}
	return out
}

// remains reports whether something of the series is still to come before the day from which on it changes.
func (e *edit) remains(rows []Booking) bool {
	return slices.ContainsFunc(rows, func(b Booking) bool {
		return b.Active() && !begun(b, e.now) && !b.SeriesStart.IsZero() && equipment.DayOf(b.SeriesStart, e.loc) < e.from
	})
}

// itself reports whether somebody changed this one alone: it is not where the rule has it, nor where the rules put it.
func (e *edit) itself(b Booking) bool {
	day := equipment.DayOf(b.SeriesStart, e.loc)
	part, ok := e.before.on(day)
	if !ok || part.Rule == "" {
		return false
	}
	if at, ok := e.before.Elsewhere[day]; ok && at == b.StartsAt.Unix() {
		return false
	}
	planned := part.times().At(day, e.loc)
	return !b.StartsAt.Equal(planned.From) || !b.EndsAt.Equal(planned.Until) || !slices.Contains(part.StationIDs, b.StationID)
}
