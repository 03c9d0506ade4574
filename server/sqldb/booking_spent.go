package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// spentColumns are all that quotas need; spent gathers the rows, of which one may come by several budgets.
const spentColumns = "id, station_id, person_id, team_id, party_id, programme, purpose, starts_at, ends_at, status, held_until, charged_until"

type spent struct{ rows []booking.Booking }

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

// spentReads reads what is charged to the asked budgets: of each by the index of its subject.
func (b *Bookings) spentReads(d *decision) []statement {
	if len(d.ask.Budgets) == 0 {
		return nil
	}
	var texts []string
	var args []any
	for _, u := range d.ask.Budgets {
		n := len(args)
		texts = append(texts, fmt.Sprintf(`SELECT %s FROM bookings WHERE %s AND charged_until > $%d AND starts_at < $%d
			AND charged_until > starts_at AND purpose <> 'class'`, spentColumns, ofBudget(u.Per, n+1), n+2, n+3))
		args = append(args, u.SubjectID, u.From, u.Until)
	}
	return []statement{{text: strings.Join(texts, " UNION ALL "), args: args, read: d.more.spent.add}}
}

// ofBudget is the condition that a booking is charged to the subject in parameter n.
func ofBudget(per booking.QuotaPer, n int) string {
	switch per {
	case booking.PerTeam:
		return fmt.Sprintf("team_id = $%d AND team_id <> ''", n) // so that the index, which is partial, will do
	case booking.PerProgramme:
		return fmt.Sprintf("programme = $%d", n)
	}
	return fmt.Sprintf("person_id = $%d", n)
}

// show gives what was read as the decisions before have left it, each booking once.
func (s *spent) show(v *booking.View, ask booking.Ask, written map[string]booking.Booking) {
	if len(ask.Budgets) == 0 {
		return
	}
	if len(ask.Budgets) > 1 || len(written) > 0 {
		seen := make(map[string]bool, len(s.rows))
		s.rows = slices.DeleteFunc(s.rows, func(found booking.Booking) bool {
			_, changed := written[found.ID]
			known := seen[found.ID]
			seen[found.ID] = true
			return known || changed
		})
	}
	v.Spent = s.rows
	for _, w := range written {
		if slices.ContainsFunc(ask.Budgets, func(u booking.Budget) bool { return u.Concerns(w) }) {
			v.Spent = append(v.Spent, w)
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
	d := &decision{ctx: ctx, ask: ask}
	people := map[string]account.Person{}
	var statements []statement
	if len(ask.PersonIDs) > 0 {
		statements = append(statements, peopleRead(b.db.dialect, ask.PersonIDs, people, ""))
	}
	if len(ask.StationIDs) > 0 {
		statements = append(statements, b.db.takenQuery(ask, &d.taken))
	}
	statements = append(append(statements, b.askedQueries(d)...), b.moreReads(d)...)
	if err := b.db.direct(ctx).send(statements...); err != nil {
		return booking.View{}, translate(err)
	}
	return d.view(rules, people, nil), nil
}
