package live

import (
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
func decide(e evidence, open, booked bool, outage *equipment.Outage) State {
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
	default:
		return StateFree
	}
}

// promised reports whether somebody is to be there: not by an offer or a request, which only keep the station from others.
func (s Slot) promised() bool {
	return s.Status != booking.StatusHeld && s.Status != booking.StatusRequested
}

// slots finds the running booking, the next one, and from and until when the station is free.
// The slots must be in order; open are the open intervals of the day.
func slots(all []Slot, open []equipment.Interval, now time.Time) (running, next *Slot, freeFrom, freeUntil time.Time) {
	var kept *Slot // what comes next, promised or not
	for i := range all {
		s := &all[i]
		switch {
		case !s.StartsAt.After(now) && now.Before(s.EndsAt):
			if freeFrom = s.EndsAt; s.promised() {
				running = s
			}
		case s.StartsAt.After(now):
			if kept == nil {
				kept = s
			}
			if next == nil && s.promised() {
				next = s
			}
			if s.StartsAt.Equal(freeFrom) {
				freeFrom = s.EndsAt
			}
		}
	}
	if !freeFrom.IsZero() {
		return running, next, freeFrom, freeUntil
	}
	for _, span := range open {
		if !now.Before(span.From) && now.Before(span.Until) {
			freeUntil = span.Until
		}
	}
	if kept != nil && !freeUntil.IsZero() && kept.StartsAt.Before(freeUntil) {
		freeUntil = kept.StartsAt
	}
	return running, next, freeFrom, freeUntil
}
