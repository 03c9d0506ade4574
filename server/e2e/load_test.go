package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/app"
	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/e2e/rig"
)

// The school of the benchmarks.
const (
	loadPeople   = 200
	loadStations = 500
)

// BenchmarkBooking books over HTTP by the whole server, which waits for the disk at each commit. The generator is a process of
// its own on the same machine. 200 people book a quarter of an hour each on 500 stations:
//
//	saturated: each sends its next request when it has an answer
//	500-per-second: that many are offered, evenly; the times count from when each was due
//	500-per-second-keyed: the same with an Idempotency-Key, which costs two more writes
//
//	go test ./server/e2e -run '^$' -bench BenchmarkBooking -benchtime 1x
//
// TMPDIR says on which disk. Where others work, too, it measures them: `chrt -r 1` goes before for the processors, and nothing
// helps with the disk but TMPDIR=/dev/shm, which leaves it out.
func BenchmarkBooking(b *testing.B) {
	for _, driver := range []string{config.DriverPostgres, config.DriverSQLite} {
		b.Run(driver, func(b *testing.B) {
			_, l := crowdedSchool(b, durable(b, driver))
			for _, way := range []struct {
				name      string
				perSecond int
				keyed     bool
				lasts     time.Duration
			}{
				{"saturated", 0, false, 10 * time.Second},
				{"500-per-second", 500, false, 20 * time.Second},
				{"500-per-second-keyed", 500, true, 20 * time.Second},
			} {
				b.Run(way.name, func(b *testing.B) {
					l.PerSecond, l.Keyed, l.Warm, l.For = way.perSecond, way.keyed, 2*time.Second, way.lasts
					out := generate(b, l)
					l.First += out.Sent
					if out.Odd != "" || out.Counted == 0 {
						b.Errorf("%d bookings, and an answer was %q", out.Counted, out.Odd)
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(out.PerSecond, "bookings/s")
					for unit, took := range map[string]time.Duration{"p50-ms": out.P50, "p99-ms": out.P99, "max-ms": out.Most} {
						b.ReportMetric(float64(took.Microseconds())/1000, unit)
					}
				})
			}
		})
	}
}

// durable gives the URL of a PostgreSQL that waits for the disk; SQLite does anyhow, and has none.
func durable(b *testing.B, driver string) (dsn string) {
	b.Helper()
	if driver == config.DriverPostgres {
		dsn = rig.Postgres(b, rig.Durable)
	}
	return dsn
}

// crowdedSchool runs a server for the length of the benchmark, and gives a load without its shape.
func crowdedSchool(b *testing.B, dsn string) (*app.Server, *load) {
	b.Helper()
	cfg := config.Default()
	cfg.Server.Data, cfg.Server.Listen, cfg.MQTT.Listen = b.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	if dsn != "" {
		cfg.Database.Driver, cfg.Database.DSN = config.DriverPostgres, dsn
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	server, err := app.New(ctx, cfg, app.Options{Version: "e2e"}, discard())
	if err != nil {
		cancel()
		b.Fatal(err)
	}
	l := &load{Address: strings.TrimPrefix(server.URL(), "http://"), Clients: loadPeople, Midnight: time.Now().UTC().Truncate(24 * time.Hour)}
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Errorf("the server ended with %v", err)
		}
	})
	fill(b, server, l)
	return server, l
}

// fill imports the stations and people, and gives each person a token.
func fill(b *testing.B, server *app.Server, l *load) {
	b.Helper()
	stations, people := "site,room,kind,code\n", "login,name,role\n"
	for n := range loadStations {
		l.Stations = append(l.Stations, fmt.Sprintf("PC-%03d", n))
		stations += "SZ,B203,lab-pc," + l.Stations[n] + "\n"
	}
	for n := range loadPeople {
		people += fmt.Sprintf("student-%03d,Student %d,student\n", n, n)
	}
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"sites.csv": "code,name_en,time_zone\nSZ,Shenzhen,Asia/Shanghai\n", "rooms.csv": "site,code,name_en\nSZ,B203,Computer room\n",
		"kinds.csv": "code,name_en\nlab-pc,Lab PC\n", "stations.csv": stations, "people.csv": people,
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if _, err := server.Stores().Importer().Import(b.Context(), files, false); err != nil {
		b.Fatal(err)
	}
	accounts, err := account.New(server.Stores().Accounts, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	everybody, err := server.Stores().Accounts.People(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, person := range everybody {
		_, secret, err := accounts.CreateToken(b.Context(), account.SignedIn(person.ID, person.Role), "load", []account.Scope{account.ScopeBook}, time.Time{})
		if err != nil {
			b.Fatal(err)
		}
		l.Tokens = append(l.Tokens, secret)
	}
}

// A client in trouble sends the same wish 64 times at once, for 20 slots, to one server with SQLite, and to two with one
// PostgreSQL: each slot is booked once, and every other answer says that it is taken.
func TestOneWishSentManyTimesAtOnceIsOneBooking(t *testing.T) {
	const rounds, copies = 20, 64
	for _, driver := range []string{config.DriverSQLite, config.DriverPostgres} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			var houses []*house
			if driver == config.DriverPostgres {
				dsn := rig.Postgres(t)
				onPostgres := func(cfg *config.Config) { cfg.Database.Driver, cfg.Database.DSN = driver, dsn }
				houses = []*house{move(t, settings(t, onPostgres)), move(t, settings(t, onPostgres))}
			} else {
				houses = []*house{move(t, settings(t))}
			}
			li := token(t, houses[0].server, "li", []account.Scope{account.ScopeRead, account.ScopeBook})
			lines := make([]*line, copies)
			for n := range lines {
				var err error
				if lines[n], err = dial(strings.TrimPrefix(houses[n%len(houses)].url, "http://")); err != nil {
					t.Fatal(err)
				}
				defer lines[n].Close() //nolint:errcheck // read whole
			}
			wish := load{Tokens: []string{li}, Stations: []string{"PLC-01"}, Midnight: time.Now().UTC().Truncate(24 * time.Hour)}
			for round := range rounds {
				if booked, taken := allAtOnce(t, lines, wish.request(round)); booked != 1 || taken != copies-1 {
					t.Errorf("round %d: %d were booked and %d told that the slot is taken, want 1 and %d", round, booked, taken, copies-1)
				}
			}
			for _, h := range houses {
				if list := read[struct{ Items []any }](t, h.get("/api/v1/bookings?station=PLC-01&limit=1000")); len(list.Items) != rounds {
					t.Errorf("%d bookings are stored, want %d", len(list.Items), rounds)
				}
			}
		})
	}
}

// allAtOnce sends the same request on all lines and counts the answers 201, and 409 with the code slot_taken.
func allAtOnce(t *testing.T, lines []*line, request []byte) (booked, taken int) {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	start := make(chan struct{})
	for _, l := range lines {
		group.Go(func() {
			<-start
			status, body, err := l.ask(request)
			mu.Lock()
			defer mu.Unlock()
			var refusal struct{ Refusals []struct{ Code string } }
			switch {
			case err != nil:
				t.Error(err)
			case status == http.StatusCreated:
				booked++
			case status == http.StatusConflict && json.Unmarshal(body, &refusal) == nil && len(refusal.Refusals) > 0 && refusal.Refusals[0].Code == "slot_taken":
				taken++
			default:
				t.Errorf("%d %s", status, body)
			}
		})
	}
	close(start)
	group.Wait()
	return booked, taken
}
