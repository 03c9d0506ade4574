package live

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/telemetry"
)

// SilentAfter is how long a device may be silent before nothing is known of its station any more. Samples come each
// minute, up to a minute late; this allows for one that is lost.
const SilentAfter = 4 * time.Minute

// evidence is what the devices of a station say together.
type evidence struct {
	known  bool
	used   bool
	fault  bool
	since  time.Time
	source string
	seenAt time.Time
}

// weigh joins the states of the devices that stand at a station: one that sees use is enough.
func weigh(states []telemetry.DeviceState, now time.Time) evidence {
	var e evidence
	for _, s := range states {
		heard := heardAt(s)
		if heard.After(e.seenAt) {
			e.seenAt = heard
		}
		switch {
		case s.State == "": // it sends samples, but has never said what it does now
			continue
		case s.Source == telemetry.SourceNone && s.State != telemetry.StateFault: // it is alive, and cannot see
			continue
		case s.State == telemetry.StateLost || s.State == telemetry.StateStopping || now.Sub(heard) > SilentAfter:
			continue
		}
		used := s.State == telemetry.StateInUse || s.State == telemetry.StateBusy
		e.fault = e.fault || s.State == telemetry.StateFault
		if !e.known || (used && !e.used) {
			e.since, e.source = s.Since, s.Source
		}
		e.known, e.used = true, e.used || used
	}
	return e
}

// heardAt is the last sign of life: a state, or a sample, which ends a minute after it begins.
func heardAt(s telemetry.DeviceState) time.Time {
	if s.LastSampleAt.IsZero() {
		return s.ReceivedAt
	}
	if end := s.LastSampleAt.Add(time.Minute); end.After(s.ReceivedAt) {
		return end
	}
	return s.ReceivedAt
}

// decide gives the one state that a person may expect.
func decide(e evidence, open, booked, held bool, outage *equipment.Outage) State {
	switch {
	case outage != nil || e.fault:
		return StateDown
	case !e.known:
		return StateUnknown
	case booked && e.used:
		return StateInUse
	case e.used:
		return StateWalkIn
	case booked:
		return StateBookedIdle
	case !open:
		return StateClosed
	case held:
		return StateHeld
	default:
		return StateFree
	}
}

// promised reports whether somebody is to be there: not by an offer or a request, which only keep the station from others.
func (s Slot) promised() bool {
	return s.Status != booking.StatusHeld && s.Status != booking.StatusRequested
}

// occupied is the time that the slot keeps its station from others.
func (s Slot) occupied() equipment.Interval {
	until := s.EndsAt
	if s.OccupiedUntil.After(until) {
		until = s.OccupiedUntil
	}
	return equipment.Interval{From: s.StartsAt, Until: until}
}

// outlook is what a station's day promises, seen from now.
type outlook struct {
	running, next, held *Slot
	freeFrom, freeUntil time.Time
}

// look finds what runs, what comes next, and from and until when the station is free. The slots must be in order.
func look(day Strip, now time.Time) outlook {
	var o outlook
	for i := range day.Bookings {
		s := &day.Bookings[i]
		switch {
		case s.StartsAt.After(now):
			if o.next == nil && s.promised() {
				o.next = s
			}
		case now.Before(s.EndsAt) && s.promised():
			o.running = s
		case now.Before(s.occupied().Until):
			o.held = s
		}
	}
	taken := taken(day)
	if o.freeFrom = end(taken, now); !o.freeFrom.Equal(now) {
		return o
	}
	o.freeFrom = time.Time{}
	for _, span := range day.Open {
		if !now.Before(span.From) && now.Before(span.Until) {
			o.freeUntil = span.Until
		}
	}
	for _, span := range taken {
		if span.From.After(now) && span.From.Before(o.freeUntil) {
			o.freeUntil = span.From
		}
	}
	return o
}

// taken gives all that keeps the station from those who would book it, in order of the start.
func taken(day Strip) []equipment.Interval {
	out := slices.Clone(day.Outages)
	for _, s := range day.Bookings {
		out = append(out, s.occupied())
	}
	slices.SortFunc(out, func(a, b equipment.Interval) int { return a.From.Compare(b.From) })
	return out
}

// end gives the first instant, from now on, that nothing of taken covers: now itself when nothing does, zero when nobody knows.
func end(taken []equipment.Interval, now time.Time) time.Time {
	at := now
	for _, span := range taken {
		switch {
		case span.From.After(at):
			return at
		case span.Until.IsZero():
			return time.Time{}
		case span.Until.After(at):
			at = span.Until
		}
	}
	return at
}
