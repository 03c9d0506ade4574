package booking

import "time"

// settle gives the booking what follows from its time, its status and the policy of its station.
func (p *place) settle(b Booking) Booking {
	b.OccupiedUntil = b.EndsAt.Add(p.policy.buffer())
	b.ChargedUntil = b.EndsAt
	b.DueAt = p.due(b)
	return b
}

// lag is how long after a minute its samples are waited for.
const lag = 2 * time.Minute

// due gives when a booking is to be looked at again; zero: never.
func (p *place) due(b Booking) time.Time {
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
