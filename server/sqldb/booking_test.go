package sqldb

import (
	"testing"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/e2e/rig"
)

// bookingBackend opens two handles on one database, as two server processes would.
func bookingBackend(cfg Config) func(testing.TB, bookingtest.School) bookingtest.Backend {
	return func(tb testing.TB, s bookingtest.School) bookingtest.Backend {
		tb.Helper()
		first := openTest(tb, cfg)
		second := openTest(tb, cfg)
		putSchool(tb, first, s)
		return bookingtest.Backend{
			Stores: []booking.Store{NewBookings(first), NewBookings(second)},
			Put:    func(tb testing.TB, s bookingtest.School) { tb.Helper(); putSchool(tb, second, s) },
		}
	}
}

func TestBookingsKeepTheContract(t *testing.T) {
	t.Run(SQLite, func(t *testing.T) {
		bookingtest.RunStore(t, func(tb testing.TB, s bookingtest.School) bookingtest.Backend {
			return bookingBackend(liteConfig(tb))(tb, s)
		})
	})
	t.Run(Postgres, func(t *testing.T) {
		bookingtest.RunStore(t, func(tb testing.TB, s bookingtest.School) bookingtest.Backend {
			return bookingBackend(Config{Driver: Postgres, DSN: rig.Postgres(tb)})(tb, s)
		})
	})
}

// putSchool makes the tables hold this school; what has been there already stays if it can.
func putSchool(tb testing.TB, db *DB, s bookingtest.School) {
	tb.Helper()
	err := db.write(tb.Context(), func(t *tx) error {
		var all []statement
		add := func(text string, args ...any) { all = append(all, statement{text: text, args: args}) }
		for _, table := range []string{"opening_hours", "opening_exceptions", "outages"} {
			add("DELETE FROM " + table)
		}
		for _, x := range s.Sites {
			add(`INSERT INTO sites (id, code, name_en, name_zh, time_zone, version) VALUES ($1, $2, '', '', $3, 1)
				ON CONFLICT (id) DO UPDATE SET time_zone = excluded.time_zone`, x.ID, x.Code, x.TimeZone)
		}
		for _, x := range s.Rooms {
			add("INSERT INTO rooms (id, site_id, code, name_en, name_zh, version) VALUES ($1, $2, $3, '', '', 1) ON CONFLICT (id) DO NOTHING", x.ID, x.SiteID, x.Code)
		}
		for _, x := range s.Kinds {
			add("INSERT INTO kinds (id, code, name_en, name_zh, version) VALUES ($1, $2, '', '', 1) ON CONFLICT (id) DO NOTHING", x.ID, x.Code)
		}
		for _, x := range s.Stations {
			add(`INSERT INTO stations (id, site_id, room_id, kind_id, code, name_en, name_zh, bookable, search, version)
				VALUES ($1, $2, $3, $4, $5, '', '', $6, '', 1) ON CONFLICT (id) DO UPDATE SET bookable = excluded.bookable`,
				x.ID, x.SiteID, x.RoomID, x.KindID, x.Code, x.Bookable)
		}
		for _, x := range s.Hours {
			add("INSERT INTO opening_hours (id, site_id, room_id, weekday, opens, closes, valid_from, valid_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
				x.ID, x.SiteID, orNull(x.RoomID), int(x.Weekday), x.Opens, x.Closes, orNull(string(x.ValidFrom)), orNull(string(x.ValidUntil)))
		}
		for _, x := range s.Outages {
			add("INSERT INTO outages (id, station_id, starts_at, ends_at, reason, created_by, created_at, version) VALUES ($1, $2, $3, $4, '', '', 0, 1)",
				x.ID, x.StationID, x.StartsAt.Unix(), unix(x.EndsAt))
		}
		for _, x := range s.People {
			add(`INSERT INTO people (id, login, login_key, name, role, programme, language, password_hash, created_at, version)
				VALUES ($1, $2, $2, '', $3, $4, '', '', 0, 1) ON CONFLICT (id) DO NOTHING`, x.ID, x.Login, string(x.Role), x.Programme)
		}
		return t.send(all...)
	})
	if err != nil {
		tb.Fatal(err)
	}
}
