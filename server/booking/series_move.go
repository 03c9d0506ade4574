package booking

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// moveAll asks the rules about each occasion: its seats move together, or none does, unless fewer may. What may not move stays where it is, and
// is in the way of others there: then they are asked again.
func (e *edit) moveAll(r *repeater, moves []*move) ([]Unmet, error) {
	standing := r.view
	groups := byOccasion(moves, r.conflict == ConflictFewer)
	stuck := make([]bool, len(groups))
	var unmet []Unmet
	for settled := false; !settled; {
		r.view, unmet, settled = standing, nil, true
		for i, seats := range groups {
			if stuck[i] {
				r.stand(froms(seats)...)
			}
		}
		for i, seats := range groups {
			if stuck[i] {
				continue
			}
			refused, err := e.moveSeats(r, seats)
			if err != nil {
				return nil, err
			}
			if len(refused) > 0 {
				stuck[i], settled = true, settled && r.conflict == ConflictRefuse
				unmet = append(unmet, refused...)
				r.stand(froms(seats)...)
			}
		}
	}
	for _, m := range moves {
		r.out = append(r.out, m.occurrence(r.conflict))
	}
	updates, trail := inOrder(moves)
	r.write.Update, r.write.Trail = append(r.write.Update, updates...), append(r.write.Trail, trail...)
	return unmet, nil
}

// byOccasion puts the seats of each occasion together, in the order in which they come; each alone when fewer may move.
func byOccasion(moves []*move, alone bool) [][]*move {
	var out [][]*move
	at := map[equipment.Day]int{}
	for _, m := range moves {
		i, ok := at[m.o.day]
		if !ok || alone {
			i, at[m.o.day] = len(out), len(out)
			out = append(out, nil)
		}
		out[i] = append(out[i], m)
	}
	return out
}

func froms(seats []*move) []Booking {
	out := make([]Booking, len(seats))
	for i, m := range seats {
		out[i] = m.from
	}
	return out
}

// moveSeats moves the seats of an occasion to its time or, when the choice is to shift, to another one of the day; all of them
// or none, and then it says what was refused.
func (e *edit) moveSeats(r *repeater, seats []*move) ([]Unmet, error) {
	refusals, unmet, err := e.trySeats(r, seats, nil)
	if err != nil || len(refusals) == 0 {
		return nil, err
	}
	if r.conflict == ConflictShift && !e.words {
		for _, span := range seats[0].o.shifts(e.places[0]) {
			if no, _, err := e.trySeats(r, seats, &span); err != nil || len(no) == 0 {
				return nil, err
			}
		}
	}
	for _, m := range seats {
		m.refusals, m.after, m.entry = refusals, Booking{}, nil
	}
	return unmet, nil
}

// trySeats asks about all seats, at another time than planned if one is given. When nothing is refused they stand.
func (e *edit) trySeats(r *repeater, seats []*move, span *equipment.Interval) (refusals []Refusal, unmet []Unmet, err error) {
	standing := r.view
	after, entries := make([]Booking, len(seats)), make([][]Entry, len(seats))
	for i, m := range seats {
		to := m.to
		if span != nil {
			to.StartsAt, to.EndsAt = span.From, span.Until
		}
		write, refused, err := decideChange(r.near(to.Interval()), e.actor, m.from, to, e.base.Override, e.now)
		if err != nil {
			return nil, nil, err
		}
		if refused != nil {
			refusals, unmet = append(refusals, refused.Refusals...), append(unmet, write.Unmet...)
			continue
		}
		if after[i] = to; len(write.Update) > 0 {
			after[i], entries[i] = write.Update[0], write.Trail
		}
		r.stand(after[i])
	}
	if len(refusals) > 0 {
		r.view = standing
		return refusals, unmet, nil
	}
	for i, m := range seats {
		m.after, m.entry, m.refusals = after[i], entries[i], nil
	}
	return nil, nil, nil
}

// furthest is how far an occasion may be shifted.
const furthest = 4 * time.Hour

// shifts gives where an occasion may be shifted to, the nearest first, later before earlier, on the same day: to other lesson
// periods where it takes whole ones, else by steps of the slot grid.
func (o occasion) shifts(p *place) []equipment.Interval {
	out := o.shiftsByPeriods(p)
	if out == nil {
		step := minutes(max(p.policy.GridMinutes, 1))
		for far := step; far <= furthest; far += step {
			for _, by := range []time.Duration{far, -far} {
				out = append(out, equipment.Interval{From: o.span.From.Add(by), Until: o.span.Until.Add(by)})
			}
		}
	}
	last := equipment.DayOf(o.span.Until.Add(-1), p.loc)
	return slices.DeleteFunc(out, func(at equipment.Interval) bool {
		return at.Empty() || equipment.DayOf(at.From, p.loc) != o.day || equipment.DayOf(at.Until.Add(-1), p.loc) != last
	})
}

// shiftsByPeriods gives as many lesson periods in a row as the occasion has; nil when it does not take whole ones of one day.
func (o occasion) shiftsByPeriods(p *place) []equipment.Interval {
	periods := slices.SortedFunc(slices.Values(p.policy.Periods), func(a, b Period) int { return a.Starts - b.Starts })
	first := slices.IndexFunc(periods, func(one Period) bool { return o.day.Clock(one.Starts, p.loc).Equal(o.span.From) })
	last := slices.IndexFunc(periods, func(one Period) bool { return o.day.Clock(one.Ends, p.loc).Equal(o.span.Until) })
	if first < 0 || last < first {
		return nil
	}
	out := []equipment.Interval{}
	for i := range len(periods) - (last - first) {
		at := equipment.Interval{From: o.day.Clock(periods[i].Starts, p.loc), Until: o.day.Clock(periods[i+last-first].Ends, p.loc)}
		if i != first && at.From.Sub(o.span.From).Abs() <= furthest {
			out = append(out, at)
		}
	}
	slices.SortStableFunc(out, func(a, b equipment.Interval) int {
		far := func(i equipment.Interval) time.Duration { return i.From.Sub(o.span.From).Abs() }
		if far(a) != far(b) {
			return int(far(a) - far(b))
		}
		return b.From.Compare(a.From)
	})
	return out
}

// around gives the time in which the occasion may come to lie.
func (o occasion) around(conflict Conflict, p *place) equipment.Interval {
	out := o.span
	if conflict == ConflictShift {
		for _, at := range o.shifts(p) {
			if at.From.Before(out.From) {
				out.From = at.From
			}
			out.Until = later(out.Until, at.Until)
		}
	}
	return out
}
