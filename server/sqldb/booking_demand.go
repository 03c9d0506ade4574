package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
)

const unmetColumns = "u.at, u.person_id, u.station_id, u.kind_id, u.starts_at, u.ends_at, u.programme, u.purpose, u.codes, u.seats"

func scanUnmet(row scanner, more ...any) (u booking.Unmet, err error) {
	var at, startsAt, endsAt int64
	var station sql.NullString
	var codes string
	err = row.Scan(append([]any{&at, &u.PersonID, &station, &u.KindID, &startsAt, &endsAt, &u.Programme, &u.Purpose, &codes, &u.Seats}, more...)...)
	u.At, u.StartsAt, u.EndsAt = time.Unix(at, 0).UTC(), time.Unix(startsAt, 0).UTC(), time.Unix(endsAt, 0).UTC()
	u.StationID, u.Codes = station.String, strings.Fields(codes)
	return u, err
}

// Unmet gives the refusals recorded from From on and before Until.
func (b *Bookings) Unmet(ctx context.Context, from, until time.Time) ([]booking.Unmet, error) {
	out, err := list(b.db.direct(ctx), func(row scanner) (booking.Unmet, error) { return scanUnmet(row) },
		"SELECT "+unmetColumns+" FROM unmet_demands u WHERE u.at >= $1 AND u.at < $2 ORDER BY u.at, u.id", from.Unix(), until.Unix())
	return out, translate(err)
}

// Wanted gives the refusals of a filter ordered by the start that was wanted, then id.
func (b *Bookings) Wanted(ctx context.Context, f booking.WantedFilter) ([]booking.Wanted, error) {
	if !keyable(f.KindID+f.After.ID) || slices.ContainsFunc(f.StationIDs, func(id string) bool { return !keyable(id) }) {
		return nil, nil
	}
	var c conditions
	if !f.From.IsZero() {
		c.add("u.starts_at >= $%d", f.From.Unix())
	}
	if !f.Until.IsZero() {
		c.add("u.starts_at < $%d", f.Until.Unix())
	}
	if f.KindID != "" {
		c.add("u.kind_id = $%d", f.KindID)
	}
	if len(f.StationIDs) > 0 {
		c.values = append(c.values, b.db.dialect.list(f.StationIDs))
		c.texts = append(c.texts, b.db.dialect.among("u.station_id", len(c.values)))
	}
	if f.After != (booking.Cursor{}) {
		c.add("u.starts_at >= $%d", f.After.StartsAt.Unix())
		at := len(c.values)
		c.values = append(c.values, f.After.ID)
		c.texts = append(c.texts, fmt.Sprintf("(u.starts_at > $%d OR u.id > $%d)", at, at+1))
	}
	query := `SELECT ` + unmetColumns + `, u.id, EXISTS (SELECT 1 FROM bookings b JOIN stations s ON s.id = b.station_id
		WHERE b.person_id = u.person_id AND b.occupied_until > u.starts_at AND b.starts_at < u.ends_at AND b.ends_at > u.starts_at
		AND b.status IN ('confirmed', 'ended') AND s.kind_id = u.kind_id) FROM unmet_demands u` + c.where() + ` ORDER BY u.starts_at, u.id`
	if f.Limit > 0 {
		c.values = append(c.values, f.Limit)
		query += fmt.Sprintf(" LIMIT $%d", len(c.values))
	}
	out, err := list(b.db.direct(ctx), func(row scanner) (w booking.Wanted, err error) {
		w.Unmet, err = scanUnmet(row, &w.ID, &w.Elsewhere)
		return w, err
	}, query, c.values...)
	return out, translate(err)
}
