package sqldb

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/report"
)

// stays is a database with three stations, and words to put bookings into it past all rules.
type stays struct {
	t     *testing.T
	db    *DB
	store *Bookings
	today ledger.Day
}

func newStays(t *testing.T, cfg Config) *stays {
	t.Helper()
	s := &stays{t: t, db: openTest(t, cfg), today: ledger.DayOf(time.Now())}
	s.store = NewBookings(s.db)
	s.exec("INSERT INTO sites (id, code, name_en, name_zh, time_zone, version) VALUES ('site', 'S', '', '', 'UTC', 1)")
	s.exec("INSERT INTO rooms (id, site_id, code, name_en, name_zh, version) VALUES ('room', 'site', 'R', '', '', 1)")
	s.exec("INSERT INTO kinds (id, code, name_en, name_zh, version) VALUES ('kind', 'k', '', '', 1)")
	for _, id := range []string{"a", "b", "c"} {
		s.exec(`INSERT INTO stations (id, site_id, room_id, kind_id, code, name_en, name_zh, bookable, search, version)
			VALUES ($1, 'site', 'room', 'kind', $1, '', '', $2, '', 1)`, id, true)
	}
	s.exec(`INSERT INTO people (id, login, login_key, name, role, programme, language, password_hash, created_at, version)
		VALUES ('person', 'p', 'p', '', 'student', '', '', '', 0, 1)`)
	return s
}

func (s *stays) exec(query string, args ...any) {
	s.t.Helper()
	err := s.db.write(s.t.Context(), func(t *tx) error { _, err := t.exec(query, args...); return err })
	if err != nil {
		s.t.Fatal(err)
	}
}

// book puts a booking, from and until in hours from the start of today.
func (s *stays) book(id, station, status, purpose string, from, until float64) report.Occupation {
	s.t.Helper()
	start := s.today.Start()
	o := report.Occupation{
		StationID: station, Programme: "P-" + id, Class: purpose == "class",
		From: start.Add(time.Duration(from * float64(time.Hour))), Until: start.Add(time.Duration(until * float64(time.Hour))),
	}
	s.exec(`INSERT INTO bookings (id, station_id, person_id, programme, purpose, starts_at, ends_at, status, created_by, created_at, changed_at, version,
		occupied_until, charged_until) VALUES ($1, $2, 'person', $3, $4, $5, $6, $7, '', 0, 0, 1, $6, $6)`, id, station, o.Programme, purpose, o.From.Unix(), o.Until.Unix(), status)
	return o
}

func (s *stays) occupied(stations []string, from, until time.Time) []report.Occupation {
	s.t.Helper()
	var out []report.Occupation
	err := s.store.Occupied(s.t.Context(), stations, from, until, func(o *report.Occupation) error {
		out = append(out, *o)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return ordered(out)
}

func ordered(all []report.Occupation) []report.Occupation {
	slices.SortFunc(all, func(x, y report.Occupation) int {
		return cmp.Or(strings.Compare(x.StationID, y.StationID), x.From.Compare(y.From))
	})
	return all
}

func TestOccupiedGivesWhatOverlapsTheSpan(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		s := newStays(t, cfg)
		random := rand.New(rand.NewPCG(1, 2))
		var all []report.Occupation
		for _, station := range []string{"a", "b", "c"} {
			at := -24.0 * 9
			for n := 0; at < 48; n++ {
				length := float64(1+random.IntN(30)) / 4
				if random.IntN(20) == 0 {
					length += 40
				}
				id := fmt.Sprintf("%s%d", station, n)
				o := s.book(id, station, []string{"confirmed", "ended"}[n%2], []string{"practice", "class"}[random.IntN(2)], at, at+length)
				s.book(id+"x", station, "cancelled", "practice", at, at+length+1)
				all = append(all, o)
				at += length + float64(random.IntN(12))/4
			}
		}
		start := s.today.Start()
		for range 40 {
			from := start.Add(time.Duration(random.IntN(24*12)-24*10) * time.Hour)
			until := from.Add(time.Duration(1+random.IntN(60)) * time.Hour)
			for _, stations := range [][]string{nil, {"b"}, {"a", "c"}} {
				var want []report.Occupation
				for _, o := range all {
					if (stations == nil || slices.Contains(stations, o.StationID)) && o.From.Before(until) && o.Until.After(from) {
						want = append(want, o)
					}
				}
				if got := s.occupied(stations, from, until); !slices.Equal(got, ordered(want)) {
					t.Fatalf("%v of [%v, %v):\n%v, want\n%v", stations, from, until, got, want)
				}
			}
		}
		stop := errors.New("stop")
		if err := s.store.Occupied(t.Context(), nil, start.Add(-time.Hour), start, func(*report.Occupation) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("an error of each gives %v", err)
		}
	})
}

func TestAChangeToDaysLongPastRaisesTheirVersion(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		s := newStays(t, cfg)
		before := map[ledger.Day]int64{}
		// raised compares the days that got a new version, counted from today.
		raised := func(what string, days ...int) {
			t.Helper()
			now, err := s.store.OccupiedVersions(t.Context(), s.today-30, s.today+30)
			if err != nil {
				t.Fatal(err)
			}
			for day := s.today - 30; day < s.today+30; day++ {
				if got, want := now[day] > before[day], slices.Contains(days, int(day-s.today)); got != want || now[day] < before[day] {
					t.Errorf("%s: version of day %+d went from %d to %d", what, day-s.today, before[day], now[day])
				}
			}
			before = now
		}
		s.book("today", "a", "confirmed", "practice", 8, 10)
		s.book("yesterday", "a", "confirmed", "practice", -20, -18)
		raised("bookings of these days")
		s.book("old", "a", "confirmed", "practice", -24*5+8, -24*5+10)
		raised("a booking of five days ago", -5)
		s.book("long", "b", "ended", "class", -24*4-1, 30)
		raised("one that lasts until tomorrow", -5, -4, -3, -2)
		s.exec("UPDATE bookings SET changed_at = 5, version = 2 WHERE id = 'old'")
		raised("an update of nothing that matters")
		s.exec("UPDATE bookings SET starts_at = starts_at - $1, ends_at = ends_at - $1, occupied_until = occupied_until - $1 WHERE id = 'old'", 86400)
		raised("one that moved a day back", -6, -5)
		s.exec("UPDATE bookings SET status = 'cancelled' WHERE id = 'old'")
		raised("one that was cancelled", -6)
		s.exec("UPDATE bookings SET programme = 'other' WHERE id = 'today'")
		raised("another programme today")
		s.exec("DELETE FROM bookings WHERE id = 'long'")
		raised("one that was deleted", -5, -4, -3, -2)
		s.exec(`INSERT INTO bookings (id, station_id, person_id, programme, purpose, starts_at, ends_at, status, created_by, created_at, changed_at, version,
			occupied_until, charged_until)
			SELECT 'many' || b.day || '-' || n.n, 'c', 'person', '', 'practice', b.day * 86400 + n.n * 60, b.day * 86400 + n.n * 60 + 60, 'ended', '', 0, 0, 1, b.day * 86400 + n.n * 60 + 60, b.day * 86400 + n.n * 60 + 60
			FROM (SELECT CAST($1 AS BIGINT) AS day UNION SELECT CAST($2 AS BIGINT)) b CROSS JOIN (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) n`,
			int64(s.today-9), int64(s.today-7))
		raised("many at once", -9, -7)
	})
}
