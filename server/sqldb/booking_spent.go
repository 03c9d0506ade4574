package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// spentColumns are all that quotas need.
const spentColumns = "id, station_id, person_id, team_id, party_id, programme, purpose, starts_at, ends_at, status, held_until, charged_until"

// These conditions say what booking.Booking.Apart says. The indexes have the same words.
const (
	countsApart    = "(party_id <> '' OR status = 'held')"
	countsTogether = "party_id = '' AND status <> 'held'"
)

// spent is what was read of budgets: rows, of which one may come by several budgets, and sums of all that count together.
type spent struct {
	rows []booking.Booking
	sums map[booking.Budget]booking.Sum
}

func (s *spent) add(row scanner) error {
	var b booking.Booking
	var startsAt, endsAt, chargedUntil int64
	var heldUntil sql.NullInt64
	err := row.Scan(&b.ID, &b.StationID, &b.PersonID, &b.TeamID, &b.PartyID, &b.Programme, &b.Purpose, &startsAt, &endsAt, &b.Status, &heldUntil,
		&chargedUntil)
	b.StartsAt, b.EndsAt, b.ChargedUntil, b.HeldUntil = secondsUTC(startsAt), secondsUTC(endsAt), secondsUTC(chargedUntil), instant(heldUntil)
	s.rows = append(s.rows, b)
	return err
}

// spentReads reads what is charged to the asked budgets: of each by the indexes of its subject.
func (b *Bookings) spentReads(d *decision) []statement {
	var out []statement
	var each []booking.Budget // of each subject one, for the time of all
	d.more.spent.sums = make(map[booking.Budget]booking.Sum, len(d.ask.Budgets))
	for _, u := range d.ask.Budgets {
		if !d.ask.EachSpent {
			out = append(out, sumOf(u, d.more.spent.sums))
		}
		at := slices.IndexFunc(each, func(o booking.Budget) bool { return o.Per == u.Per && o.SubjectID == u.SubjectID })
		if at < 0 {
			each = append(each, u)
			continue
		}
		each[at].From, each[at].Until = min(each[at].From, u.From), max(each[at].Until, u.Until)
	}
	var texts []string
	var args []any
	for _, u := range each {
		n := len(args)
		text := "SELECT " + spentColumns + " FROM bookings WHERE " + charged(u.Per, n) + " AND "
		texts = append(texts, text+countsApart)
		if d.ask.EachSpent {
			texts = append(texts, text+countsTogether)
		}
		args = append(args, u.SubjectID, u.From, u.Until)
	}
	if len(texts) == 0 {
		return out
	}
	return append(out, statement{text: strings.Join(texts, " UNION ALL "), args: args, read: d.more.spent.add})
}

// sumOf adds up what counts together in a budget: of each booking what lies in the window.
func sumOf(u booking.Budget, into map[booking.Budget]booking.Sum) statement {
	on, args := "", []any{u.SubjectID, u.From, u.Until}
	switch u.Scope {
	case booking.ScopeStation:
		on = " AND station_id = $4"
	case booking.ScopeSite, booking.ScopeRoom, booking.ScopeKind:
		// A test of a test is no join to PostgreSQL, which would look at all stations for each booking.
		on = " AND (station_id IN (SELECT id FROM stations WHERE " + string(u.Scope) + "_id = $4)) IS TRUE"
	}
	if on != "" {
		args = append(args, u.ScopeID)
	}
	return statement{
		text: `SELECT count(*), CAST(coalesce(sum(CASE WHEN charged_until < $3 THEN charged_until ELSE $3 END
			- CASE WHEN starts_at > $2 THEN starts_at ELSE $2 END), 0) AS BIGINT) FROM bookings
			WHERE ` + charged(u.Per, 0) + " AND " + countsTogether + on,
		args: args,
		read: func(row scanner) error {
			var bookings int
			var seconds int64
			err := row.Scan(&bookings, &seconds)
			into[u] = booking.Sum{Length: time.Duration(seconds) * time.Second, Bookings: bookings}
			return err
		},
	}
}

// charged is the condition that a booking is charged to the subject, from, until in the parameters behind the nth.
func charged(per booking.QuotaPer, n int) string {
	subject := "person_id = $%d"
	switch per {
	case booking.PerTeam:
		subject = "team_id = $%d AND team_id <> ''" // so that the index, which is partial, will do
	case booking.PerProgramme:
		subject = "programme = $%d AND programme <> ''"
	}
	return fmt.Sprintf(subject+" AND charged_until > $%d AND starts_at < $%d AND charged_until > starts_at AND purpose <> 'class'", n+1, n+2, n+3)
}

// show gives what was read as the decisions before have left it. stored are the bookings that are known one by one, as the
// sums have counted them: they come out of the sums, and each booking is shown once.
func (s *spent) show(v *booking.View, ask booking.Ask, stored []booking.Booking, written map[string]booking.Booking) {
	if len(ask.Budgets) == 0 {
		return
	}
	seen := make(map[string]bool, len(s.rows)+len(stored))
	show := func(b booking.Booking) {
		if !seen[b.ID] && slices.ContainsFunc(ask.Budgets, func(u booking.Budget) bool { return u.Concerns(b) }) {
			v.Spent = append(v.Spent, b)
		}
		seen[b.ID] = true
	}
	for _, w := range written {
		show(w)
	}
	for _, found := range s.rows {
		show(found)
	}
	if ask.EachSpent {
		return
	}
	v.Sums = s.sums
	out := make(map[string]bool, len(stored))
	for _, b := range stored {
		show(b)
		if out[b.ID] {
			continue
		}
		out[b.ID] = true
		for u, sum := range v.Sums {
			if less, ok := v.Rules.Adds(u, b); ok {
				v.Sums[u] = booking.Sum{Length: sum.Length - less.Length, Bookings: sum.Bookings - less.Bookings}
			}
		}
	}
}

// budgetLocks locks what is shared by many, in the order of keys: a person's budget goes with their row. SQLite has one writer.
func (b *Bookings) budgetLocks(all []*decision) []statement {
	var keys []string
	for _, d := range all {
		for _, u := range d.ask.Budgets {
			if u.Per != booking.PerPerson {
				keys = append(keys, string(u.Per)+":"+u.SubjectID)
			}
		}
	}
	if len(keys) == 0 || b.db.dialect.name != Postgres {
		return nil
	}
	keys = distinct(keys)
	return []statement{
		{text: "INSERT INTO booking_budgets (key) SELECT key FROM unnest($1::text[]) AS asked (key) ORDER BY key ON CONFLICT DO NOTHING", args: []any{keys}},
		{
			text: "SELECT key FROM booking_budgets WHERE key = ANY($1) ORDER BY key FOR NO KEY UPDATE", args: []any{keys},
			read: func(row scanner) error { var key string; return row.Scan(&key) },
		},
	}
}

// Look shows what stands without locking it: statement by statement.
func (b *Bookings) Look(ctx context.Context, ask booking.Ask) (booking.View, error) {
	rules, err := b.Rules(ctx)
	if err != nil {
		return booking.View{}, err
	}
	d := &decision{ask: ask}
	people := map[string]account.Person{}
	var statements []statement
	if len(ask.PersonIDs) > 0 {
		statements = append(statements, peopleRead(b.db.dialect, ask.PersonIDs, people, ""))
	}
	if len(ask.StationIDs) > 0 {
		statements = append(statements, b.db.takenQuery(ask, &d.taken))
	}
	statements = slices.Concat(statements, b.askedByID([]*decision{d}), b.askedQueries(d), b.moreReads(d))
	if err := b.db.direct(ctx).send(statements...); err != nil {
		return booking.View{}, translate(err)
	}
	return d.view(rules, people, nil, nil), nil
}
