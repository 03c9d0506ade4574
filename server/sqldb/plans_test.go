package sqldb

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// crowd makes the tables large, with few rows that are asked for. Numbers stand for times: nobody reads what they say.
var crowd = []string{
	`INSERT INTO bookings (id, station_id, person_id, programme, purpose, starts_at, ends_at, status, created_by, created_at, changed_at, version,
		occupied_until, charged_until) SELECT 'b' || i, 'station-00', 'student-00', '', 'practice', i * 100, i * 100 + 50,
		CASE WHEN i % 500 = 0 THEN 'requested' ELSE 'ended' END, '', 0, 0, 1, i * 100 + 50, i * 100 + 50 FROM n`,
	`INSERT INTO booking_entries (booking_id, version, at, person_id, act, reason, after, station_id, whom)
		SELECT 'b' || i, 1, i, '', 'imported', '', '{}', 's' || i % 300, 'p' || i % 300 FROM n`,
	`INSERT INTO deeds (source, subject_id, version, at, who, act, reason, station_id, kind_id, whom, body)
		SELECT 'outage', 'o' || i, 1, i, '', 'started', '', 's' || i % 300, '', 'p' || i % 300, '' FROM n`,
	`INSERT INTO booking_strikes (id, booking_id, person_id, team_id, at, expires_at, state, appeal, appealed_at, answer, decided_by, decided_at, version)
		SELECT 'k' || i, 'b' || i, 'student-00', '', i, i, 'standing', '', CASE WHEN i % 300 = 0 THEN i END, '', '', CASE WHEN i % 600 = 0 THEN i END, 1 FROM n`,
}

// whole is a line of a plan that reads a whole large table.
var whole = regexp.MustCompile(`(Seq Scan on|SCAN) (bookings|booking_entries|deeds|booking_strikes)\b`)

func TestWhatIsAskedOftenScansNoLargeTable(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		err := db.write(t.Context(), func(t *tx) error {
			for _, text := range crowd {
				into, rest, _ := strings.Cut(text, "SELECT ")
				if _, err := t.exec(into + "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) SELECT " + rest); err != nil {
					return err
				}
			}
			_, err := t.exec("ANALYZE")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		requests, values, _ := NewBookings(db).listQuery(booking.Filter{Status: booking.StatusRequested, From: time.Unix(1000, 0)})
		appeals, appealed := strikesQuery(booking.StrikeFilter{Open: true, Limit: 100})
		person := auditQuery{filter: booking.AuditFilter{PersonID: "p7", Limit: 100}}
		ofPerson := person.text()
		station := auditQuery{filter: booking.AuditFilter{StationID: "s7", Limit: 100}}
		atStation := station.text()
		for _, q := range []struct {
			name, text string
			values     []any
			indexes    []string
		}{
			{"requests", requests, values, []string{"bookings_requested"}},
			{"open appeals", appeals, appealed, []string{"booking_strikes_open"}},
			{"audit of a person", ofPerson, person.values, []string{"booking_entries_whom", "deeds_whom"}},
			{"audit of a station", atStation, station.values, []string{"booking_entries_station", "deeds_station"}},
		} {
			plan := strings.Join(planOf(t, db, q.text, q.values), "\n")
			for _, index := range q.indexes {
				if !strings.Contains(plan, index) {
					t.Errorf("%s does not ask %s:\n%s", q.name, index, plan)
				}
			}
			for line := range strings.Lines(plan) {
				if whole.MatchString(line) && !strings.Contains(line, " USING ") {
					t.Errorf("%s reads all of a table: %s", q.name, line)
				}
			}
		}
	})
}

func planOf(t *testing.T, db *DB, text string, values []any) []string {
	t.Helper()
	plan, err := explained(db.direct(t.Context()), text, values)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// explained gives the lines of a plan.
func explained(t *tx, text string, values []any) ([]string, error) {
	explain := "EXPLAIN QUERY PLAN "
	if t.dialect.name == Postgres {
		explain = "EXPLAIN "
	}
	return list(t, func(row scanner) (line string, err error) {
		if t.dialect.name == Postgres {
			return line, row.Scan(&line)
		}
		var a, b, c int
		err = row.Scan(&a, &b, &c, &line)
		return line, err
	}, explain+text, values...)
}

func TestOldLinesOfTheHistoryAreFoundByStationAndPerson(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		putSchool(t, db, bookingtest.NewSchool())
		step, err := fs.ReadFile(migrations(cfg.Driver), "00014_found.sql")
		if err != nil {
			t.Fatal(err)
		}
		fill := regexp.MustCompile(`(?m)^UPDATE booking_entries .*$`).Find(step)
		err = db.write(t.Context(), func(t *tx) error {
			_, err := t.exec(`INSERT INTO booking_entries (booking_id, version, at, person_id, act, reason, after)
				VALUES ('b', 1, 1, '', 'imported', '', '{"station":"s-\u4e2d","person":"p","starts_at":0}')`)
			if err == nil {
				_, err = t.exec(string(fill))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []booking.AuditFilter{{StationID: "s-中"}, {PersonID: "p"}} {
			if lines, err := NewBookings(db).Audit(t.Context(), f); err != nil || len(lines) != 1 {
				t.Errorf("%+v finds %d lines, %v", f, len(lines), err)
			}
		}
	})
}
