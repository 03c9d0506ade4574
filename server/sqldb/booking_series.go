package sqldb

import (
	"context"
	"database/sql"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

const seriesColumns = "id, person_id, body, ended_at, created_by, created_at, version"

func scanSeries(row scanner) (booking.Series, error) { return scanSeriesAnd(row) }

func scanListedSeries(row scanner) (booking.Series, error) {
	var last sql.NullInt64
	s, err := scanSeriesAnd(row, &last)
	s.LastEndsAt = instant(last)
	return s, err
}

func scanSeriesAnd(row scanner, more ...any) (s booking.Series, err error) {
	var body string
	var endedAt sql.NullInt64
	var createdAt int64
	err = row.Scan(append([]any{&s.ID, &s.PersonID, &body, &endedAt, &s.CreatedBy, &createdAt, &s.Version}, more...)...)
	s.Body, s.EndedAt, s.CreatedAt = []byte(body), instant(endedAt), secondsUTC(createdAt)
	return s, err
}

// seriesReads reads the asked series into found.
func (b *Bookings) seriesReads(ids []string, found map[string]booking.Series) []statement {
	if len(ids) == 0 {
		return nil
	}
	return []statement{{
		text: "SELECT " + seriesColumns + " FROM booking_series WHERE " + b.db.dialect.among("id", 1),
		args: []any{b.db.dialect.list(distinct(ids))},
		read: func(row scanner) error {
			s, err := scanSeries(row)
			found[s.ID] = s
			return err
		},
	}}
}

// seriesWrites inserts those of version 1 and replaces others.
func seriesWrites(all []booking.Series) []statement {
	var out []statement
	for _, s := range all {
		if s.Version == 1 {
			out = append(out, statement{
				text: "INSERT INTO booking_series (" + seriesColumns + ") VALUES ($1, $2, $3, $4, $5, $6, $7)",
				args: []any{s.ID, s.PersonID, string(s.Body), unix(s.EndedAt), s.CreatedBy, s.CreatedAt.Unix(), s.Version},
			})
			continue
		}
		out = append(out, statement{
			text: "UPDATE booking_series SET body = $2, ended_at = $3, version = $4 WHERE id = $1",
			args: []any{s.ID, string(s.Body), unix(s.EndedAt), s.Version},
		})
	}
	return out
}

// SeriesByID reads one.
func (b *Bookings) SeriesByID(ctx context.Context, id string) (booking.Series, error) {
	unknown := fault.NotFound("series_unknown", "there is no series %q", id)
	if !keyable(id) {
		return booking.Series{}, unknown
	}
	s, err := scanSeries(b.db.direct(ctx).row("SELECT "+seriesColumns+" FROM booking_series WHERE id = $1", id))
	return s, translate(found(err, unknown))
}

// SeriesOf gives those of a person, the newest first.
func (b *Bookings) SeriesOf(ctx context.Context, personID string, limit int) ([]booking.Series, error) {
	if !keyable(personID) && personID != "" {
		return nil, nil
	}
	last := ", (SELECT max(ends_at) FROM bookings WHERE series_id = booking_series.id AND series_id <> '' AND status <> 'cancelled')"
	all, err := list(b.db.direct(ctx), scanListedSeries, "SELECT "+seriesColumns+last+
		" FROM booking_series WHERE $1 = '' OR person_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2", personID, limit)
	return all, translate(err)
}
