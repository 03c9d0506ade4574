package csvimport

import (
	"context"
	"errors"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// bookings brings in those that are not there yet: what is alike in station, person, times and status is the same booking.
func (w *writer) bookings(ctx context.Context) error {
	if len(w.data.bookings) == 0 {
		return nil
	}
	rows := make([]booking.Booking, len(w.data.bookings))
	for i, b := range w.data.bookings {
		b.v.StationID, _ = w.known.stations.find("station", b.v.station)
		b.v.PersonID, _ = w.known.people.find("person", login(b.v.person))
		rows[i] = b.v.Booking
	}
	there, err := w.there(ctx, rows)
	if err != nil {
		return err
	}
	missing, origin := make([]booking.Booking, 0, len(rows)), make([]row, 0, len(rows))
	for i, b := range rows {
		if !there[alike(b)] {
			missing, origin = append(missing, b), append(origin, w.data.bookings[i].row)
		}
	}
	err = w.Bookings.Import(ctx, booking.Bulk{Rows: missing, Now: time.Now().UTC(), Override: w.Override})
	var refused *booking.ImportError
	if !errors.As(err, &refused) {
		return err
	}
	for _, f := range refused.Faults {
		origin[f.Row].fault("starts_at", "%s", f.Detail)
	}
	return w.data.faults
}

// there gives what is stored in the time that the rows span.
func (w *writer) there(ctx context.Context, rows []booking.Booking) (map[sameness]bool, error) {
	from, until := rows[0].StartsAt, rows[0].EndsAt
	for _, b := range rows {
		if b.StartsAt.Before(from) {
			from = b.StartsAt
		}
		if b.EndsAt.After(until) {
			until = b.EndsAt
		}
	}
	stored, err := w.Bookings.List(ctx, booking.Filter{From: from, Until: until})
	if err != nil {
		return nil, err
	}
	out := make(map[sameness]bool, len(stored))
	for _, b := range stored {
		out[alike(b)] = true
	}
	return out, nil
}

// sameness is what makes two rows one booking.
type sameness struct {
	station, person string
	from, until     time.Time
	status          booking.Status
}

func alike(b booking.Booking) sameness {
	return sameness{b.StationID, b.PersonID, b.StartsAt.UTC(), b.EndsAt.UTC(), b.Status}
}
