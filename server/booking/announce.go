package booking

import (
	"time"

	"github.com/labtide/labtide/server/account"
)

// announce gives the effect of an act by which somebody changed a booking of their own, or of somebody else, who is told
// so: body "by". before is what stood.
func announce(act Act, before, after Booking, actor account.Actor, now time.Time) []Effect {
	e := Effect{At: now, PersonID: after.PersonID, BookingID: after.ID, StationID: after.StationID, Body: map[string]string{}}
	other := actor.PersonID != after.PersonID
	if other {
		e.Body["by"] = actor.PersonID
	}
	switch act {
	case ActReserved:
		e.Event = EventReserved
	case ActEnded:
		e.Event = EventEnded
	case ActCancelled:
		if e.Event = EventCancelled; other {
			e.Event = EventCancelledByOther
		}
	case ActChanged:
		if e.Event = EventChanged; other && before.StationID != after.StationID {
			e.Event, e.Body["from_station"] = EventMovedByOther, before.StationID
		}
	default:
		return nil
	}
	if after.Status == StatusRequested || after.Status == StatusHeld {
		return nil // it is told when it stands
	}
	return []Effect{e}
}
