package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// SeriesChange says what shall be different from a day on; nil leaves it.
type SeriesChange struct {
	// From is the first local day that changes ("this and following"); empty: all that has not begun. The past stays.
	From       equipment.Day
	Rule       *string // counts anew from that day
	Starts     *int
	Ends       *int
	StationIDs *[]string // ids or codes
	Title      *string
	Programme  *string
	Conflict   *Conflict
	Override   bool
}

// ChangeSeries changes the occurrences from a day on, or says only what would become of each. What has begun stays, and so
// do occurrences that were changed or cancelled for themselves: they are known by the day that the rule gave them. What the
// rule no longer gives is cancelled, what it gives anew is booked. One occurrence alone is changed by Change, as any booking.
//
// version is the one that the caller has seen, 0 for any. Errors are those of CreateSeries.
func (s *Service) ChangeSeries(ctx context.Context, actor account.Actor, id string, version int64, c SeriesChange, dryRun bool) (SeriesResult, error) {
	if c.Programme != nil {
		if err := checkProgramme(*c.Programme); err != nil {
			return SeriesResult{}, err
		}
	}
	if c.Conflict != nil && !c.Conflict.Valid() {
		return SeriesResult{}, errConflictUnknown(*c.Conflict)
	}
	if _, err := s.seriesBase(actor, SeriesRequest{Conflict: ConflictRefuse, Title: orEmpty(c.Title)}); err != nil {
		return SeriesResult{}, err
	}
	return s.alterSeries(ctx, actor, id, alteration{
		version: version, from: c.From, dryRun: dryRun, override: c.Override, apply: c.apply, words: c.describes(),
	})
}

// CancelSeries gives back the occurrences from a day on, or all that have not begun. Those that were changed for themselves
// go, too. What runs goes on. Twice is one.
func (s *Service) CancelSeries(ctx context.Context, actor account.Actor, id string, version int64, from equipment.Day) (SeriesResult, error) {
	return s.alterSeries(ctx, actor, id, alteration{version: version, from: from})
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// apply gives the series as it would be, its new part last.
func (c SeriesChange) apply(rules *Rules, body SeriesBody, from equipment.Day) (SeriesBody, error) {
	set(&body.Title, c.Title)
	set(&body.Programme, c.Programme)
	if c.describes() {
		return body, nil
	}
	part, ok := body.Current()
	if over, ended := body.over(); ended && over <= from && c.Rule == nil {
		return body, fault.Rule("series_over", "the series ends before that day; give it a rule to begin it anew").On("rule")
	}
	if !ok && (c.Rule == nil || c.Starts == nil || c.Ends == nil || c.StationIDs == nil) {
		return body, fault.Rule("series_without_rule", "this series came with a timetable and has no rule; give rule, times and stations").On("rule")
	}
	part.From = from
	anew := c.Rule != nil && *c.Rule != part.Rule
	if anew {
		part.Rule, part.First = *c.Rule, from
	}
	set(&part.Starts, c.Starts)
	set(&part.Ends, c.Ends)
	if c.StationIDs != nil {
		places, err := rules.seats(*c.StationIDs, "")
		if err != nil {
			return body, err
		}
		part.StationIDs = idsOf(places)
	}
	set(&body.Conflict, c.Conflict)
	return body.with(part, anew), nil
}

// describes reports whether the change is one of words: then nothing is laid anew.
func (c SeriesChange) describes() bool {
	return c.Rule == nil && c.Starts == nil && c.Ends == nil && c.StationIDs == nil && c.Conflict == nil
}

// alteration is a change of a series that has been read and not yet decided. A nil apply ends the series.
type alteration struct {
	series  Series
	version int64
	from    equipment.Day
	dryRun  bool
	words   bool // only what it is called and serves
	apply   func(*Rules, SeriesBody, equipment.Day) (SeriesBody, error)
	rows    []Booking // as they were seen

	override  bool
	programme string // what the series serves when it does not say
	line      line   // those who wait for what it frees
}

func (s *Service) alterSeries(ctx context.Context, actor account.Actor, id string, a alteration) (SeriesResult, error) {
	if a.from != "" {
		if _, err := equipment.ParseDay(string(a.from)); err != nil {
			return SeriesResult{}, fault.Invalid("day_invalid", "a day is written as 2026-11-23").On("from")
		}
	}
	for attempt := range attempts {
		series, err := s.ownSeries(ctx, actor, id)
		if err != nil {
			return SeriesResult{}, err
		}
		rows, err := s.store.List(ctx, Filter{SeriesID: id})
		if err != nil {
			return SeriesResult{}, err
		}
		a.series, a.rows = series, rows
		result, again, err := s.alter(ctx, actor, &a, attempt > 0)
		if !again {
			return result, err
		}
	}
	return SeriesResult{}, errUnsettled()
}

// ownSeries reads a series that the actor may change.
func (s *Service) ownSeries(ctx context.Context, actor account.Actor, id string) (Series, error) {
	if id == "" || !plain(id) {
		return Series{}, errSeriesUnknown(id)
	}
	series, err := s.store.SeriesByID(ctx, id)
	if err == nil && !account.Allowed(actor, account.ActionBook, series.PersonID) {
		err = fault.Forbidden("not_your_booking", "only whoever has the booking, an instructor or an administrator may change it")
	}
	return series, err
}

func (s *Service) alter(ctx context.Context, actor account.Actor, a *alteration, fresh bool) (result SeriesResult, again bool, err error) {
	now := s.clock()
	ask, err := s.askFor(ctx, fresh, func(rules *Rules) (Ask, error) {
		e, err := a.plan(rules, a.series, a.rows, actor, now)
		if err != nil {
			return Ask{}, err
		}
		ask, err := e.ask(rules)
		if freed := e.mayFree(); err == nil && len(freed) > 0 && !a.dryRun {
			a.line.ask(rules, &ask, freed...)
		}
		return ask, err
	})
	if err != nil {
		return SeriesResult{}, false, err
	}
	var refused error
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		result, again, refused = SeriesResult{}, false, nil
		series, ok := v.Series[a.series.ID]
		switch {
		case !ok:
			return Write{}, errSeriesUnknown(a.series.ID)
		case a.version != 0 && a.version != series.Version:
			return Write{}, fault.Stale("series_changed", "the series has changed since you read it; look at it again")
		}
		a.programme = v.serves(Request{PersonID: series.PersonID, TeamID: teamOf(series)})
		e, err := a.plan(v.Rules, series, v.ofSeries(series.ID), actor, now)
		if err == nil && e.body.Programme != e.before.Programme {
			err = v.standing(actor, wish{Request: e.base})
		}
		if err != nil {
			return Write{}, err
		}
		current, err := e.ask(v.Rules)
		if err != nil {
			return Write{}, err
		}
		if again = !ask.covers(current); again {
			return Write{}, nil
		}
		var write Write
		if result, write, refused, err = e.decide(v, a.dryRun); err != nil || a.dryRun || refused != nil {
			return write, err
		}
		write, again = a.offer(v, ask, write, now)
		return write, nil
	})
	if errors.Is(err, ErrOverlap) {
		return SeriesResult{}, true, nil
	}
	if err == nil {
		err = refused
	}
	return result, again, err
}

// offer adds to a write the offers of the time that it gives back.
func (a *alteration) offer(v View, ask Ask, write Write, now time.Time) (Write, bool) {
	var freed []Free
	for _, after := range write.Update {
		freed = append(freed, freedBy(v.Bookings[after.ID], after, now)...)
	}
	if len(freed) == 0 {
		return write, false
	}
	return a.line.promote(v, ask, write, freed, now)
}

// ofSeries gives the bookings of a series that was asked for, in no order.
func (v View) ofSeries(id string) []Booking {
	var out []Booking
	for _, b := range v.Bookings {
		if b.SeriesID == id {
			out = append(out, b)
		}
	}
	return out
}

// partiesOf gives the parties that the bookings of a series are part of.
func (v View) partiesOf(id string) []string {
	var out []string
	for _, b := range v.ofSeries(id) {
		if b.PartyID != "" && !slices.Contains(out, b.PartyID) {
			out = append(out, b.PartyID)
		}
	}
	return out
}

// begun reports whether an occurrence belongs to the past, which stays.
func begun(b Booking, now time.Time) bool { return !b.StartsAt.After(now) }

func teamOf(s Series) string {
	body, _ := s.Describe() // plan says it when it cannot be read
	return body.TeamID
}
