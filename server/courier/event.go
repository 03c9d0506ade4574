package courier

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// Events gives every event that there is to tell of.
func Events() []booking.Event {
	return []booking.Event{
		booking.EventReserved, booking.EventChanged, booking.EventCancelled, booking.EventEnded, booking.EventRequested,
		booking.EventApproved, booking.EventDeclined, booking.EventMovedByOther, booking.EventCancelledByOther,
		booking.EventCompanyLeft, booking.EventCompanyMissing, booking.EventReleased, booking.EventReleaseWarning, booking.EventOccupied, booking.EventOfferMade, booking.EventOfferExpired,
		booking.EventVerdictAbsent, booking.EventStrikeTakenBack, booking.EventAppealMade, booking.EventAppealDecided,
		booking.EventOutageReported, booking.EventOutageStarted, booking.EventOutageEnded, booking.EventQualificationEnding,
		booking.EventSeriesChanged,
	}
}

// ownDoing reports whether a person did it for themselves: nobody is written to for that, but for the invitation.
func ownDoing(e booking.Effect) bool {
	own := []booking.Event{booking.EventReserved, booking.EventChanged, booking.EventCancelled, booking.EventEnded}
	return slices.Contains(own, e.Event) && e.Body[FactBy] == ""
}

// deadline is when it is too late to act; zero: never.
func deadline(e booking.Effect) time.Time {
	for _, fact := range []string{FactExpiresAt, FactHeldUntil} {
		if at, err := time.Parse(time.RFC3339, e.Body[fact]); err == nil {
			return at
		}
	}
	return time.Time{}
}

// public are events that may concern no one person: then programs are told of them, and nobody is written to.
func public(e booking.Event) bool {
	return e == booking.EventOutageStarted || e == booking.EventOutageEnded
}

// task is what somebody must be allowed to do for an event to be theirs to see to.
func task(e booking.Event) account.Action {
	switch e {
	case booking.EventOutageReported:
		return account.ActionManageOutages
	case booking.EventAppealMade, booking.EventOccupied:
		return account.ActionAttendance
	}
	return account.ActionApprove
}

// The facts that an effect's body may hold. Instants are RFC 3339, stations, kinds and people ids.
const (
	FactFromStation = "from_station" // where the booking was before
	FactReason      = "reason"
	FactAnswer      = "answer" // of who decided
	FactDecision    = "decision"
	FactExpiresAt   = "expires_at" // when it is too late to act
	FactHeldUntil   = "held_until" // the same of an offer
	FactStartsAt    = "starts_at"  // of the booking, if not as it stands now
	FactEndsAt      = "ends_at"
	FactPerson      = "person" // whom it is about, where it is told to others
	FactKind        = "kind"
	FactBy          = "by"   // who did it, when it was not the person
	FactWith        = "with" // whose booking it is, when the effect is for somebody who is there too
	FactSeries      = "series"
	FactTitle       = "title" // of the series, in whoever's words
)
