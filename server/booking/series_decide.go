package booking

import (
	"slices"
	"time"
)

// move is a booking of a series that shall be elsewhere.
type move struct {
	o    occasion
	from Booking
	to   Booking
	// after is what the rules made of it; its version is 0 while nobody has asked, and while it stays as it is.
	after    Booking
	entry    []Entry
	refusals []Refusal
}

// decide turns the change into one write: first what is given back, then what moves, then what is new.
func (e *edit) decide(v View, dryRun bool) (SeriesResult, Write, error, error) {
	r := &repeater{view: v, actor: e.actor, now: e.now, conflict: e.body.Conflict}
	e.base.Companions = v.nameable(e.base.Companions)
	moves, fresh, kept := e.match()
	if e.words {
		moves = e.describe()
	}
	e.giveBack(r, moves, kept)
	unmet, err := e.moveAll(r, moves)
	if err != nil {
		return SeriesResult{}, Write{}, nil, err
	}
	for _, o := range fresh {
		err := r.book(o.occasion, e.base, o.places, func(b *Booking) { b.SeriesID = e.series.ID })
		if err != nil {
			return SeriesResult{}, Write{}, nil, err
		}
	}
	r.out = append(r.out, kept...)
	slices.SortStableFunc(r.out, func(a, b Occurrence) int { return a.Planned.From.Compare(b.Planned.From) })
	if !e.words {
		e.body.remember(r.out)
	}
	after := e.series
	after.Body = encode(e.body)
	switch {
	case e.words:
	case !e.ends:
		after.EndedAt = time.Time{}
	case after.EndedAt.IsZero() && !e.remains(v.ofSeries(e.series.ID)):
		after.EndedAt = e.now
	}
	result := SeriesResult{Series: e.series, Body: e.body, Occurrences: r.out}
	if dryRun {
		return result, Write{}, nil, nil
	}
	if refused := refusalOf(r.out); refused != nil {
		return result, Write{Unmet: append(unmet, r.write.Unmet...)}, refused, nil
	}
	r.write = v.regroup(r.write, v.partiesOf(e.series.ID), "", e.now)
	changed := slices.Concat(r.write.Insert, r.write.Update)
	if len(changed) == 0 && string(after.Body) == string(e.series.Body) || e.ends && !e.series.EndedAt.IsZero() && len(changed) == 0 {
		return result, Write{}, nil, nil
	}
	after.Version++
	result.Series = after
	r.write.Series = []Series{after}
	r.write.Unmet = append(r.write.Unmet, unmet...)
	r.write.Effects = append(r.write.Effects, withCompany(told(after, result, changed, e.now), result.Body.whose(after), "")...)
	return result, r.write, nil, nil
}

// anew is an occasion at which places have no booking yet.
type anew struct {
	occasion
	places []*place
}

// match finds for each occasion the bookings that are there for its day: they move, stay as somebody left them, or are missing.
func (e *edit) match() (moves []*move, fresh []anew, kept []Occurrence) {
	keep := func(o occasion, b Booking, reason string) {
		kept = append(kept, Occurrence{
			Day: o.day, Planned: o.span, At: b.Interval(), Outcome: OutcomeKept, Reason: reason, Detail: o.detail, Bookings: []Booking{b},
		})
	}
	for _, o := range e.occasions {
		late := !o.span.From.After(e.now) // today, and earlier than now
		rows, places := e.rows[o.day], slices.Clone(e.places)
		delete(e.rows, o.day) // what remains in the end has lost its occasion
		var loose []Booking
		for _, b := range rows {
			switch at := slices.IndexFunc(places, func(p *place) bool { return p.ID == b.StationID }); {
			case late:
				keep(o, b, ReasonConflict)
				kept[len(kept)-1].Refusals = []Refusal{overAlready(o, b, e.now)}
			case o.left != "":
				keep(o, b, o.left)
			case b.Status != StatusConfirmed:
				keep(o, b, ReasonPending)
			case e.itself(b):
				keep(o, b, ReasonItself)
			case at >= 0:
				moves = append(moves, e.move(o, b, places[at]))
				places = slices.Delete(places, at, at+1)
				continue
			default:
				loose = append(loose, b)
				continue
			}
			places = without(places, b.StationID)
		}
		if late {
			continue
		}
		for _, gone := range e.dropped[o.day] {
			places = without(places, gone)
		}
		if len(places) == 0 && len(rows) == 0 {
			kept = append(kept, Occurrence{Day: o.day, Planned: o.span, At: o.span, Outcome: OutcomeSkipped, Reason: ReasonException})
		}
		for len(loose) > 0 && len(places) > 0 {
			moves = append(moves, e.move(o, loose[0], places[0]))
			loose, places = loose[1:], places[1:]
		}
		if len(loose) > 0 {
			e.rows[o.day] = loose
		}
		if len(places) > 0 && (o.left == "" || len(rows) == 0) {
			fresh = append(fresh, anew{o, places})
		}
	}
	return moves, fresh, kept
}

// overAlready is why what is still to come today does not move to a time that is over.
func overAlready(o occasion, b Booking, now time.Time) Refusal {
	return Refusal{
		Code: CodeInPast, StationID: b.StationID, Detail: "the new time of that day is over", Limit: instant(now), Actual: instant(o.span.From),
	}
}

// without takes the station out, or when it is none of them one place: an occurrence on another station fills a seat.
func without(places []*place, stationID string) []*place {
	if at := slices.IndexFunc(places, func(p *place) bool { return p.ID == stationID }); at >= 0 {
		return slices.Delete(places, at, at+1)
	}
	return places[:max(len(places)-1, 0)]
}

func (e *edit) move(o occasion, b Booking, p *place) *move {
	to := b
	to.StationID, to.StartsAt, to.EndsAt, to.SeriesStart = p.ID, o.span.From, o.span.Until, o.span.From
	return &move{o: o, from: b, to: e.described(to)}
}

// described gives the booking as it would be called anew.
func (e *edit) described(b Booking) Booking {
	if e.body.Programme != e.before.Programme {
		b.Programme = e.base.Programme
	}
	return b
}

// describe lets every occurrence stay where it is, and serve what the series serves now.
func (e *edit) describe() []*move {
	var out []*move
	for _, day := range e.days() {
		for _, b := range e.rows[day] {
			o := occasion{day: day, span: b.Interval(), planned: b.SeriesStart}
			out = append(out, &move{o: o, from: b, to: e.described(b)})
		}
	}
	e.rows = nil // none has lost its occasion
	return out
}

// giveBack cancels what has lost its occasion, and takes what moves out of its own way.
func (e *edit) giveBack(r *repeater, moves []*move, kept []Occurrence) {
	stays := map[string]bool{}
	for _, o := range kept {
		for _, b := range o.Bookings {
			stays[b.ID] = true
		}
	}
	gone := map[string]bool{}
	for _, m := range moves {
		gone[m.from.ID] = true
	}
	var ended []Booking
	for _, day := range e.days() {
		for _, b := range e.rows[day] {
			if stays[b.ID] {
				continue
			}
			after, write := r.view.Rules.giveBack(b, e.actor, e.now)
			// It was not cancelled for itself: should the rule give its day again, it may come back.
			after.SeriesStart = time.Time{}
			write.Update[0], write.Trail[0].After = after, after
			gone[b.ID] = true
			ended = append(ended, after)
			r.write.Update = append(r.write.Update, write.Update...)
			r.write.Trail = append(r.write.Trail, write.Trail...)
			r.out = append(r.out, Occurrence{
				Day: day, Planned: b.Interval(), At: b.Interval(), Outcome: OutcomeCancelled, Bookings: []Booking{after},
			})
		}
	}
	r.free(func(b Booking) bool { return gone[b.ID] })
	r.stand(ended...)
}

func (m *move) occurrence(conflict Conflict) Occurrence {
	out := Occurrence{Day: m.o.day, Planned: m.o.span, At: m.after.Interval(), Outcome: OutcomeMoved, Bookings: []Booking{m.after}}
	switch {
	case m.after.ID == "":
		out.At, out.Bookings, out.Refusals, out.Reason = m.from.Interval(), []Booking{m.from}, m.refusals, ReasonConflict
		out.Outcome = OutcomeKept
		if conflict == ConflictRefuse {
			out.Outcome = OutcomeRefused
		}
	case len(m.entry) == 0:
		out.Outcome = OutcomeKept
	case !m.after.StartsAt.Equal(m.o.span.From):
		out.Outcome = OutcomeShifted
	}
	return out
}

// inOrder puts updates so that each finds its time free: whoever leaves it goes first.
func inOrder(moves []*move) (updates []Booking, trail []Entry) {
	var left []*move
	for _, m := range moves {
		if len(m.entry) > 0 {
			left = append(left, m)
		}
	}
	for len(left) > 0 {
		next := slices.IndexFunc(left, func(m *move) bool {
			return !slices.ContainsFunc(left, func(other *move) bool {
				return other != m && other.from.StationID == m.after.StationID && other.from.blocks(m.after.Occupied())
			})
		})
		next = max(next, 0) // a ring: the database says no
		updates, trail = append(updates, left[next].after), append(trail, left[next].entry...)
		left = slices.Delete(left, next, next+1)
	}
	return updates, trail
}
