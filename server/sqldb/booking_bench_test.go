package sqldb

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/e2e/rig"
	"github.com/labtide/labtide/server/equipment"
)

// benchStations is how many stations, and people, the school of the benchmarks has.
const benchStations = 500

// BenchmarkReserve books one free slot after another, through all the rules. Beside it, BenchmarkRawInsert stores the same rows
// without asking anybody; the goal is half of its rate.
func BenchmarkReserve(b *testing.B) {
	eachBench(b, func(b *testing.B, db *DB, callers int) {
		s := booking.New(NewBookings(db), bookingtest.Now)
		run(b, callers, func(n int) error {
			x := benchBooking(n)
			_, err := s.Reserve(b.Context(), account.SignedIn(x.PersonID, account.RoleStudent), booking.Request{
				StationID: x.StationID, StartsAt: x.StartsAt, EndsAt: x.EndsAt,
			})
			return err
		})
	})
}

func BenchmarkRawInsert(b *testing.B) {
	eachBench(b, func(b *testing.B, db *DB, callers int) {
		run(b, callers, func(n int) error {
			values := bookingValues(benchBooking(n))
			if db.dialect.name == Postgres { // one statement, its own transaction
				_, err := db.direct(b.Context()).exec(insertInto("bookings", bookingColumns), values...)
				return err
			}
			return db.write(b.Context(), func(t *tx) error {
				_, err := t.exec(insertInto("bookings", bookingColumns), values...)
				return err
			})
		})
	})
}

func eachBench(b *testing.B, measure func(b *testing.B, db *DB, callers int)) {
	b.Helper()
	configs := map[string]func(b *testing.B) Config{
		SQLite: func(b *testing.B) Config { b.Helper(); return liteConfig(b) },
		Postgres: func(b *testing.B) Config {
			b.Helper()
			return Config{Driver: Postgres, DSN: rig.Postgres(b, rig.Durable)}
		},
	}
	for _, driver := range []string{SQLite, Postgres} {
		for _, callers := range []int{1, 200} {
			b.Run(fmt.Sprintf("%s/callers=%d", driver, callers), func(b *testing.B) {
				db := openTest(b, configs[driver](b))
				putSchool(b, db, benchSchool())
				b.ResetTimer()
				measure(b, db, callers)
			})
		}
	}
}

// run calls op with 0, 1, … b.N-1 from so many goroutines.
func run(b *testing.B, callers int, op func(n int) error) {
	b.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for n := next.Add(1) - 1; n < int64(b.N); n = next.Add(1) - 1 {
				if err := op(int(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bookings/s")
}

// benchBooking gives the n-th of 500 × 14 × 56 quarters of an hour.
func benchBooking(n int) booking.Booking {
	station, slot := n%benchStations, n/benchStations
	from := bookingtest.At(1+slot/56, 8, 0).Add(time.Duration(slot%56) * 15 * time.Minute)
	return booking.Booking{
		ID: NewID(), StationID: fmt.Sprintf("bench-%03d", station), PersonID: fmt.Sprintf("person-%03d", station), Purpose: booking.PurposePractice,
		StartsAt: from, EndsAt: from.Add(15 * time.Minute), Status: booking.StatusConfirmed, CreatedAt: bookingtest.Now(), ChangedAt: bookingtest.Now(), Version: 1,
	}
}

func benchSchool() bookingtest.School {
	s := bookingtest.NewSchool()
	s.Stations, s.People = nil, nil
	for n := range benchStations {
		s.Stations = append(s.Stations, equipment.Station{
			ID: fmt.Sprintf("bench-%03d", n), SiteID: "site", RoomID: "room-a", KindID: "kind-plc", Code: fmt.Sprintf("B-%03d", n), Bookable: true,
		})
		id := fmt.Sprintf("person-%03d", n)
		s.People = append(s.People, account.Person{ID: id, Login: id, Role: account.RoleStudent})
	}
	return s
}

// BenchmarkAvailability asks for all free time of 500 stations in a week that holds 50,000 bookings.
func BenchmarkAvailability(b *testing.B) {
	for _, driver := range []string{SQLite, Postgres} {
		b.Run(driver, func(b *testing.B) {
			cfg := liteConfig(b)
			if driver == Postgres {
				cfg = Config{Driver: Postgres, DSN: rig.Postgres(b)}
			}
			db := openTest(b, cfg)
			putSchool(b, db, benchSchool())
			rows := make([]booking.Booking, 50_000)
			for n := range rows {
				rows[n] = benchBooking(n)
				// A hundred for each station from Tuesday to Monday, 8:00 to 22:00: an hour each, but for the breaks between them.
				slot := n / benchStations
				rows[n].StartsAt = bookingtest.At(1+slot/15, 8, 0).Add(time.Duration(slot%15) * 55 * time.Minute).Truncate(15 * time.Minute)
				rows[n].EndsAt = rows[n].StartsAt.Add(time.Duration(1+(n+slot)%2) * 15 * time.Minute)
			}
			store := NewBookings(db)
			if err := store.Import(b.Context(), rows); err != nil {
				b.Fatal(err)
			}
			s := booking.New(store, bookingtest.Now)
			b.ResetTimer()
			for b.Loop() {
				free, err := s.Availability(b.Context(), account.SignedIn("person-000", account.RoleStudent), booking.Query{From: bookingtest.At(1, 0, 0), Until: bookingtest.At(8, 0, 0)})
				if err != nil || len(free) < benchStations {
					b.Fatal(len(free), err)
				}
			}
		})
	}
}
