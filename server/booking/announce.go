package booking

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
)

// announce gives the effects of an act by which somebody changed a booking of their own, or of somebody else, who is told
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
		switch {
		case other && before.StationID != after.StationID:
			e.Event, e.Body["from_station"] = EventMovedByOther, before.StationID
		case before.Status == StatusRequested && after.Status == StatusConfirmed:
			e.Event = EventReserved // it stands now
		default:
			e.Event = EventChanged
		}
	default:
		return nil
	}
	stood := act == ActChanged && before.Status == StatusConfirmed // what they have is not what they had
	if (after.Status == StatusRequested || after.Status == StatusHeld) && !stood {
		return nil // it is told when it stands
	}
	if act != ActChanged {
		return withCompany(e, after, actor.PersonID)
	}
	stayed := after
	stayed.Companions = strings.Join(slices.DeleteFunc(strings.Fields(after.Companions), func(id string) bool { return !before.Involves(id) }), " ")
	return append(withCompany(e, stayed, actor.PersonID), after.told(before, actor.PersonID, now)...)
}

// withCompany gives an effect for the person of a booking, and for each who is there too: their body "with" names that
// person. by is who did it; empty: that is not told.
func withCompany(e Effect, b Booking, by string) []Effect {
	all := []Effect{e}
	for _, id := range b.People()[1:] {
		copied := e
		copied.PersonID, copied.Body = id, maps.Clone(e.Body)
		if copied.Body == nil {
			copied.Body = map[string]string{}
		}
		copied.Body["with"] = b.PersonID
		if delete(copied.Body, "by"); by != "" && by != id {
			copied.Body["by"] = by
		}
		all = append(all, copied)
	}
	return all
}
