package sqldb

import (
	"fmt"
	"slices"
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

// BenchmarkDecisions reserves, moves and cancels through all the rules. In the same run, on the same database, raw-insert stores
// the same rows without asking anybody: the goal is half of its rate.
//
//	go test ./server/sqldb -run '^$' -bench Decisions -benchtime 20000x
func BenchmarkDecisions(b *testing.B) {
	for _, driver := range []string{SQLite, Postgres} {
		for _, callers := range []int{1, 200} {
			b.Run(fmt.Sprintf("%s/callers=%d", driver, callers), func(b *testing.B) { benchDecisions(b, driver, callers) })
		}
	}
}

func benchDecisions(b *testing.B, driver string, callers int) {
	db := openTest(b, durableConfig(b, driver))
	putSchool(b, db, benchSchool())
	s := booking.New(NewBookings(db), bookingtest.Now)
	as := func(x booking.Booking) account.Actor { return account.SignedIn(x.PersonID, account.RoleStudent) }
	var ids []string
	b.Run("raw-insert", func(b *testing.B) {
		run(b, callers, func(n int) error { return rawInsert(b, db, benchBooking(n)) })
		emptyBookings(b, db)
	})
	b.Run("reserve", func(b *testing.B) {
		ids = make([]string, b.N)
		emptyBookings(b, db)
		run(b, callers, func(n int) error {
			x := benchBooking(n)
			made, err := s.Reserve(b.Context(), as(x), booking.Request{StationID: x.StationID, StartsAt: x.StartsAt, EndsAt: x.EndsAt})
			ids[n] = made.ID
			return err
		})
	})
	b.Run("move", func(b *testing.B) { // a fortnight on, where nobody is
		run(b, callers, func(n int) error {
			x := benchBooking(n % len(ids))
			from, until := x.StartsAt.AddDate(0, 0, 1000+14*(n/len(ids))), x.EndsAt.AddDate(0, 0, 1000+14*(n/len(ids)))
			_, err := s.Change(b.Context(), bookingtest.Instructor(), ids[n%len(ids)], 0, booking.Change{StartsAt: &from, EndsAt: &until, Override: true})
			return err
		})
	})
	b.Run("cancel", func(b *testing.B) {
		run(b, callers, func(n int) error {
			_, err := s.Cancel(b.Context(), as(benchBooking(n%len(ids))), ids[n%len(ids)], 0)
			return err
		})
	})
}

// rawInsert stores a row in a transaction of its own, as fast as the database takes it.
func rawInsert(b *testing.B, db *DB, x booking.Booking) error {
	text, values := insertInto("bookings", bookingColumns), bookingValues(x)
	if db.dialect.name == Postgres {
		_, err := db.direct(b.Context()).exec(text, values...)
		return err
	}
	return db.write(b.Context(), func(t *tx) error {
		_, err := t.exec(text, values...)
		return err
	})
}

func emptyBookings(b *testing.B, db *DB) {
	b.Helper()
	if _, err := db.writeOne(b.Context(), "DELETE FROM bookings"); err != nil {
		b.Fatal(err)
	}
}

func durableConfig(b *testing.B, driver string) Config {
	b.Helper()
	if driver == SQLite {
		return liteConfig(b)
	}
	return Config{Driver: Postgres, DSN: rig.Postgres(b, rig.Durable)}
}

// run calls op with 0, 1, … b.N-1 from so many goroutines.
func run(b *testing.B, callers int, op func(n int) error) {
	b.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for range callers {
		group.Go(func() {
			for n := next.Add(1) - 1; n < int64(b.N); n = next.Add(1) - 1 {
				began := time.Now()
				if err := op(int(n)); err != nil {
					b.Error(err)
					return
				}
				took[n] = time.Since(began)
			}
		})
	}
	group.Wait()
	b.StopTimer()
	reportTimes(b, took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// reportTimes reports what half, and all but one in a hundred, took at most.
func reportTimes(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	for unit, share := range map[string]float64{"p50-ms": 0.5, "p95-ms": 0.95, "p99-ms": 0.99} {
		b.ReportMetric(float64(took[int(float64(len(took)-1)*share)].Microseconds())/1000, unit)
	}
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
//
//	go test ./server/sqldb -run '^$' -bench Availability -benchtime 100x
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
			if err := store.Import(b.Context(), booking.Bulk{Rows: rows, Now: bookingtest.Now(), Override: true}); err != nil {
				b.Fatal(err)
			}
			settleDown(b, db)
			s := booking.New(store, bookingtest.Now)
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				free, err := s.Availability(b.Context(), account.SignedIn("person-000", account.RoleStudent), booking.Query{From: bookingtest.At(1, 0, 0), Until: bookingtest.At(8, 0, 0)})
				if err != nil || len(free) < benchStations {
					b.Fatal(len(free), err)
				}
				took = append(took, time.Since(began))
			}
			reportTimes(b, took)
		})
	}
}
