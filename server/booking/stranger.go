package booking

import "time"

// Somebody else at a booked station. A device sees that somebody works, not who. Somebody who had not booked, was there all the
// time in which one may check in, and goes on when the booking begins is hardly whoever booked: they are asked, and those who run
// the room are told. Whoever follows another booking without a pause is not suspected: they may have changed places.

// stranger reports whether nobody but a device says that somebody came, and it may be somebody else.
func (b Booking) stranger() bool { return b.Evidence.WalkedIn && b.CheckIn == CheckInEvidence }

// Stranger reports whether somebody else may sit at the station of the booking now.
func (b Booking) Stranger(now time.Time) bool {
	return b.stranger() && b.Status == StatusConfirmed && now.Before(b.EndsAt)
}

// bookedBefore reports whether somebody had the station in the time before the booking in which one may check in.
func (v View) bookedBefore(b Booking) bool {
	for _, other := range v.Taken {
		if other.ID != b.ID && other.StationID == b.StationID && other.Promised() && other.EndsAt.After(b.StartsAt.Add(-earlyCheckIn)) && other.StartsAt.Before(b.StartsAt) {
			return true
		}
	}
	return false
}

// walkedIn reports whether whoever works when the booking begins was there before, without having booked. Whoever books where
// they sit is no stranger, and nobody is warned of what is over.
func (l *look) walkedIn() bool {
	b, start := l.is, l.is.StartsAt.Truncate(time.Minute)
	if l.followed || b.CreatedBy == "" || b.CreatedAt.After(start.Add(-earlyCheckIn)) || !l.now.Before(b.EndsAt) {
		return false
	}
	for m := start.Add(-earlyCheckIn); !m.After(start); m = m.Add(time.Minute) {
		if _, used := l.saw.minutes.of(m); !used {
			return false
		}
	}
	return true
}

// suspect notes it, and tells those who are to be there, those who run the room, and the station.
func (l *look) suspect() {
	l.is.Evidence.WalkedIn = true
	e := Effect{At: l.now, Event: EventOccupied, BookingID: l.is.ID, StationID: l.is.StationID}
	l.effects = append(l.effects, e)
	for _, id := range l.is.People() {
		theirs := e
		theirs.PersonID, theirs.Body = id, map[string]string{"with": l.is.PersonID}
		l.effects = append(l.effects, theirs)
	}
}
