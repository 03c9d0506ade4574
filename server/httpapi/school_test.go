package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/live"
	"github.com/labtide/labtide/server/report"
	"github.com/labtide/labtide/server/sqldb"
	"github.com/labtide/labtide/server/telemetry"
	"github.com/labtide/labtide/server/telemetry/telemetrytest"
	"github.com/labtide/labtide/server/webhook"
)

// school is a whole server over SQLite: two rooms, three stations, four people with a token each.
type school struct {
	*Server
	t        testing.TB
	deps     Deps
	accounts *account.Service
	board    *live.Board
	told     *courier.Worker
	stations []equipment.Station
	people   map[account.Role]account.Person
	tokens   map[account.Role]string
	mu       sync.Mutex
	at       time.Time
}

const password = "correct horse battery"

// monday is when the tests happen: 09:00 in Shenzhen.
var monday = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

var passwordHash = sync.OnceValue(func() string {
	s, err := account.New(nil, time.Now)
	if err != nil {
		panic(err)
	}
	hash, err := s.HashPassword(context.Background(), password)
	if err != nil {
		panic(err)
	}
	return hash
})

func (s *school) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *school) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
}

// boardBookings gives the board what it asks of bookings.
type boardBookings struct{ *sqldb.Bookings }

func (b boardBookings) Between(ctx context.Context, stationIDs []string, from, until time.Time) ([]booking.Booking, error) {
	return b.Active(ctx, stationIDs, "", from, until)
}

func newSchool(t testing.TB, change ...func(*Config, *Deps)) *school {
	t.Helper()
	s := &school{t: t, at: monday, people: map[account.Role]account.Person{}, tokens: map[account.Role]string{}}
	log := slog.New(slog.DiscardHandler)
	db, err := sqldb.Open(t.Context(), sqldb.Config{Driver: sqldb.SQLite, DSN: filepath.Join(t.TempDir(), "labtide.db")}, log)
	s.must(err)
	t.Cleanup(func() { _ = db.Close() })
	register, bookings, people := sqldb.NewEquipment(db), sqldb.NewBookings(db), sqldb.NewAccounts(db)
	s.accounts, err = account.New(people, s.clock)
	s.must(err)
	reports := report.New(report.Sources{Register: register, Bookings: bookings, Ledger: sqldb.NewLedger(db), Now: s.clock})
	s.board = live.New(live.Sources{
		Register: register, States: sqldb.NewStates(db), People: people, Bookings: boardBookings{bookings}, Days: reports, Reports: bookings, Now: s.clock,
	}, log)
	registers := courier.Registers{People: people, Places: register, Book: bookings}
	s.told = courier.New(courier.Config{PublicURL: "http://labtide.test", Language: courier.Chinese}, courier.Deps{
		Store: sqldb.NewCourier(db), Directory: registers, Now: s.clock, Log: log,
		Poster: webhook.New(webhook.Config{Timeout: 5 * time.Second, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/16")}}, s.clock),
	})
	s.deps = Deps{
		Messages: s.told.Desk(),
		Feeds: courier.NewFeeds(courier.Config{PublicURL: "http://labtide.test", Language: courier.Chinese}, courier.FeedSources{
			Feeds: sqldb.NewCourier(db), Directory: registers, Bookings: bookings.List, Active: bookings.Active, Series: bookings.SeriesByID, Room: registers.Room,
		}, s.clock),
		Accounts: s.accounts, Sessions: sqldb.NewSessions(db), Equipment: register, Bookings: booking.New(bookings, s.clock),
		Charter: booking.NewCharter(bookings, register, people, s.clock),
		Samples: telemetry.NewService(telemetrytest.NewMemory(), register, s.clock), States: sqldb.NewStates(db),
		Board: s.board, Reports: reports, Idempotency: sqldb.NewIdempotency(db),
		Labels:  equipment.NewLabelKeys([]byte("a secret of the school")),
		Checks:  []Check{{Name: "database", Check: db.Ping}},
		Metrics: prometheus.NewRegistry(), Dashboard: testDashboard(), Changed: s.board.Touch, Now: s.clock, Log: log,
	}
	cfg := Config{Listen: "127.0.0.1:0", PublicURL: "http://labtide.test", Version: "test", RequestsPerSec: -1}
	for _, change := range change {
		change(&cfg, &s.deps)
	}
	s.fill(t.Context(), people, register)
	s.Server, err = New(cfg, s.deps)
	s.must(err)
	s.live()
	return s
}

func (s *school) live() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.board.Run(ctx)
	}()
	s.t.Cleanup(func() { stop(); <-done; s.stop() })
	_, err := s.board.Snapshot(s.t.Context(), "")
	s.must(err)
}

func (s *school) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *school) fill(ctx context.Context, people account.Store, register equipment.Store) {
	for _, role := range account.Roles() {
		p, err := people.PutPerson(ctx, account.Person{
			Login: string(role), Name: "The " + string(role), Role: role, Programme: "mechatronics", PasswordHash: passwordHash(), CreatedAt: monday,
		})
		s.must(err)
		s.people[role] = p
		_, secret, err := s.accounts.CreateToken(ctx, account.SignedIn(p.ID, role), "test", account.Scopes(), time.Time{})
		s.must(err)
		s.tokens[role] = secret
	}
	site, err := register.PutSite(ctx, equipment.Site{Code: "MAIN", Name: equipment.Text{En: "Main", Zh: "主校区"}, TimeZone: "Asia/Shanghai"})
	s.must(err)
	kind, err := register.PutKind(ctx, equipment.Kind{Code: "plc-bench", Name: equipment.Text{En: "PLC bench", Zh: "PLC 实训台"}})
	s.must(err)
	for _, code := range []string{"R1", "R2"} {
		room, err := register.PutRoom(ctx, equipment.Room{SiteID: site.ID, Code: code, Name: equipment.Text{En: code}})
		s.must(err)
		for _, number := range map[string][]string{"R1": {"PLC-01", "PLC-02"}, "R2": {"PLC-03"}}[code] {
			station, err := register.PutStation(ctx, equipment.Station{SiteID: site.ID, RoomID: room.ID, KindID: kind.ID, Code: number, Bookable: true})
			s.must(err)
			s.stations = append(s.stations, station)
		}
	}
}

func testDashboard() fs.FS {
	return fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>Labtide</title>")},
		"mark.svg":              {Data: []byte("<svg/>")},
		"assets/index-abc12.js": {Data: []byte(strings.Repeat("console.log('labtide');", 200))},
	}
}

// answered is an answer that has been read.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func (a answered) json(t testing.TB) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("not JSON: %v: %s", err, a.body)
	}
	return out
}

// code gives the problem's code; "" when it is none.
func (a answered) code() string {
	var p Problem
	_ = json.Unmarshal(a.body, &p)
	return p.Code
}

// ask sends a request; headers are pairs. A body that is a string is sent as it is.
func (s *school) ask(role account.Role, method, path string, body any, headers ...string) answered {
	s.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		s.must(err)
		reader = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(method, path, reader)
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+s.tokens[role])
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.send(r)
}

func (s *school) send(r *http.Request) answered {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return answered{status: w.Code, header: w.Header(), body: w.Body.Bytes()}
}

// want fails unless the status is the wanted one, and a problem has the wanted code.
func (a answered) want(t testing.TB, status int, code ...string) answered {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if len(code) > 0 && a.code() != code[0] {
		t.Fatalf("code %q, want %q: %s", a.code(), code[0], a.body)
	}
	if status >= http.StatusBadRequest && a.header.Get("Content-Type") != problemType {
		t.Fatalf("content type %q, want a problem", a.header.Get("Content-Type"))
	}
	return a
}

// slotBody is a booking of a station, from so many hours after now, for one hour.
func (s *school) slotBody(station string, hours int) map[string]any {
	from := s.clock().Add(time.Duration(hours) * time.Hour)
	return map[string]any{"station": station, "starts_at": from.Format(time.RFC3339), "ends_at": from.Add(time.Hour).Format(time.RFC3339)}
}
