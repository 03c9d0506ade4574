package httpapi

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/live"
)

// GetBoard implements StrictServerInterface.
func (s *Server) GetBoard(ctx context.Context, request GetBoardRequestObject) (GetBoardResponseObject, error) {
	roomID := ""
	if request.Params.Room != nil {
		room, _, err := s.room(ctx, *request.Params.Room)
		if err != nil {
			return nil, err
		}
		roomID = room.ID
	}
	snapshot, err := s.deps.Board.Snapshot(ctx, roomID)
	if err != nil {
		return nil, err
	}
	directory, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx)
	board := Board{Seq: snapshot.ID, At: snapshot.At.UTC(), Stations: make([]BoardStation, len(snapshot.Cards))}
	for i, card := range snapshot.Cards {
		board.Stations[i] = directory.boardStation(who, card)
	}
	return GetBoard200JSONResponse(board), nil
}

// boardStation shows a card to somebody.
func (d *directory) boardStation(who *caller, card live.Card) BoardStation {
	site := d.sites[card.Station.SiteID]
	out := BoardStation{
		Station: d.stationRef(card.Station), Bookable: new(card.Station.Bookable), State: StationState(card.State),
		Since: instant(card.Since), Source: text(card.Source), DeviceLastSeenAt: instant(card.DeviceSeenAt),
		FreeFrom: instant(card.FreeFrom), FreeUntil: instant(card.FreeUntil),
		Day: DayStrip{
			StartsAt: card.Day.StartsAt.UTC(), EndsAt: card.Day.EndsAt.UTC(), TimeZone: site.TimeZone,
			Open: intervals(card.Day.Open), Outages: outagesOf(card.Day), Bookings: make([]Slot, len(card.Day.Bookings)), Runs: runs(card.Day.Runs),
		},
	}
	for i, b := range card.Day.Bookings {
		out.Day.Bookings[i] = slot(who, b)
	}
	if card.Booking != nil {
		out.Booking = new(slot(who, *card.Booking))
	}
	if card.Held != nil {
		out.Held = new(slot(who, *card.Held))
	}
	if card.Next != nil {
		out.NextBooking = new(slot(who, *card.Next))
	}
	if card.FaultReported {
		out.FaultReported = new(true)
	}
	if card.Outage != nil {
		out.Outage = &BoardOutage{Id: text(card.Outage.ID), Reason: card.Outage.Reason, EndsAt: instant(card.Outage.EndsAt)}
	}
	return out
}

// outagesOf gives the outages of a day; those without an end last as long as it.
func outagesOf(day live.Strip) *[]Interval {
	if len(day.Outages) == 0 {
		return nil
	}
	out := intervals(day.Outages)
	for i, o := range day.Outages {
		if o.Until.IsZero() || o.Until.After(day.EndsAt) {
			out[i].EndsAt = day.EndsAt.UTC()
		}
	}
	return &out
}

// buffered gives the end with the buffer after it, nil when there is none.
func buffered(endsAt, occupiedUntil time.Time) *time.Time {
	if !occupiedUntil.After(endsAt) {
		return nil
	}
	return instant(occupiedUntil)
}

// slot shows a booking to somebody: whose it is and what for only if they may see it.
func slot(who *caller, b live.Slot) Slot {
	out := Slot{
		Id: b.BookingID, StartsAt: b.StartsAt.UTC(), EndsAt: b.EndsAt.UTC(), Mine: b.PersonID == who.PersonID,
		OccupiedUntil: buffered(b.EndsAt, b.OccupiedUntil), Status: BookingStatus(b.Status), Version: b.Version,
	}
	along := !out.Mine && booking.Booking{Companions: b.Companions}.Involves(who.PersonID)
	if along {
		out.Along = new(true)
	}
	if along || account.Allowed(who.Actor, account.ActionSeeNames, b.PersonID) {
		out.PersonName, out.Programme, out.Purpose = text(b.PersonName), text(b.Programme), new(Purpose(b.Purpose))
		out.Verdict, out.WarnedAt = word[Verdict](b.Verdict), instant(b.WarnedAt)
		if b.Stranger {
			out.Stranger = new(true)
		}
	}
	return out
}
