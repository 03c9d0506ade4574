package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

const strikeColumns = `id, booking_id, person_id, team_id, at, expires_at, state, appeal, appealed_at, answer, decided_by, decided_at, version`

func scanStrike(row scanner) (s booking.Strike, err error) {
	var at, expiresAt int64
	var appealedAt, decidedAt sql.NullInt64
	err = row.Scan(&s.ID, &s.BookingID, &s.PersonID, &s.TeamID, &at, &expiresAt, &s.State, &s.Appeal, &appealedAt, &s.Answer,
		&s.DecidedBy, &decidedAt, &s.Version)
	s.At, s.ExpiresAt, s.AppealedAt, s.DecidedAt = secondsUTC(at), secondsUTC(expiresAt), instant(appealedAt), instant(decidedAt)
	return s, err
}

func strikeValues(s booking.Strike) []any {
	return []any{
		s.ID, s.BookingID, s.PersonID, s.TeamID, s.At.Unix(), s.ExpiresAt.Unix(), string(s.State), s.Appeal, unix(s.AppealedAt), s.Answer,
		s.DecidedBy, unix(s.DecidedAt), s.Version,
	}
}

// strikeReads reads the standing strikes of the people and teams, and those asked for by id.
func (b *Bookings) strikeReads(d *decision) []statement {
	if !d.ask.Strikes && len(d.ask.StrikeIDs) == 0 {
		return nil
	}
	var people, teams []string
	if d.ask.Strikes {
		people, teams = d.ask.PersonIDs, d.ask.TeamIDs
	}
	dialect := b.db.dialect
	return []statement{{
		text: "SELECT " + strikeColumns + " FROM booking_strikes WHERE " + dialect.among("id", 3) + " OR (state = 'standing' AND (" +
			dialect.among("person_id", 1) + " OR (team_id <> '' AND " + dialect.among("team_id", 2) + "))) ORDER BY id",
		args: []any{dialect.list(distinct(people)), dialect.list(distinct(teams)), dialect.list(distinct(d.ask.StrikeIDs))},
		read: func(row scanner) error {
			s, err := scanStrike(row)
			d.more.strikes = append(d.more.strikes, s)
			return err
		},
	}}
}

// strikeWrites inserts new strikes, changes others, and notes real use.
func (b *Bookings) strikeWrites(w booking.Write) []statement {
	var out []statement
	for _, s := range w.Strikes {
		if s.Version == 1 {
			out = append(out, statement{text: insertInto("booking_strikes", strikeColumns), args: strikeValues(s)})
			continue
		}
		values := strikeValues(s)
		out = append(out, statement{
			text: updateOf("booking_strikes", "booking_id, state, appeal, appealed_at, answer, decided_by, decided_at, version"),
			args: append([]any{s.ID, s.BookingID}, values[6:]...),
		})
	}
	for _, u := range w.Used {
		out = append(out, statement{
			text: `UPDATE qualifications SET last_used_at = $3 WHERE person_id = $1 AND kind_id = $2
				AND (last_used_at IS NULL OR last_used_at < $3)`,
			args: []any{u.PersonID, u.KindID, u.At.Unix()},
		})
	}
	return out
}

// StrikeByID reads one.
func (b *Bookings) StrikeByID(ctx context.Context, id string) (booking.Strike, error) {
	unknown := fault.NotFound("strike_unknown", "there is no strike %q", id)
	if !keyable(id) {
		return booking.Strike{}, unknown
	}
	s, err := scanStrike(b.db.direct(ctx).row("SELECT "+strikeColumns+" FROM booking_strikes WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return booking.Strike{}, unknown
	}
	return s, translate(err)
}

// Strikes gives those of a filter, the latest first.
func (b *Bookings) Strikes(ctx context.Context, f booking.StrikeFilter) ([]booking.Strike, error) {
	if !keyable(f.PersonID + f.BookingID + f.After.ID) {
		return nil, nil
	}
	query, values := strikesQuery(f)
	out, err := list(b.db.direct(ctx), scanStrike, query, values...)
	return out, translate(err)
}

// strikesQuery gives the text of Strikes and its parameters.
func strikesQuery(f booking.StrikeFilter) (query string, values []any) {
	var c conditions
	if f.PersonID != "" {
		c.add("person_id = $%d", f.PersonID)
	}
	if f.BookingID != "" {
		c.add("booking_id = $%d", f.BookingID)
	}
	if f.Open {
		c.texts = append(c.texts, "state = 'standing' AND appealed_at IS NOT NULL AND decided_at IS NULL")
	}
	if f.After != (booking.StrikeCursor{}) {
		c.add("at <= $%d", f.After.At.Unix())
		at := param(len(c.values))
		c.values = append(c.values, f.After.ID)
		c.texts = append(c.texts, "(at < "+at+" OR id < "+param(len(c.values))+")")
	}
	query = "SELECT " + strikeColumns + " FROM booking_strikes" + c.where() + " ORDER BY at DESC, id DESC"
	if f.Limit > 0 {
		c.values = append(c.values, f.Limit)
		query += " LIMIT " + param(len(c.values))
	}
	return query, c.values
}

// Remind makes bookings due. It takes the locks of a decision, so that none that is under way overwrites it.
func (b *Bookings) Remind(ctx context.Context, bookingIDs []string, at time.Time) error {
	which := b.db.dialect.among("id", 1)
	ids := b.db.dialect.list(distinct(bookingIDs))
	return b.db.write(ctx, func(t *tx) error {
		if t.dialect.name == Postgres {
			_, err := t.exec("SELECT id FROM stations WHERE id IN (SELECT station_id FROM bookings WHERE "+which+") ORDER BY id FOR NO KEY UPDATE", ids)
			if err != nil {
				return err
			}
		}
		_, err := t.exec("UPDATE bookings SET due_at = $2 WHERE "+which, ids, at.Unix())
		return err
	})
}
