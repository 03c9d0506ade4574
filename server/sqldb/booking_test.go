package sqldb

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// bookingBackend opens two handles on one database, as two server processes would.
func bookingBackend(cfg Config) func(testing.TB, bookingtest.School) bookingtest.Backend {
	return func(tb testing.TB, s bookingtest.School) bookingtest.Backend {
		tb.Helper()
		return backendOn(tb, openTest(tb, cfg), openTest(tb, cfg), s)
	}
}

func backendOn(tb testing.TB, first, second *DB, s bookingtest.School) bookingtest.Backend {
	tb.Helper()
	putSchool(tb, first, s)
	return bookingtest.Backend{
		Stores: []booking.Store{NewBookings(first), NewBookings(second)},
		Put:    func(tb testing.TB, s bookingtest.School) { tb.Helper(); putSchool(tb, second, s) },
	}
}

func TestBookingsKeepTheContract(t *testing.T) {
	t.Run(SQLite, func(t *testing.T) {
		bookingtest.RunStore(t, func(tb testing.TB, s bookingtest.School) bookingtest.Backend {
			return bookingBackend(liteConfig(tb))(tb, s)
		})
	})
	t.Run(Postgres, func(t *testing.T) {
		cfg := postgresConfig(t)
		first, second := openTest(t, cfg), openTest(t, cfg)
		empty := emptying(t, first)
		bookingtest.RunStore(t, func(tb testing.TB, s bookingtest.School) bookingtest.Backend {
			empty(tb)
			return backendOn(tb, first, second, s)
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
		for _, x := range s.Exceptions {
			add("INSERT INTO opening_exceptions (id, site_id, room_id, day, closed, opens, closes, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
				x.ID, x.SiteID, orNull(x.RoomID), string(x.Day), x.Closed, x.Opens, x.Closes, x.Reason)
		}
		for _, x := range s.Outages {
			add("INSERT INTO outages (id, station_id, starts_at, ends_at, reason, created_by, created_at, version) VALUES ($1, $2, $3, $4, '', '', 0, 1)",
				x.ID, x.StationID, x.StartsAt.Unix(), unix(x.EndsAt))
		}
		for _, x := range s.People {
			add(`INSERT INTO people (id, login, login_key, name, role, programme, language, unnamed, password_hash, created_at, version)
				VALUES ($1, $2, $2, '', $3, $4, '', $5, '', 0, 1) ON CONFLICT (id) DO UPDATE SET unnamed = excluded.unnamed`,
				x.ID, x.Login, string(x.Role), x.Programme, x.Unnamed)
		}
		add("DELETE FROM team_members")
		for _, x := range s.Teams {
			add(`INSERT INTO teams (id, code, name, programme, disabled_at, version) VALUES ($1, $2, $3, $4, $5, 1)
				ON CONFLICT (id) DO UPDATE SET disabled_at = excluded.disabled_at`, x.ID, x.Code, x.Name, x.Programme, unix(x.DisabledAt))
			for _, m := range x.Members {
				add("INSERT INTO team_members (team_id, person_id, captain) VALUES ($1, $2, $3)", x.ID, m.PersonID, m.Captain)
			}
		}
		add("DELETE FROM qualifications")
		for _, x := range s.Qualifications {
			add(`INSERT INTO qualifications (id, person_id, kind_id, granted_by, granted_at, expires_at, last_used_at, revoked_at, revoked_by, note, version)
				VALUES ($1, $2, $3, '', $4, $5, $6, $7, '', '', 1)`,
				x.ID, x.PersonID, x.KindID, x.GrantedAt.Unix(), unix(x.ExpiresAt), unix(x.LastUsedAt), unix(x.RevokedAt))
		}
		return t.send(all...)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestDecisionsThatShareATransactionDoNotPayForEachOther(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		b := NewBookings(db)
		broken := errors.New("no")
		write := func(id string, station int, fail error) *decision {
			x := booking.Booking{
				ID: id, StationID: bookingtest.StationID(station), PersonID: bookingtest.StudentID(0), Purpose: booking.PurposePractice,
				StartsAt: bookingtest.At(1, 10, 0), EndsAt: bookingtest.At(1, 11, 0), Status: booking.StatusConfirmed, Version: 1,
			}
			return &decision{caller: calling(t.Context()), ask: booking.Ask{StationIDs: []string{x.StationID}}, decide: func(booking.View) (booking.Write, error) {
				return booking.Write{Insert: []booking.Booking{x}}, fail
			}}
		}
		nobody := write("of nobody", 3, nil)
		inner := nobody.decide
		nobody.decide = func(v booking.View) (booking.Write, error) {
			w, err := inner(v)
			w.Insert[0].PersonID = "nobody"
			return w, err
		}
		batch := []*decision{write("one", 0, nil), write("forgets", 0, nil), write("two", 1, nil), write("fails", 2, broken), nobody}
		b.together(batch)
		if batch[0].err != nil || !errors.Is(batch[1].err, booking.ErrOverlap) || batch[2].err != nil || !errors.Is(batch[3].err, broken) || batch[4].err == nil {
			t.Errorf("the answers are %v, %v, %v, %v, %v", batch[0].err, batch[1].err, batch[2].err, batch[3].err, batch[4].err)
		}
		all, err := b.Active(t.Context(), nil, "", bookingtest.At(0, 0, 0), bookingtest.At(9, 0, 0))
		if err != nil || len(all) != 2 {
			t.Errorf("stored %v, %v", all, err)
		}
	})
}

func TestADecisionThatWaitsForALockThatAnotherProcessHoldsIsMadeAfterwards(t *testing.T) {
	onPostgres(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		other, err := db.pool.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Rollback() //nolint:errcheck // committed below
		if _, err := other.ExecContext(t.Context(), "SELECT id FROM stations WHERE id = $1 FOR NO KEY UPDATE", bookingtest.StationID(0)); err != nil {
			t.Fatal(err)
		}
		s := booking.New(NewBookings(db), bookingtest.Now)
		reserve := func(station int) error {
			_, err := s.Reserve(t.Context(), bookingtest.Student(station), booking.Request{
				StationID: bookingtest.StationID(station), StartsAt: bookingtest.At(1, 10, 0), EndsAt: bookingtest.At(1, 11, 0),
			})
			return err
		}
		waits := make(chan error, 1)
		go func() { waits <- reserve(0) }()
		for waiting := 0; waiting == 0; { // until it stands in the queue of the lock
			err := db.pool.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").Scan(&waiting)
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := reserve(1); err != nil {
			t.Errorf("another station meanwhile: %v", err)
		}
		select {
		case err := <-waits:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
		x := bookingtest.At(1, 10, 30).Unix()
		if _, err := other.ExecContext(t.Context(), `INSERT INTO bookings (id, station_id, person_id, programme, purpose,
			starts_at, ends_at, status, created_by, created_at, changed_at, version, occupied_until, charged_until)
			VALUES ('first', $1, $2, '', 'practice', $3, $4, 'confirmed', '', 0, 0, 1, $4, $4)`, bookingtest.StationID(0), bookingtest.StudentID(9), x, x+900); err != nil {
			t.Fatal(err)
		}
		if err := other.Commit(); err != nil {
			t.Fatal(err)
		}
		var refused *booking.Refused
		if err := <-waits; !errors.As(err, &refused) || refused.Refusals[0].Code != booking.CodeSlotTaken {
			t.Errorf("it got %v, want a refusal: it must see what was written while it waited", err)
		}
	})
}

func TestADecisionSeesWhatThoseBeforeItInTheSameTransactionHaveWritten(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		b := NewBookings(db)
		from, until := bookingtest.At(1, 10, 0), bookingtest.At(1, 11, 0)
		ask := booking.Ask{PersonIDs: []string{bookingtest.StudentID(0)}, BookingIDs: []string{"x"}, From: from, Until: until}
		x := booking.Booking{
			ID: "x", StationID: bookingtest.StationID(0), PersonID: bookingtest.StudentID(0), Purpose: booking.PurposePractice,
			StartsAt: from, EndsAt: until, Status: booking.StatusConfirmed, Version: 1,
		}
		if err := b.Decide(t.Context(), ask, func(booking.View) (booking.Write, error) {
			return booking.Write{Insert: []booking.Booking{x}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		var seen []string
		look := func(change func(*booking.Booking)) *decision {
			return &decision{caller: calling(t.Context()), ask: ask, decide: func(v booking.View) (booking.Write, error) {
				for _, taken := range v.Taken {
					seen = append(seen, taken.ID+" on "+taken.StationID)
				}
				seen = append(seen, "stands on "+v.Bookings["x"].StationID+" "+string(v.Bookings["x"].Status))
				if change == nil {
					return booking.Write{}, nil
				}
				change(&x)
				return booking.Write{Update: []booking.Booking{x}}, nil
			}}
		}
		b.together([]*decision{
			look(func(x *booking.Booking) { x.StationID = bookingtest.StationID(1) }),
			look(func(x *booking.Booking) { x.Status = booking.StatusCancelled }),
			look(nil),
		})
		want := []string{
			"x on station-00", "stands on station-00 confirmed", "x on station-01", "stands on station-01 confirmed", "stands on station-01 cancelled",
		}
		if !slices.Equal(seen, want) {
			t.Errorf("seen: %q", seen)
		}
		x.Status = booking.StatusConfirmed
		b.together([]*decision{
			look(func(x *booking.Booking) { x.StationID = bookingtest.StationID(2) }),
			look(func(x *booking.Booking) { x.StationID = bookingtest.StationID(1) }),
		})
		if stored, err := b.ByID(t.Context(), "x"); err != nil || stored.StationID != bookingtest.StationID(1) || stored.Status != booking.StatusConfirmed {
			t.Errorf("stored is %+v, %v", stored, err)
		}
	})
}

func TestABudgetOfADecisionCountsWhatTheDecisionsBeforeItHaveWritten(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		b := NewBookings(db)
		booked := func(id string, hour int) booking.Booking {
			return booking.Booking{
				ID: id, StationID: bookingtest.StationID(0), PersonID: bookingtest.StudentID(0), Programme: "welding", Purpose: booking.PurposePractice,
				StartsAt: bookingtest.At(1, hour, 0), EndsAt: bookingtest.At(1, hour+1, 0), Status: booking.StatusConfirmed, Version: 1,
			}
		}
		if err := b.Import(t.Context(), booking.Bulk{Rows: []booking.Booking{booked("a", 8), booked("b", 9), booked("c", 10)}, Now: bookingtest.Now()}); err != nil {
			t.Fatal(err)
		}
		budget := booking.Budget{
			Per: booking.PerProgramme, SubjectID: "welding", From: bookingtest.At(1, 0, 0).Unix(), Until: bookingtest.At(2, 0, 0).Unix(), Scope: booking.ScopeSchool,
		}
		shorter, gone := booked("a", 8), booked("b", 9)
		shorter.EndsAt, gone.Status = bookingtest.At(1, 8, 30), booking.StatusCancelled
		var spent time.Duration
		var bookings, all int
		write := func(ask booking.Ask, w booking.Write) *decision {
			return &decision{caller: calling(t.Context()), ask: ask, decide: func(booking.View) (booking.Write, error) { return w, nil }}
		}
		b.together([]*decision{
			write(booking.Ask{BookingIDs: []string{"a"}}, booking.Write{Update: []booking.Booking{shorter}}),
			write(booking.Ask{StationIDs: []string{gone.StationID}, From: gone.StartsAt, Until: gone.EndsAt}, booking.Write{Update: []booking.Booking{gone}}),
			write(booking.Ask{}, booking.Write{Insert: []booking.Booking{booked("d", 11)}}),
			{caller: calling(t.Context()), ask: booking.Ask{Budgets: []booking.Budget{budget}}, decide: func(v booking.View) (booking.Write, error) {
				spent, bookings = v.Sums[budget].Length, v.Sums[budget].Bookings
				for _, x := range v.Spent {
					spent, bookings = spent+x.Charged().Until.Sub(x.StartsAt), bookings+1
				}
				all++
				return booking.Write{}, nil
			}},
		})
		if spent != 150*time.Minute || bookings != 3 || all != 1 {
			t.Errorf("%v of %d bookings are spent, asked %d times; want 2h30m of 3, asked once", spent, bookings, all)
		}
	})
}
