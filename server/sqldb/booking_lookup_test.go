package sqldb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/fault"
)

func TestOfManyWhoLookAtBookingsAtOnceEachSeesTheirOwn(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		b := NewBookings(db)
		var rows []booking.Booking
		for n := range 20 {
			from := bookingtest.At(1, 8, 0).Add(time.Duration(n) * 15 * time.Minute)
			rows = append(rows, booking.Booking{
				ID: fmt.Sprint("b", n), StationID: bookingtest.StationID(0), PersonID: bookingtest.StudentID(n), Purpose: booking.PurposePractice,
				StartsAt: from, EndsAt: from.Add(15 * time.Minute), Status: booking.StatusConfirmed, Version: 1,
			})
		}
		if err := b.Import(t.Context(), booking.Bulk{Rows: rows, Now: bookingtest.Now(), Override: true}); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		var group sync.WaitGroup
		for n := range 200 {
			group.Go(func() {
				id := fmt.Sprint("b", n%25)
				switch found, err := b.ByID(t.Context(), id); {
				case n%25 >= len(rows) && fault.CodeOf(err) != "booking_unknown":
					t.Errorf("%s is %+v, %v; there is none", id, found, err)
				case n%25 < len(rows) && (err != nil || found.ID != id || found.PersonID != bookingtest.StudentID(n%25)):
					t.Errorf("%s is %+v, %v", id, found, err)
				}
			})
			group.Go(func() {
				if _, err := b.ByID(gone, "b1"); !errors.Is(err, context.Canceled) {
					t.Errorf("who has given up got %v", err)
				}
			})
		}
		group.Wait()
	})
}
