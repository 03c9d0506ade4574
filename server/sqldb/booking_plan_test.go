package sqldb

import (
	"strings"
	"testing"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
)

// Plans are made when the table is still small, and kept: even then what a decision reads is found by an index.
func TestDecisionsReadNoTableOfBookingsWhole(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		from, until := bookingtest.At(0, 0, 0), bookingtest.At(7, 0, 0)
		ask := booking.Ask{StationIDs: []string{"a", "b"}, PersonIDs: []string{"c", "d"}, From: from, Until: until}
		one := ask
		one.StationIDs, one.PersonIDs = one.StationIDs[:1], one.PersonIDs[:1]
		queries := map[string]statement{
			"who is where": db.takenQuery(ask, &collection{}), "who is where, of one": db.takenQuery(one, &collection{}),
			"by id": db.bookingsByID([]string{"a", "b"}, nil), "one by id": db.bookingsByID([]string{"a"}, nil),
		}
		for _, per := range []booking.QuotaPer{booking.PerPerson, booking.PerTeam, booking.PerProgramme} {
			for _, scope := range []booking.Scope{booking.ScopeSchool, booking.ScopeSite, booking.ScopeRoom, booking.ScopeKind, booking.ScopeStation} {
				u := booking.Budget{Per: per, SubjectID: "s", From: from.Unix(), Until: until.Unix(), Scope: scope, ScopeID: "x"}
				queries["sum per "+string(per)+" of a "+string(scope)] = sumOf(u, nil)
			}
			d := &decision{ask: booking.Ask{Budgets: []booking.Budget{{Per: per, SubjectID: "s", From: from.Unix(), Until: until.Unix()}}}}
			reads := NewBookings(db).spentReads(d)
			queries["one by one per "+string(per)] = reads[len(reads)-1]
		}
		for what, query := range queries {
			plan := planOfDecision(t, db, query)
			if plan == "" || strings.Contains(plan, "SCAN bookings") || strings.Contains(plan, "Seq Scan on bookings") {
				t.Errorf("%s: %s\nis planned as\n%s", what, query.text, plan)
			}
			if strings.HasPrefix(what, "sum") && !strings.Contains(plan, "bookings_spent_") {
				t.Errorf("%s is not added up by its index:\n%s", what, plan)
			}
		}
	})
}

// planOfDecision gives how the database would run a query of a decision.
func planOfDecision(t *testing.T, db *DB, query statement) string {
	t.Helper()
	var lines []string
	err := db.write(t.Context(), func(tx *tx) (err error) {
		if db.dialect.name == Postgres {
			settings := byIndexes()
			settings.read = func(row scanner) error { return row.Scan(new(string), new(string)) }
			if err := tx.send(settings); err != nil {
				return err
			}
		}
		lines, err = explained(tx, query.text, query.args)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query.text, err)
	}
	return strings.Join(lines, "\n")
}
