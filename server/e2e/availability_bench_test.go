package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/app"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/e2e/rig"
	"github.com/labtide/labtide/server/equipment"
)

// loadBookings is how many bookings the week has of which BenchmarkAvailability asks.
const loadBookings = 50_000

// BenchmarkAvailability asks over HTTP for the free time of 500 stations in a week that holds 50,000 bookings, and reads the answer:
// its first thousand intervals.
//
//	go test ./server/e2e -run '^$' -bench BenchmarkAvailability -benchtime 100x
func BenchmarkAvailability(b *testing.B) {
	for _, driver := range []string{config.DriverPostgres, config.DriverSQLite} {
		b.Run(driver, func(b *testing.B) {
			dsn := durable(b, driver)
			server, l := crowdedSchool(b, dsn)
			reader := fillWeek(b, server, l.Midnight.Add(24*time.Hour))
			if dsn != "" {
				rig.SettlePostgres(b, dsn)
			}
			wire, err := dial(l.Address)
			if err != nil {
				b.Fatal(err)
			}
			defer wire.Close() //nolint:errcheck // read whole
			from := l.Midnight.Add(24 * time.Hour)
			query := url.Values{"kind": {"lab-pc"}, "from": {from.Format(time.RFC3339)}, "to": {from.AddDate(0, 0, 7).Format(time.RFC3339)}, "limit": {"1000"}}
			request := fmt.Appendf(nil, "GET /api/v1/availability?%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", query.Encode(), l.Address, reader)
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if status, body, err := wire.ask(request); err != nil || status != http.StatusOK || len(body) < 100_000 {
					b.Fatalf("%d %.300s %v", status, body, err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			for unit, share := range map[string]float64{"p50-ms": 0.5, "p95-ms": 0.95, "p99-ms": 0.99} {
				b.ReportMetric(float64(took[int(float64(len(took)-1)*share)].Microseconds())/1000, unit)
			}
		})
	}
}

// fillWeek gives each station a hundred bookings, with three quarters of an hour between them, and one of the people, who has
// none of them, a token.
func fillWeek(b *testing.B, server *app.Server, from time.Time) (reader string) {
	b.Helper()
	people, err := server.Stores().Accounts.People(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	stations, err := server.Stores().Equipment.Stations(b.Context(), equipment.StationFilter{})
	if err != nil {
		b.Fatal(err)
	}
	rows := make([]booking.Booking, loadBookings)
	for n := range rows {
		starts := from.Add(time.Duration(n/len(stations)) * 90 * time.Minute)
		rows[n] = booking.Booking{
			StationID: stations[n%len(stations)].ID, PersonID: people[1+n%(len(people)-1)].ID, Purpose: booking.PurposePractice,
			StartsAt: starts, EndsAt: starts.Add(45 * time.Minute), Status: booking.StatusConfirmed, CreatedAt: from, ChangedAt: from,
		}
	}
	if err := server.Stores().Bookings.Import(b.Context(), booking.Bulk{Rows: rows, Now: time.Now(), Override: true}); err != nil {
		b.Fatal(err)
	}
	accounts, err := account.New(server.Stores().Accounts, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	_, reader, err = accounts.CreateToken(b.Context(), account.SignedIn(people[0].ID, people[0].Role), "asks", []account.Scope{account.ScopeRead, account.ScopeBook}, time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	return reader
}
