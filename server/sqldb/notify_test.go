package sqldb

import (
	"context"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// listen starts listening and gives what comes, until the test ends.
func listen(t *testing.T, b *Bookings) <-chan string {
	t.Helper()
	told := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Listen(ctx, func(id string) { told <- id }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("listen: %v", err)
		}
	})
	return told
}

// next waits for the next notice.
func next(t *testing.T, told <-chan string) string {
	t.Helper()
	select {
	case id := <-told:
		return id
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is told")
		return ""
	}
}

func TestAChangedBookingIsToldToEveryProcess(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		first := openTest(t, cfg)
		putSchool(t, first, bookingtest.NewSchool())
		writes := NewBookings(first)
		hears := writes
		if cfg.Driver == Postgres {
			hears = NewBookings(openTest(t, cfg))
		}
		told := listen(t, hears)
		if id := next(t, told); id != "" {
			t.Fatalf("first it is told %q", id)
		}
		s := booking.New(writes, bookingtest.Now)
		made, err := s.Reserve(t.Context(), bookingtest.Student(0), booking.Request{
			StationID: bookingtest.StationID(0), StartsAt: bookingtest.At(1, 10, 0), EndsAt: bookingtest.At(1, 11, 0),
		})
		if err != nil {
			t.Fatal(err)
		}
		if id := next(t, told); id != made.StationID {
			t.Errorf("a booking on %s told %q", made.StationID, id)
		}
		elsewhere := bookingtest.StationID(1)
		if _, err := s.Change(t.Context(), bookingtest.Student(0), made.ID, 0, booking.Change{StationID: &elsewhere}); err != nil {
			t.Fatal(err)
		}
		if a, b := next(t, told), next(t, told); a == b {
			t.Errorf("a move told %q and %q", a, b)
		}
	})
}

func TestListeningGoesOnWhenTheConnectionBreaks(t *testing.T) {
	onPostgres(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		told := listen(t, NewBookings(openTest(t, cfg)))
		next(t, told)
		_, err := db.pool.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
		if err != nil {
			t.Fatal(err)
		}
		if id := next(t, told); id != "" { // it cannot know what it missed
			t.Errorf("after the break it is told %q", id)
		}
		if _, err := db.pool.ExecContext(t.Context(), "SELECT pg_notify($1, 'station')", channel); err != nil {
			t.Fatal(err)
		}
		if id := next(t, told); id != "station" {
			t.Errorf("it is told %q", id)
		}
	})
}

func onPostgres(t *testing.T, test func(t *testing.T, cfg Config)) {
	t.Helper()
	onEach(t, func(t *testing.T, cfg Config) {
		if cfg.Driver == Postgres {
			test(t, cfg)
		}
	})
}
