package courier

import (
	"slices"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/calendar"
)

// CalendarEvent gives a booking as a calendar shows it. Its UID is the same for as long as the booking lives, wherever the
// server is reached; what it says of people is left to the caller.
func CalendarEvent(b booking.Booking, s Station, language, publicURL string) calendar.Event {
	e := calendar.Event{
		UID: b.ID + "@labtide", Sequence: int(b.Version), Starts: b.StartsAt, Ends: b.EndsAt, Summary: s.Code, Location: s.place(language),
		LastModified: b.ChangedAt, URL: publicURL + "/bookings", Status: calendar.StatusConfirmed,
	}
	switch b.Status {
	case booking.StatusCancelled:
		e.Status = calendar.StatusCancelled
	case booking.StatusHeld, booking.StatusRequested:
		e.Status = calendar.StatusTentative
	}
	return e
}

// changesCalendar reports whether the event changes what stands in the calendar of its person.
func changesCalendar(e booking.Event) bool {
	return slices.Contains([]booking.Event{
		booking.EventReserved, booking.EventChanged, booking.EventCancelled, booking.EventEnded, booking.EventApproved,
		booking.EventMovedByOther, booking.EventCancelledByOther, booking.EventReleased,
	}, e)
}

// invitation gives the calendar part of a mail and its method; nothing when there is nothing to enter or to take back.
func (w *Worker) invitation(f facts, l language, person Person) (part []byte, method string) {
	b := f.booking
	if b.ID == "" || !changesCalendar(f.effect.Event) {
		return nil, ""
	}
	e := CalendarEvent(b, f.station, l.tag, w.cfg.PublicURL)
	e.Organizer, e.Attendee = calendar.Address{Name: "Labtide", Mail: w.cfg.Sender}, calendar.Address{Name: person.Name, Mail: person.Email}
	zone := f.station.Zone
	if zone == nil {
		zone = time.UTC
	}
	if e.Status == calendar.StatusCancelled {
		return calendar.Cancel(e, zone), "CANCEL"
	}
	return calendar.Request(e, zone), "REQUEST"
}
