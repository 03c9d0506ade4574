package sqldb

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// importValues bounds the parameters of one INSERT: SQLite's driver looks for each by walking through all.
const importValues = 600

// Import inserts rows in one transaction, all or none.
func (b *Bookings) Import(ctx context.Context, in booking.Bulk) error {
	err := b.db.write(ctx, func(t *tx) error { return importBookings(t, in) })
	if err == nil && len(in.Rows) > 0 {
		b.hub.tell([]string{""})
	}
	return err
}

// importBookings inserts rows inside a transaction, which may have inserted their stations and people before. What is wrong
// with them is a *booking.ImportError.
func importBookings(t *tx, in booking.Bulk) error {
	rows := in.Rows
	if len(rows) == 0 {
		return nil
	}
	rules, err := readRules(t.send)
	if err != nil {
		return err
	}
	var stations []string
	from, until := rows[0].StartsAt, rows[0].EndsAt
	for _, r := range rows {
		stations = append(stations, r.StationID)
		if r.StartsAt.Before(from) {
			from = r.StartsAt
		}
		if r.EndsAt.After(until) {
			until = r.EndsAt
		}
	}
	var there collection
	var statements []statement
	ids := t.dialect.list(distinct(stations))
	if t.dialect.name == Postgres {
		statements = append(statements, statement{
			text: "SELECT id FROM stations WHERE " + t.dialect.among("id", 1) + " ORDER BY id FOR NO KEY UPDATE",
			args: []any{ids}, read: func(row scanner) error { var id string; return row.Scan(&id) },
		})
	}
	statements = append(statements, statement{
		text: "SELECT " + bookingColumns + " FROM bookings WHERE " + t.dialect.among("station_id", 1) +
			" AND occupied_until > $2 AND starts_at < $3 AND status <> 'cancelled'",
		args: []any{ids, from.Unix(), until.Unix()}, read: there.add,
	})
	if err := t.send(statements...); err != nil {
		return err
	}
	if err := in.Check(rules, there.rows); err != nil {
		return err
	}
	return t.send(importStatements(in.Settled(rules), in.Now, t.dialect.name == Postgres)...)
}

// importStatements carries many rows in each INSERT: a school's past is many thousands.
func importStatements(rows []booking.Booking, now time.Time, notify bool) []statement {
	bookings := bulk{table: "bookings (" + bookingColumns + ")"}
	entries := bulk{table: "booking_entries (" + entryInsert + ")"}
	for _, r := range rows {
		if r.ID == "" {
			r.ID = NewID()
		}
		if r.Version == 0 {
			r.Version = 1
		}
		if r.CreatedAt.IsZero() {
			r.CreatedAt = now
		}
		if r.ChangedAt.IsZero() {
			r.ChangedAt = r.CreatedAt
		}
		bookings.add(bookingValues(r))
		entries.add(entryValues(booking.Entry{BookingID: r.ID, At: now, Act: booking.ActImported, After: r}))
	}
	out := append(bookings.statements(), entries.statements()...)
	if notify {
		out = append(out, notifyStations([]string{""}))
	}
	return out
}

// bulk makes INSERTs of as many rows as importValues allows.
type bulk struct {
	table  string
	chunks [][]any
	values []any
	width  int
}

func (b *bulk) add(row []any) {
	b.width = len(row)
	if b.values = append(b.values, row...); len(b.values)+b.width > importValues {
		b.chunks, b.values = append(b.chunks, b.values), nil
	}
}

func (b *bulk) statements() []statement {
	if len(b.values) > 0 {
		b.chunks = append(b.chunks, b.values)
	}
	out := make([]statement, 0, len(b.chunks))
	for _, values := range b.chunks {
		var text strings.Builder
		text.WriteString("INSERT INTO " + b.table + " VALUES ")
		for n := range values {
			switch {
			case n == 0:
				text.WriteString("(")
			case n%b.width == 0:
				text.WriteString("), (")
			default:
				text.WriteString(", ")
			}
			fmt.Fprintf(&text, "$%d", n+1)
		}
		out = append(out, statement{text: text.String() + ")", args: values})
	}
	return out
}
