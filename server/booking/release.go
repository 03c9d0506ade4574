package booking

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// watched reports whether the booking ends early when nobody works at its station any more.
func (l *look) watched() bool {
	return l.place.policy.IdleReleaseMinutes > 0 && l.is.Status == StatusConfirmed && l.is.Verdict == VerdictArrived &&
		l.is.Purpose != PurposeClass && l.now.Before(l.is.EndsAt)
}

// watch asks whether somebody is still there when the station has long been idle, and gives the rest to others when nobody
// answers. A minute that nobody has told of is no idleness: where it lies, the waiting begins anew.
func (l *look) watch() {
	if !l.watched() {
		return
	}
	policy := l.place.policy
	known := l.now.Add(-lag).Truncate(time.Minute)
	if l.is.WarnedAt.IsZero() {
		if l.idleMinutes(known) >= policy.IdleReleaseMinutes {
			l.is.WarnedAt = l.now
			if !l.idleSince(l.is.KeptAt, known) {
				l.is.KeptAt = time.Time{}
			}
			l.say(ActWarned, "idle")
			l.tell(EventReleaseWarning, map[string]string{
				"expires_at": instant(l.now.Add(minutes(policy.IdleWarningMinutes))),
			})
		}
		return
	}
	deadline := l.is.WarnedAt.Add(minutes(policy.IdleWarningMinutes))
	idle, used := true, false
	for m := l.is.WarnedAt.Add(-lag).Truncate(time.Minute); m.Before(deadline); m = m.Add(time.Minute) {
		seen, in := l.saw.minutes.of(m)
		idle, used = idle && seen && !in, used || in
	}
	switch {
	case used:
		l.is.WarnedAt = time.Time{}
		l.say(ActKept, string(CheckInEvidence))
	case l.now.Before(deadline.Add(lag)):
	case idle:
		l.is = endEarly(l.is, l.now)
		l.say(ActReleased, "idle")
		l.tell(EventReleased, nil)
	default:
		l.is.WarnedAt = time.Time{}
		l.say(ActKept, string(VerdictUnknown))
	}
}

// idleMinutes counts the minutes before an instant that were seen and not used, one after another, since somebody last came,
// worked, or said that they do.
func (l *look) idleMinutes(before time.Time) int {
	since := ceilMinute(later(later(l.was.StartsAt, l.was.CheckedInAt), l.was.KeptAt))
	n := 0
	for m := before.Add(-time.Minute); !m.Before(since); m = m.Add(-time.Minute) {
		if seen, used := l.saw.minutes.of(m); !seen || used {
			break
		}
		n++
	}
	return n
}

// idleSince reports whether no device has seen use from one instant to another.
func (l *look) idleSince(from, until time.Time) bool {
	for m := from.Truncate(time.Minute); !from.IsZero() && m.Before(until); m = m.Add(time.Minute) {
		if _, used := l.saw.minutes.of(m); used {
			return false
		}
	}
	return true
}

// next gives when the booking is to be looked at again; zero: never.
func (l *look) next() time.Time {
	var at time.Time
	if l.is.judged() && (l.is.Verdict != VerdictArrived || l.is.Evidence.FirstUsedAt.IsZero()) {
		at = l.place.grace(l.is).nextLook(l.now)
	}
	if mend := l.place.mendUntil(l.is); l.place.short(l.is) && mend.After(l.now) && (at.IsZero() || mend.Before(at)) {
		at = mend
	}
	if !l.watched() {
		return at
	}
	idle := l.now.Add(time.Minute)
	if l.is.WarnedAt.IsZero() {
		left := l.place.policy.IdleReleaseMinutes - l.idleMinutes(l.now.Add(-lag).Truncate(time.Minute))
		idle = l.now.Add(minutes(max(left, 1)))
	}
	if idle.Before(l.is.EndsAt) && (at.IsZero() || idle.Before(at)) {
		at = idle
	}
	return at
}

// Keep answers "still working?": the station is asked about again only after it has been idle as long as before. Nobody asked,
// or twice, is as good as once. Anybody can say so from home: those who are to be there are believed once, then only what a device
// sees counts, or whoever runs the room.
func (s *Service) Keep(ctx context.Context, actor account.Actor, id string) (Booking, error) {
	return s.touch(ctx, actor, id, func(p *place, b Booking, _ absences, now time.Time) (*look, error) {
		switch {
		case !mayAttend(actor, b):
			return nil, errNotYours()
		case b.Status != StatusConfirmed || !now.Before(b.EndsAt):
			return nil, errOver()
		case !b.WarnedAt.IsZero() && !b.KeptAt.IsZero() && !runs(actor, b):
			return nil, fault.Rule("keep_needs_use", "you have said so before, and nobody was seen since: work at the station, or ask the instructor")
		}
		l := &look{place: p, was: b, is: b, now: now}
		if !b.WarnedAt.IsZero() {
			l.is.WarnedAt, l.is.KeptAt = time.Time{}, now
			l.is.DueAt = now.Add(minutes(max(p.policy.IdleReleaseMinutes, 1)))
			l.say(ActKept, "")
		}
		return l, nil
	})
}

func errOver() error { return fault.Conflict("booking_over", "this booking is over; make a new one") }
