package courier

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/calendar"
)

// CalendarEvent gives a booking as a calendar shows it. Its UID is the same for as long as the booking lives, wherever the
// server is reached, and its sequence counts from 0; what it says of people is left to the caller.
func CalendarEvent(b booking.Booking, s Station, language, publicURL string) calendar.Event {
	e := calendar.Event{
		UID: b.ID + "@labtide", Sequence: int(max(b.Version-1, 0)), Starts: b.StartsAt, Ends: b.EndsAt, Summary: s.Code, Location: s.place(language),
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

// changesCalendar reports whether the event changes what stands in the calendar of its person. What was declined may have
// stood there at another time, before its change had to be approved. An offer stands there when it has been accepted.
func changesCalendar(e booking.Event, b booking.Booking) bool {
	switch e {
	case booking.EventReserved, booking.EventChanged, booking.EventCancelled, booking.EventEnded, booking.EventApproved,
		booking.EventDeclined, booking.EventMovedByOther, booking.EventCancelledByOther, booking.EventReleased,
		booking.EventCompanyMissing:
		return b.ID != "" && b.Status != booking.StatusHeld
	case booking.EventVerdictAbsent:
		return b.Status == booking.StatusEnded // the rest went to others
	}
	return false
}

// invitation gives the calendar part of a mail and its method; nothing when there is nothing to enter or to take back. A
// series comes as a whole: it would be too many mails.
func (w *Worker) invitation(ctx context.Context, f facts, l language, person Person) (part []byte, method string, err error) {
	if series := f.effect.Body[FactSeries]; f.effect.Event == booking.EventSeriesChanged && series != "" {
		return w.seriesPart(ctx, series, f, l)
	}
	if !changesCalendar(f.effect.Event, f.booking) {
		return nil, "", nil
	}
	if s := f.booking.Status; s == booking.StatusCancelled || s == booking.StatusRequested {
		if stood, err := w.deps.Directory.Stood(ctx, f.booking.ID); err != nil || !stood {
			return nil, "", err // nothing went out that this could change or take back
		}
	}
	e := CalendarEvent(f.booking, f.station, l.tag, w.cfg.PublicURL)
	e.Organizer, e.Attendee = calendar.Address{Name: "Labtide", Mail: w.cfg.Sender}, calendar.Address{Name: person.Name, Mail: person.Email}
	if e.Status == calendar.StatusCancelled || !f.booking.Involves(f.effect.PersonID) {
		return calendar.Cancel(e, f.zone()), "CANCEL", nil
	}
	return calendar.Request(e, f.zone()), "REQUEST", nil
}

// zone gives where its times are read.
func (f facts) zone() *time.Location {
	if f.station.Zone == nil {
		return time.UTC
	}
	return f.station.Zone
}

// seriesPart gives the bookings of a series that are not over, and those that are cancelled: an invitation would hold one only.
func (w *Worker) seriesPart(ctx context.Context, series string, f facts, l language) (part []byte, method string, err error) {
	all, err := w.deps.Directory.Series(ctx, series, w.deps.Now())
	if err != nil || len(all) == 0 {
		return nil, "", err
	}
	feed := calendar.Feed{Name: f.effect.Body[FactTitle], Location: f.zone()}
	places := placesOf(w.deps.Directory)
	for _, b := range all {
		station, err := places(ctx, b.StationID)
		if err != nil {
			return nil, "", err
		}
		feed.Events = append(feed.Events, CalendarEvent(b, station, l.tag, w.cfg.PublicURL))
	}
	return calendar.Write(feed), "PUBLISH", nil
}

// placesOf gives a look-up of stations that asks for each once; one that is gone has no words.
func placesOf(d Directory) func(ctx context.Context, id string) (Station, error) {
	seen := map[string]Station{}
	return func(ctx context.Context, id string) (Station, error) {
		if s, ok := seen[id]; ok {
			return s, nil
		}
		s, err := known(d.Station(ctx, id))
		if err == nil {
			seen[id] = s
		}
		return s, err
	}
}
