package app

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// between gives the board the bookings of a time.
type between struct{ bookings *booking.Service }

func (b between) Between(ctx context.Context, stationIDs []string, from, until time.Time) ([]booking.Booking, error) {
	return b.bookings.List(ctx, booking.Filter{StationIDs: stationIDs, From: from, Until: until})
}
