package booking

import (
	"time"

	"github.com/labtide/labtide/server/account"
)

// settle gives the booking what follows from its time, its status and the policy of its station.
func (p *place) settle(b Booking) Booking {
	b.OccupiedUntil = b.EndsAt.Add(p.policy.buffer())
	b.ChargedUntil = b.EndsAt
	b.DueAt = p.due(b)
	return b
}

// chargedUntil gives until when a confirmed booking is charged that shall end then: an end, or its start when it is cancelled.
// Who gives back too late, and has not come, is charged as if they had; not when those who run the room do it.
func (p *place) chargedUntil(b Booking, end time.Time, actor account.Actor, now time.Time) time.Time {
	if p == nil || b.Status != StatusConfirmed || b.came(now) {
		return end
	}
	notice := minutes(p.policy.CancelNoticeMinutes)
	if notice == 0 || runs(actor, b) || !now.After(b.StartsAt.Add(-notice)) {
		return end
	}
	return later(end, b.Charged().Until)
}

// runs reports whether the actor decides about the booking as one of those who run the room, and not as its person.
func runs(actor account.Actor, b Booking) bool {
	return actor.PersonID != b.PersonID && account.Allowed(actor, account.ActionOverrideRules, "")
}

// came reports whether it is known that whoever booked is there. A code scanned before the start says nothing yet: it can be
// photographed, and whoever cancels then is never judged.
func (b Booking) came(now time.Time) bool {
	if b.CheckIn == CheckInQR && now.Before(b.StartsAt) {
		return false
	}
	return !b.CheckedInAt.IsZero() || b.Verdict == VerdictArrived
}

// lag is how long after a minute its samples are waited for.
const lag = 2 * time.Minute

// due gives when a booking is to be looked at again; zero: never.
func (p *place) due(b Booking) time.Time {
	if p.short(b) {
		return p.mendUntil(b) // what else there is to look at is seen then
	}
	switch {
	case b.Status == StatusHeld:
		return b.HeldUntil
	case b.Status == StatusRequested:
		return b.StartsAt
	case b.Status == StatusConfirmed && b.judged() && b.Verdict == "":
		return p.grace(b).due()
	case b.Verdict == VerdictArrived && p.policy.IdleReleaseMinutes > 0:
		return b.StartsAt // at once: whether it is watched depends on what has changed
	case b.Verdict != "":
		return b.DueAt
	}
	return time.Time{}
}
