package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// SeriesRequest asks for a series: the same stations at the same time of the day, on the days of a rule.
type SeriesRequest struct {
	StationIDs []string // ids or codes; or:
	RoomID     string   // id: all its stations that can be booked
	First      equipment.Day
	Rule       string // see package recurrence
	Starts     int    // minutes after local midnight
	Ends       int    // the same; beyond 1440 on the next day
	Title      string
	Programme  string
	Purpose    Purpose // empty: practice
	PersonID   string  // empty: the actor
	TeamID     string
	Companions []string
	Conflict   Conflict // empty: refuse
	Override   bool
}

// longestTitle bounds what a series is called, in characters.
const longestTitle = 200

// CreateSeries books a series, or says only what would be booked. All bookings are made in one transaction, by the validator
// that every booking passes, and each sees those before it. The result lists every occurrence. The error is *Refused when the
// choice is to refuse and something is in the way; the result lists the occurrences all the same.
func (s *Service) CreateSeries(ctx context.Context, actor account.Actor, r SeriesRequest, dryRun bool) (SeriesResult, error) {
	if r.Conflict == "" {
		r.Conflict = ConflictRefuse
	}
	base, err := s.seriesBase(actor, r)
	if err == nil {
		err = r.mayMakeRoom(base)
	}
	if err != nil {
		return SeriesResult{}, err
	}
	for attempt := range attempts {
		made, again, err := s.createSeries(ctx, actor, r, &base, dryRun, attempt > 0)
		if !again {
			return made, err
		}
	}
	return SeriesResult{}, errUnsettled()
}

// seriesBase checks what all occurrences share, as for a single booking.
func (s *Service) seriesBase(actor account.Actor, r SeriesRequest) (Request, error) {
	if !r.Conflict.Valid() && r.Conflict != ConflictDisplace {
		return Request{}, errConflictUnknown(r.Conflict)
	}
	if !plain(r.Title) || utf8.RuneCountInString(r.Title) > longestTitle {
		return Request{}, fault.Invalid("title_invalid", "a title is a text of up to %d characters, without control characters", longestTitle).On("title")
	}
	checked, err := s.wishes(actor, []Request{{
		StationID: "any", StartsAt: s.clock(), EndsAt: s.clock(), Programme: r.Programme, Purpose: r.Purpose, PersonID: r.PersonID,
		TeamID: r.TeamID, Companions: r.Companions, Override: r.Override,
	}})
	if err != nil {
		return Request{}, err
	}
	return checked[0].Request, nil
}

// layout is a series as the rules of an instant have it.
type layout struct {
	part      SeriesPart
	places    []*place
	occasions []occasion
}

func (r SeriesRequest) lay(rules *Rules) (layout, error) {
	places, err := rules.seats(r.StationIDs, r.RoomID)
	if err != nil {
		return layout{}, err
	}
	first, err := equipment.ParseDay(string(r.First))
	if err != nil {
		return layout{}, fault.Invalid("day_invalid", "a day is written as 2026-11-23").On("first")
	}
	part := SeriesPart{From: first, First: first, Rule: r.Rule, Starts: r.Starts, Ends: r.Ends, StationIDs: idsOf(places)}
	occasions, err := rules.lay(part, places)
	return layout{part: part, places: places, occasions: occasions}, err
}

// ask gives what the decision about occasions needs, wherever they may come to lie.
func (l layout) ask(rules *Rules, base Request, conflict Conflict) (Ask, error) {
	var wishes []wish
	for _, o := range l.occasions {
		span := o.around(conflict, l.places[0])
		for _, p := range l.places {
			w := wish{Request: base}
			w.StationID, w.StartsAt, w.EndsAt = p.ID, span.From, span.Until
			wishes = append(wishes, w)
		}
	}
	ask, err := plan(rules, wishes)
	ask.StationIDs, ask.PersonIDs, ask.TeamIDs = unique(ask.StationIDs), unique(ask.PersonIDs), unique(ask.TeamIDs)
	return ask, err
}

func (s *Service) createSeries(ctx context.Context, actor account.Actor, r SeriesRequest, base *Request, dryRun, fresh bool) (result SeriesResult, again bool, err error) {
	lay := func(rules *Rules) (layout, Ask, error) {
		l, err := r.lay(rules)
		if err != nil {
			return l, Ask{}, err
		}
		ask, err := l.ask(rules, *base, r.Conflict)
		return l, ask, err
	}
	now := s.clock()
	ask, err := s.askFor(ctx, fresh, func(rules *Rules) (Ask, error) {
		l, ask, err := lay(rules)
		if err == nil && r.Conflict == ConflictDisplace {
			var taken []Booking
			taken, err = s.store.Active(ctx, idsOf(l.places), "", ask.From, ask.Until)
			l.askForRoom(rules, &ask, taken, now)
		}
		return ask, err
	})
	if err != nil {
		return SeriesResult{}, false, err
	}
	var refused error
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		result, again, refused = SeriesResult{}, false, nil
		base.Programme = cmp.Or(base.Programme, v.serves(*base))
		l, current, err := lay(v.Rules)
		if err != nil {
			return Write{}, err
		}
		if r.Conflict == ConflictDisplace {
			l.askForRoom(v.Rules, &current, v.Taken, now)
		}
		if again = !ask.covers(current) || !covers(ask.WaitIDs, current.WaitIDs); again {
			return Write{}, nil
		}
		var write Write
		if result, write, refused, err = r.decide(v, actor, *base, l, now); dryRun {
			write, refused = Write{}, nil
		}
		return write, err
	})
	if errors.Is(err, ErrOverlap) {
		return SeriesResult{}, true, nil
	}
	if err == nil {
		err = refused
	}
	return result, again, err
}

// decide books what is laid out, each occasion seeing those before it. What refuses the whole comes apart: then only that it
// was wanted is written.
func (r SeriesRequest) decide(v View, actor account.Actor, base Request, l layout, now time.Time) (SeriesResult, Write, error, error) {
	made, body := newSeries(v, actor, r, base, l, now)
	rep := repeater{view: v, actor: actor, now: now, conflict: r.Conflict}
	for _, o := range l.occasions {
		if err := rep.book(o, base, l.places, func(b *Booking) { b.SeriesID = made.ID }); err != nil {
			return SeriesResult{}, Write{}, nil, err
		}
	}
	body.remember(rep.out)
	made.Body = encode(body)
	booked := slices.Clone(rep.write.Insert)
	result := SeriesResult{Series: made, Body: body, Occurrences: rep.out, Displaced: rep.makeRoom(r.Title)}
	if refused := rep.verdict(); refused != nil {
		return result, Write{Unmet: rep.write.Unmet}, refused, nil
	}
	rep.write.Series = []Series{made}
	rep.write.Effects = append(rep.write.Effects, withCompany(told(made, result, booked, now), body.whose(made), "")...)
	return result, rep.write, nil, nil
}

// serves gives the programme that a booking is for when nobody says: quotas may be for programmes.
func (v View) serves(r Request) string {
	return cmp.Or(v.Teams[r.TeamID].Programme, v.People[r.PersonID].Programme)
}

// askFor plans with the rules known so far, and with those of this instant when they know too little.
func (s *Service) askFor(ctx context.Context, fresh bool, plan func(*Rules) (Ask, error)) (Ask, error) {
	if !fresh {
		rules, err := s.store.KnownRules(ctx)
		if err != nil {
			return Ask{}, err
		}
		if ask, err := plan(rules); err == nil {
			return ask, nil
		}
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return Ask{}, err
	}
	return plan(rules)
}

// verdict refuses the whole when the choice is to refuse, and what would book nothing at all.
func (r *repeater) verdict() error {
	if refused := refusalOf(r.out); refused != nil {
		return refused
	}
	var why Refused
	for _, o := range r.out {
		if o.Outcome != OutcomeSkipped && o.Outcome != OutcomeKept {
			return nil
		}
		why.Refusals = append(why.Refusals, o.Refusals...)
	}
	if len(why.Refusals) > mostSeriesRefused {
		why.Refusals = why.Refusals[:mostSeriesRefused]
	}
	if len(why.Refusals) > 0 {
		return &why
	}
	return fault.Rule("series_empty", "there is nothing to book: all days of the series are left out, or booked so already; choose others")
}

func newSeries(v View, actor account.Actor, r SeriesRequest, base Request, l layout, now time.Time) (Series, SeriesBody) {
	body := SeriesBody{
		Title: r.Title, Purpose: base.Purpose, Programme: r.Programme, TeamID: r.TeamID, Companions: r.Companions, Conflict: r.Conflict,
		Parts: []SeriesPart{l.part},
	}
	if body.Conflict == ConflictDisplace {
		body.Conflict = ConflictSkip
	}
	return Series{ID: v.NewID(), PersonID: base.PersonID, CreatedBy: actor.PersonID, CreatedAt: now, Version: 1}, body
}

// told tells the person once, however many bookings changed.
func told(series Series, result SeriesResult, changed []Booking, now time.Time) Effect {
	e := Effect{At: now, Event: EventSeriesChanged, PersonID: series.PersonID, Body: map[string]string{
		"series": series.ID, "title": result.Body.Title, "bookings": fmt.Sprint(len(changed)),
	}}
	if len(changed) > 0 {
		e.BookingID, e.StationID = changed[0].ID, changed[0].StationID
	}
	return e
}

// unique gives each once, in order of first sight.
func unique(all []string) []string {
	seen := make(map[string]bool, len(all))
	var out []string
	for _, id := range all {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
