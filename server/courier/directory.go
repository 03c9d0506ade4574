package courier

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// Directory knows whom and what messages are about. An unknown id is fault.KindNotFound.
type Directory interface {
	// Person gives somebody to write to.
	Person(ctx context.Context, id string) (Person, error)
	// Readers tells who has the task when an effect names nobody, by id: those who approve, decide appeals and run rooms. What
	// it gives asks nothing any more: it may be called inside a transaction.
	Readers(ctx context.Context) (func(booking.Effect) []string, error)
	Station(ctx context.Context, id string) (Station, error)
	// Kind gives the name of a kind of station.
	Kind(ctx context.Context, id string) (equipment.Text, error)
	Booking(ctx context.Context, id string) (booking.Booking, error)
	// Stood reports whether a booking was ever confirmed: a request that nobody approved is in nobody's calendar.
	Stood(ctx context.Context, bookingID string) (bool, error)
	// Series gives the bookings of a series that end after that, the cancelled ones too.
	Series(ctx context.Context, id string, after time.Time) ([]booking.Booking, error)
}

// Person is somebody to write to.
type Person struct {
	Name     string
	Email    string // empty: none
	Disabled bool   // may not sign in any more: is not written to
	Language string // empty: not chosen
}

// Station is where it happened.
type Station struct {
	Code string
	Name equipment.Text // may be empty
	Room equipment.Text // its name
	Zone *time.Location
}

// Notice is a message for whoever sits at a station; the texts are keyed by language.
type Notice struct {
	ID        string
	Title     map[string]string
	Body      map[string]string
	ExpiresAt time.Time
}
