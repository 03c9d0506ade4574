package booking

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// repeater decides about occasions one after another, in one decision: each sees those before it, so quotas count them all.
type repeater struct {
	view     View
	actor    account.Actor
	now      time.Time
	conflict Conflict
	write    Write
	out      []Occurrence
	leaving  []leaver // who makes room
}

// nearby is how far from an occasion bookings can matter to it: buffers and journeys are shorter.
const nearby = 36 * time.Hour

// near shows the view with the bookings around a span only: a series may see those of a year.
func (r *repeater) near(span equipment.Interval) View {
	v := r.view
	wide := equipment.Interval{From: span.From.Add(-nearby), Until: span.Until.Add(nearby)}
	v.Taken = nil
	for _, b := range r.view.Taken {
		if b.Occupied().Overlaps(wide) {
			v.Taken = append(v.Taken, b)
		}
	}
	return v
}

// stand puts bookings among those that stand.
func (r *repeater) stand(all ...Booking) {
	for _, b := range all {
		if b.Active() {
			r.view.Taken = append(r.view.Taken, b)
		}
		r.view.Spent = append(r.view.Spent, b)
	}
}

// free takes bookings away from those that stand.
func (r *repeater) free(gone func(Booking) bool) {
	r.view.Taken = slices.DeleteFunc(slices.Clone(r.view.Taken), gone)
	r.view.Spent = slices.DeleteFunc(slices.Clone(r.view.Spent), gone)
}

// add writes what a decision wants. What it tells is left out: whoever made the series is told once.
func (r *repeater) add(w Write) {
	r.write.Insert = append(r.write.Insert, w.Insert...)
	r.write.Update = append(r.write.Update, w.Update...)
	r.write.Trail = append(r.write.Trail, w.Trail...)
	r.write.Unmet = append(r.write.Unmet, w.Unmet...)
	r.stand(w.Insert...)
}

// book decides about one occasion: a booking on each place, or none. mark says whose it is.
func (r *repeater) book(o occasion, base Request, places []*place, mark func(*Booking)) error {
	done := Occurrence{Day: o.day, Planned: o.span, At: o.span}
	if o.left != "" {
		done.Outcome, done.Reason, done.Detail = OutcomeSkipped, o.left, o.detail
		r.out = append(r.out, done)
		return nil
	}
	if done.Bookings = r.standing(o, base, places); done.Bookings != nil {
		done.Outcome, done.Reason = OutcomeKept, ReasonThere
		r.out = append(r.out, done)
		return nil
	}
	write, refused, err := r.try(o.span, base, places)
	if err != nil {
		return err
	}
	done.Outcome = OutcomeBooked
	if refused != nil {
		done.Refusals = refused.Refusals
		done.Outcome, done.Reason = OutcomeRefused, ReasonConflict
		if r.conflict != ConflictRefuse {
			done.Outcome = OutcomeSkipped
			if write, err = r.instead(&done, write, o, base, places); err != nil {
				return err
			}
		}
	}
	for i := range write.Insert {
		b := &write.Insert[i]
		mark(b)
		b.SeriesStart = o.planned
		for j := range write.Trail {
			if write.Trail[j].BookingID == b.ID {
				write.Trail[j].After = *b
			}
		}
	}
	done.Bookings = write.Insert
	r.add(write)
	r.out = append(r.out, done)
	return nil
}

// instead finds what else the person chose: another time of the day, or fewer stations. Without any it gives what was refused.
func (r *repeater) instead(done *Occurrence, refused Write, o occasion, base Request, places []*place) (Write, error) {
	switch r.conflict {
	case ConflictShift:
		for _, span := range o.shifts(places[0]) {
			write, no, err := r.try(span, base, places)
			if err != nil {
				return Write{}, err
			}
			if no == nil {
				done.Outcome, done.At, done.Reason = OutcomeShifted, span, ""
				return write, nil
			}
		}
	case ConflictDisplace:
		write, no, err := r.clear(o, base, places)
		if err != nil {
			return Write{}, err
		}
		if no == nil {
			done.Outcome, done.Reason, done.Refusals = OutcomeBooked, "", nil
			return write, nil
		}
		done.Refusals = no.Refusals // those that nobody's leaving takes away
	case ConflictFewer:
		for left := unopposed(places, done.Refusals); len(left) > 0; {
			write, no, err := r.try(o.span, base, left)
			if err != nil {
				return Write{}, err
			}
			if no == nil {
				done.Outcome = OutcomeBooked // and the refusals say which are not
				return write, nil
			}
			left = unopposed(left, no.Refusals)
			done.Refusals = append(done.Refusals, no.Refusals...)
		}
	}
	return refused, nil
}

// unopposed gives the places that nothing speaks against; none when it is not about places.
func unopposed(places []*place, refusals []Refusal) []*place {
	left := slices.DeleteFunc(slices.Clone(places), func(p *place) bool {
		return slices.ContainsFunc(refusals, func(r Refusal) bool { return r.StationID == p.ID })
	})
	if len(left) == len(places) {
		return nil
	}
	return left
}

// try asks the one validator for a booking on each place.
func (r *repeater) try(span equipment.Interval, base Request, places []*place) (Write, *Refused, error) {
	wishes := make([]wish, len(places))
	for i, p := range places {
		w := wish{Request: base, candidates: []string{p.ID}, kindID: p.KindID}
		w.StationID, w.StartsAt, w.EndsAt = p.ID, span.From, span.Until
		wishes[i] = w
	}
	return decideParty(r.near(span), r.actor, wishes, r.now)
}

// standing gives the bookings that are the same already: a timetable that is imported twice changes nothing.
func (r *repeater) standing(o occasion, base Request, places []*place) []Booking {
	if base.Purpose != PurposeClass {
		return nil
	}
	var out []Booking
	for _, p := range places {
		for _, b := range r.view.Taken {
			if b.StationID == p.ID && b.PersonID == base.PersonID && b.Purpose == PurposeClass && b.Status == StatusConfirmed && b.Interval() == o.span {
				out = append(out, b)
				break
			}
		}
	}
	if len(out) < len(places) {
		return nil
	}
	return out
}
