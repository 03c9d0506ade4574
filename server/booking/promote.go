package booking

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// line is what a decision that frees time knows of those who wait for it. The first try asks who waits, and when nobody does
// that was all; else the next one asks for their people, which locks them, and for what the rules rest on: a release at the
// same instant, in whatever process, comes before or after, and sees who has been offered something.
type line struct{ waits []Wait }

// maxInLine bounds how many of those who wait a release looks at: the first ones. Service.TendWaits comes by for the others.
const maxInLine = 50

// ask adds to a decision's ask what promote needs to offer the freed time.
func (l *line) ask(rules *Rules, ask *Ask, freed ...Free) {
	ask.Waiting = true
	for _, f := range freed {
		ask.StationIDs = append(ask.StationIDs, f.StationID)
		ask.await(f.interval())
		if len(l.waits) > 0 { // else what stands there does not matter
			ask.widen(f.From, f.Until)
		}
	}
	for _, w := range l.waits {
		ask.PersonIDs = append(ask.PersonIDs, w.People()...)
		if w.TeamID != "" {
			ask.TeamIDs = append(ask.TeamIDs, w.TeamID)
		}
		for _, f := range freed {
			p := rules.places[f.StationID]
			if p == nil || !w.wants(p, f) {
				continue
			}
			pr := w.proposal()
			pr.span = w.near(f)
			rules.need(ask, []string{p.ID}, pr)
			reach := rules.reach(p.ID)
			ask.widen(pr.span.From.Add(-reach), pr.span.Until.Add(reach))
		}
	}
}

// promote adds to what a decision writes the offers of the time that it frees: whoever came first is asked first, each gets at
// most one, and who cannot have one learns why. again says that the ask was too small: nothing is written, ask anew.
//
// Every path that frees time calls it, in the transaction of the release.
func (l *line) promote(v View, ask Ask, base Write, freed []Free, now time.Time) (w Write, again bool) {
	l.waits = waitingFor(v, base, freed)
	if len(l.waits) == 0 {
		return base, false
	}
	needed := Ask{From: ask.From, Until: ask.Until}
	l.ask(v.Rules, &needed, freed...)
	if !ask.covers(needed) {
		return Write{}, true
	}
	v = v.after(base)
	for _, wait := range l.waits {
		hold, reasons := offer(v, wait, freed, now)
		if hold == nil {
			if reason := strings.Join(reasons, " "); reason != "" && reason != wait.Reason {
				wait.Reason = reason
				base.Waits = append(base.Waits, wait.next(now))
			}
			continue
		}
		made := Write{
			Insert: []Booking{*hold},
			Trail:  []Entry{{BookingID: hold.ID, At: now, Act: ActOffered, After: *hold}},
			Effects: []Effect{{
				At: now, Event: EventOfferMade, PersonID: hold.PersonID, BookingID: hold.ID, StationID: hold.StationID,
				Body: map[string]string{"held_until": instant(hold.HeldUntil)},
			}},
		}
		wait.State, wait.BookingID, wait.Reason = WaitOffered, hold.ID, ""
		made.Waits = []Wait{wait.next(now)}
		base.add(made)
		v = v.after(made)
	}
	return base, false
}

// waitingFor gives the first of those who wait for some of the freed time, but for those that the decision itself changes.
func waitingFor(v View, base Write, freed []Free) []Wait {
	var out []Wait
	for _, w := range v.Waits {
		if len(out) == maxInLine {
			break
		}
		changed := slices.ContainsFunc(base.Waits, func(c Wait) bool { return c.ID == w.ID })
		if w.State == WaitWaiting && !changed && slices.ContainsFunc(freed, func(f Free) bool {
			p := v.Rules.places[f.StationID]
			return p != nil && w.wants(p, f)
		}) {
			out = append(out, w)
		}
	}
	return out
}

// wants reports whether the entry waits for some of the freed time of that station.
func (w Wait) wants(p *place, f Free) bool {
	return w.WantsStation(p.Station) && w.Window().Overlaps(f.interval())
}

// near gives the part of the entry's window that an offer which takes some of the freed time may lie in.
func (w Wait) near(f Free) equipment.Interval {
	near := equipment.Interval{From: later(w.FromAt, f.From.Add(-w.Wanted)), Until: f.Until.Add(w.Wanted)}
	if w.UntilAt.Before(near.Until) {
		near.Until = w.UntilAt
	}
	return near
}

func (w Wait) proposal() proposal {
	return proposal{
		personID: w.PersonID, purpose: w.Purpose, programme: w.Programme, agreed: true, teamID: w.TeamID, companions: w.People()[1:],
	}
}

// next gives the entry's next version.
func (w Wait) next(now time.Time) Wait {
	w.ChangedAt = now
	w.Version++
	return w
}

// offer makes the hold for an entry; nil when none of the freed time is for it, then with the codes of what is against it.
func offer(v View, w Wait, freed []Free, now time.Time) (hold *Booking, reasons []string) {
	person, ok := v.People[w.PersonID]
	if !ok || !person.DisabledAt.IsZero() {
		return nil, []string{"person_unknown"}
	}
	actor := account.SignedIn(person.ID, person.Role)
	if err := cmp.Or(v.standing(actor, wish{Request: Request{PersonID: w.PersonID, TeamID: w.TeamID}}), v.knows(w.People()[1:])); err != nil {
		return nil, []string{fault.CodeOf(err)}
	}
	refused := &Refused{}
	for _, f := range freed {
		p := v.Rules.places[f.StationID]
		if p == nil || !w.wants(p, f) {
			continue
		}
		q := inquiry{
			proposal: w.proposal(), place: p, taken: v.Taken, actor: actor, now: now, view: v,
		}
		refusals, fits := q.fit(w, f)
		if !fits {
			refused.Refusals = append(refused.Refusals, refusals...)
			continue
		}
		b := Booking{
			ID: v.NewID(), StationID: p.ID, PersonID: w.PersonID, Programme: w.Programme, Purpose: w.Purpose, TeamID: w.TeamID,
			StartsAt: q.span.From, EndsAt: q.span.Until, Status: StatusHeld, WaitID: w.ID, Companions: w.Companions,
			CreatedBy: w.PersonID, CreatedAt: now, ChangedAt: now, Version: 1,
		}
		b.HeldUntil = p.heldUntil(b, now)
		return new(p.settle(b)), nil
	}
	return nil, refused.codes()
}

// heldUntil gives when an offer expires. It may be taken a little after its start, but not when its time is nearly over.
func (p *place) heldUntil(b Booking, now time.Time) time.Time {
	until := now.Add(minutes(max(p.policy.HoldMinutes, 1)))
	for _, latest := range []time.Time{b.StartsAt.Add(minutes(max(p.policy.GraceMinutes, 5))), b.EndsAt.Add(-time.Minute)} {
		if latest.Before(until) {
			until = latest
		}
	}
	return later(until, now.Add(time.Second))
}

// fit looks for the time around what was freed that suits the entry, and sets the inquiry's span to it. When none does, it
// gives what is against the best of them; nothing when there is too little time for anybody.
func (q *inquiry) fit(w Wait, f Free) (refusals []Refusal, fits bool) {
	shortest := max(w.Shortest, q.place.policy.shortest())
	window := w.near(f)
	for _, gap := range q.free(window, shortest) {
		if no := q.within(gap, f, w.Wanted, shortest); len(no) > 0 {
			refusals = append(refusals, no...)
		} else if !q.span.Empty() {
			return nil, true
		}
	}
	if len(refusals) > 0 {
		return refusals, false
	}
	window.From = later(window.From, q.now.Truncate(time.Minute))
	ofOthers := q.place.blocked(q.taken, func(b Booking) bool { return b.StationID == q.place.ID })
	for _, gap := range q.place.gaps(window, nil, ofOthers) {
		gap.From, gap.Until = q.place.ceil(gap.From), q.place.floor(gap.Until)
		refusals = append(refusals, q.within(gap, f, w.Wanted, shortest)...)
	}
	return refusals, false
}

// maxTries bounds how many lengths are tried for one offer.
const maxTries = 32

// within sets the span to the longest time in the gap that takes some of what was freed, is not longer than wanted and that
// the validator accepts. The span is empty when the gap is too short; else it gives what is against the longest.
func (q *inquiry) within(gap equipment.Interval, f Free, wanted, shortest time.Duration) []Refusal {
	from := f.From
	if latest := gap.Until.Add(-wanted); from.After(latest) {
		from = latest
	}
	if from.After(gap.From) {
		from = later(gap.From, q.place.starts.floor(from))
	} else {
		from = gap.From
	}
	until := q.place.floor(from.Add(wanted))
	if until.Sub(from) < shortest { // what begins now, or a lesson period, is longer or too short
		until = q.place.ends.ceil(from.Add(shortest))
	}
	if until.After(gap.Until) {
		until = gap.Until
	}
	var longest []Refusal
	for range maxTries {
		q.span = equipment.Interval{From: from, Until: until}
		if until.Sub(from) < shortest || !q.span.Overlaps(f.interval()) {
			break
		}
		refusals := q.refusals()
		if len(refusals) == 0 {
			return nil
		}
		if longest == nil {
			longest = refusals
		}
		until = q.place.floor(until.Add(-time.Minute))
	}
	q.span = equipment.Interval{}
	return longest
}

func (f Free) interval() equipment.Interval { return equipment.Interval{From: f.From, Until: f.Until} }

// freedBy gives what a change gives back of a booking's time, from the minute that runs on.
func freedBy(before, after Booking, now time.Time) []Free {
	was := before.Occupied()
	was.From = later(was.From, now.Truncate(time.Minute))
	if !before.Active() || was.Empty() {
		return nil
	}
	left := []equipment.Interval{was}
	if after.Active() && after.StationID == before.StationID {
		left = subtract(left, []equipment.Interval{after.Occupied()})
	}
	out := make([]Free, len(left))
	for i, span := range left {
		out[i] = Free{StationID: before.StationID, From: span.From, Until: span.Until}
	}
	return out
}

// after gives the view as it is when w has been written.
func (v View) after(w Write) View {
	written := slices.Concat(w.Update, w.Insert)
	if len(written) == 0 {
		return v
	}
	v.Taken = slices.DeleteFunc(replaced(v.Taken, written), func(b Booking) bool { return !b.Active() })
	v.Spent = slices.DeleteFunc(replaced(v.Spent, written), func(b Booking) bool { return b.Charged().Empty() })
	return v
}
