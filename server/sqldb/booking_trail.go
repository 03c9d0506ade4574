package sqldb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// stood is what a line of the trail keeps of a booking.
type stood struct {
	StationID  string          `json:"station"`
	PersonID   string          `json:"person"`
	Programme  string          `json:"programme,omitempty"`
	Purpose    booking.Purpose `json:"purpose"`
	StartsAt   int64           `json:"starts_at"`
	EndsAt     int64           `json:"ends_at"`
	Status     booking.Status  `json:"status"`
	PlannedEnd int64           `json:"planned_end,omitempty"`
	TeamID     string          `json:"team,omitempty"`
	PartyID    string          `json:"party,omitempty"`
	SeriesID   string          `json:"series,omitempty"`
	Companions string          `json:"companions,omitempty"`
	Verdict    booking.Verdict `json:"verdict,omitempty"`
	Evidence   string          `json:"evidence,omitempty"`
	CheckIn    booking.CheckIn `json:"check_in,omitempty"`
}

func standing(b booking.Booking) stood {
	s := stood{
		StationID: b.StationID, PersonID: b.PersonID, Programme: b.Programme, Purpose: b.Purpose,
		StartsAt: b.StartsAt.Unix(), EndsAt: b.EndsAt.Unix(), Status: b.Status,
		TeamID: b.TeamID, PartyID: b.PartyID, SeriesID: b.SeriesID, Companions: b.Companions,
		Verdict: b.Verdict, Evidence: evidenceText(b.Evidence), CheckIn: b.CheckIn,
	}
	if !b.PlannedEnd.IsZero() {
		s.PlannedEnd = b.PlannedEnd.Unix()
	}
	return s
}

// Trail gives what happened to a booking, in order. Of what stood afterwards it has what people decided and
// saw; not CreatedBy, CreatedAt and what is kept for machines.
func (b *Bookings) Trail(ctx context.Context, bookingID string) ([]booking.Entry, error) {
	if !keyable(bookingID) {
		return nil, nil
	}
	out, err := list(b.db.direct(ctx), scanEntry, `SELECT `+entryColumns+` FROM booking_entries
		WHERE booking_id = $1 ORDER BY version`, bookingID)
	return out, translate(err)
}

func scanEntry(row scanner) (e booking.Entry, err error) {
	var at int64
	var after string
	if err := row.Scan(&e.BookingID, &e.After.Version, &at, &e.PersonID, &e.Act, &e.Reason, &after); err != nil {
		return e, err
	}
	e.At = time.Unix(at, 0).UTC()
	version := e.After.Version
	e.After, err = readStood(e.BookingID, after)
	e.After.Version, e.After.ChangedAt = version, e.At
	return e, err
}

// readStood reads what a line of the trail keeps of a booking.
func readStood(id, text string) (b booking.Booking, err error) {
	var s stood
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return b, err
	}
	b = booking.Booking{
		ID: id, StationID: s.StationID, PersonID: s.PersonID, Programme: s.Programme, Purpose: s.Purpose,
		StartsAt: time.Unix(s.StartsAt, 0).UTC(), EndsAt: time.Unix(s.EndsAt, 0).UTC(), Status: s.Status,
		TeamID: s.TeamID, PartyID: s.PartyID, SeriesID: s.SeriesID,
		Companions: s.Companions, Verdict: s.Verdict, CheckIn: s.CheckIn,
	}
	if b.Evidence, err = readEvidence(s.Evidence); err != nil {
		return b, err
	}
	if s.PlannedEnd != 0 {
		b.PlannedEnd = time.Unix(s.PlannedEnd, 0).UTC()
	}
	return b, nil
}
