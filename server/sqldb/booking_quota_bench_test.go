package sqldb

import (
	"fmt"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// pastBookings is how many bookings the person has who books in BenchmarkQuotaCheck.
const pastBookings = 10_000

// BenchmarkQuotaCheck books for somebody with 10,000 bookings, who has to wait for the disk: without a quota, with one for a week,
// and with one for a term that all 10,000 lie in. What a quota costs is the difference to none.
//
//	go test ./server/sqldb -run '^$' -bench QuotaCheck -benchtime 200x
func BenchmarkQuotaCheck(b *testing.B) {
	for _, driver := range []string{SQLite, Postgres} {
		for _, quota := range []struct {
			name   string
			window booking.QuotaWindow
			most   *int
		}{{"none", "", nil}, {"week", booking.WindowWeek, new(1_000_000)}, {"term", booking.WindowTerm, new(1_000_000)}} {
			b.Run(fmt.Sprintf("%s/quota=%s", driver, quota.name), func(b *testing.B) {
				db := openTest(b, durableConfig(b, driver))
				putSchool(b, db, benchSchool())
				store := NewBookings(db)
				if err := store.Import(b.Context(), booking.Bulk{Rows: past(), Now: bookingtest.Now()}); err != nil {
					b.Fatal(err)
				}
				docs := []booking.Document{booking.Term{ID: "term", Name: "term", Starts: "2026-07-01", Ends: "2027-01-31"}.Document()}
				if quota.most != nil {
					docs = append(docs, booking.Quota{ID: "q", Name: "q", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: quota.window, MostMinutes: quota.most}.Document())
				}
				if err := store.PutDocuments(b.Context(), docs); err != nil {
					b.Fatal(err)
				}
				settleDown(b, db)
				checkQuotas(b, db, booking.New(store, bookingtest.Now))
			})
		}
	}
}

// past gives the bookings of one person: 79 a day, a quarter of an hour each, in the 127 days before now.
func past() []booking.Booking {
	rows := make([]booking.Booking, pastBookings)
	for n := range rows { // the oldest first: SQLite's own check looks at whatever comes after a booking
		rows[n] = benchBooking(0)
		rows[n].StartsAt = bookingtest.At(-127+n/79, 0, 0).Add(time.Duration(n%79) * 15 * time.Minute)
		rows[n].EndsAt = rows[n].StartsAt.Add(15 * time.Minute)
	}
	return rows
}

// settleDown does what a PostgreSQL that has been running for a while has done by itself: an index alone answers only for pages
// that it has vacuumed.
func settleDown(b *testing.B, db *DB) {
	b.Helper()
	if db.dialect.name == Postgres {
		if _, err := db.pool.ExecContext(b.Context(), "VACUUM ANALYZE bookings"); err != nil {
			b.Fatal(err)
		}
	}
}

// checkQuotas times a reservation again and again, and takes each away.
func checkQuotas(b *testing.B, db *DB, s *booking.Service) {
	b.Helper()
	took := make([]time.Duration, 0, b.N)
	actor := account.SignedIn("person-000", account.RoleStudent)
	wish := booking.Request{StationID: "bench-000", StartsAt: bookingtest.At(1, 10, 0), EndsAt: bookingtest.At(1, 11, 0)}
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		made, err := s.Reserve(b.Context(), actor, wish)
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
		b.StopTimer()
		err = db.write(b.Context(), func(t *tx) error {
			_, err := t.exec("DELETE FROM bookings WHERE id = $1", made.ID)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.StopTimer()
	reportTimes(b, took)
}
