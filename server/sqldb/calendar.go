package sqldb

import (
	"context"
	"database/sql"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// OpeningHours gives the rules and exceptions of a site and its rooms.
func (e *Equipment) OpeningHours(ctx context.Context, siteID string) (hours []equipment.OpeningHours, days []equipment.Exception, err error) {
	err = e.db.read(ctx, func(t *tx) error {
		id, err := t.resolve("sites", "site", siteID)
		if err != nil {
			return err
		}
		hours, err = list(t, scanHours, `SELECT id, site_id, coalesce(room_id, ''), weekday, opens, closes, coalesce(valid_from, ''),
			coalesce(valid_until, '') FROM opening_hours WHERE site_id = $1 ORDER BY 3, weekday, opens, id`, id)
		if err != nil {
			return err
		}
		days, err = list(t, scanException, `SELECT id, site_id, coalesce(room_id, ''), day, closed, opens, closes, reason
			FROM opening_exceptions WHERE site_id = $1 ORDER BY day, 3, opens, id`, id)
		return err
	})
	return hours, days, err
}

func scanHours(row scanner) (h equipment.OpeningHours, err error) {
	return h, row.Scan(&h.ID, &h.SiteID, &h.RoomID, &h.Weekday, &h.Opens, &h.Closes, &h.ValidFrom, &h.ValidUntil)
}

func scanException(row scanner) (x equipment.Exception, err error) {
	return x, row.Scan(&x.ID, &x.SiteID, &x.RoomID, &x.Day, &x.Closed, &x.Opens, &x.Closes, &x.Reason)
}

// PutOpeningHours replaces all rules and exceptions of a site.
func (e *Equipment) PutOpeningHours(ctx context.Context, siteID string, hours []equipment.OpeningHours, days []equipment.Exception) error {
	return e.db.write(ctx, func(t *tx) error {
		site, err := t.resolve("sites", "site", siteID)
		if err != nil {
			return err
		}
		// The site's row is locked against a second editor, whose rules would mix with these.
		if err := t.row("SELECT id FROM sites WHERE id = $1"+t.dialect.forUpdate, site).Scan(new(string)); err != nil {
			return err
		}
		for _, table := range []string{"opening_hours", "opening_exceptions"} {
			if _, err := t.exec("DELETE FROM "+table+" WHERE site_id = $1", site); err != nil {
				return err
			}
		}
		for _, h := range hours {
			if err := t.insertHours(site, h); err != nil {
				return err
			}
		}
		for _, x := range days {
			if err := t.insertException(site, x); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) insertHours(site string, h equipment.OpeningHours) error {
	room, err := t.roomOn(site, h.RoomID)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO opening_hours (id, site_id, room_id, weekday, opens, closes, valid_from, valid_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, NewID(), site, orNull(room), int(h.Weekday), h.Opens, h.Closes,
		orNull(string(h.ValidFrom)), orNull(string(h.ValidUntil)))
	return hoursInvalid(err)
}

func (t *tx) insertException(site string, x equipment.Exception) error {
	room, err := t.roomOn(site, x.RoomID)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO opening_exceptions (id, site_id, room_id, day, closed, opens, closes, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, NewID(), site, orNull(room), string(x.Day), x.Closed, x.Opens, x.Closes, x.Reason)
	return hoursInvalid(err)
}

func hoursInvalid(err error) error {
	if kind, _ := violated(err); kind == checked {
		return fault.Invalid("hours_invalid", "opening hours close after they open, within 0 and 1440 minutes, on a weekday from 0 to 6").Because(err)
	}
	return err
}

// roomOn finds a room of the site; none stays none.
func (t *tx) roomOn(site, room string) (string, error) {
	if room == "" {
		return "", nil
	}
	id, err := t.roomOf(site, room)
	if err != nil {
		return "", err
	}
	var of string
	if err := t.row("SELECT site_id FROM rooms WHERE id = $1", id).Scan(&of); err != nil {
		return "", err
	}
	if of != site {
		return "", fault.Invalid("room_on_other_site", "the room %q is on another site", room)
	}
	return id, nil
}

const outageColumns = "id, station_id, starts_at, ends_at, reason, created_by, created_at, version"

func scanOutage(row scanner) (o equipment.Outage, err error) {
	var starts, ends, created sql.NullInt64
	err = row.Scan(&o.ID, &o.StationID, &starts, &ends, &o.Reason, &o.CreatedBy, &created, &o.Version)
	o.StartsAt, o.EndsAt, o.CreatedAt = instant(starts), instant(ends), instant(created)
	return o, err
}

// Outages gives those that overlap [from, until), by start.
func (e *Equipment) Outages(ctx context.Context, stationID string, from, until time.Time) ([]equipment.Outage, error) {
	t := e.db.direct(ctx)
	query := "SELECT " + outageColumns + " FROM outages WHERE starts_at < $2 AND (ends_at IS NULL OR ends_at > $1)"
	args := []any{from.Unix(), endOf(until)}
	if stationID != "" {
		id, err := t.resolve("stations", "station", stationID)
		if err != nil {
			return nil, translate(err)
		}
		query += " AND station_id = $3"
		args = append(args, id)
	}
	out, err := list(t, scanOutage, query+" ORDER BY starts_at, id", args...)
	return out, translate(err)
}

// PutOutage inserts or replaces an outage.
func (e *Equipment) PutOutage(ctx context.Context, o equipment.Outage) (equipment.Outage, error) {
	if !o.EndsAt.IsZero() && !o.StartsAt.Before(o.EndsAt) {
		return o, fault.Invalid("ends_before_start", "an outage ends after it starts").On("/ends_at")
	}
	if o.CreatedAt.IsZero() {
		o.CreatedAt = time.Now().UTC().Truncate(time.Second)
	}
	var made equipment.Outage
	err := e.db.write(ctx, func(t *tx) error {
		station, err := t.resolve("stations", "station", o.StationID)
		if err != nil {
			return err
		}
		id, version, err := t.put(row{table: "outages", thing: "outage", id: o.ID, version: o.Version, fields: []field{
			{"station_id", station}, {"starts_at", o.StartsAt.Unix()}, {"ends_at", unix(o.EndsAt)}, {"reason", o.Reason},
		}, fixed: []field{{"created_by", o.CreatedBy}, {"created_at", unix(o.CreatedAt)}}})
		if err != nil {
			return err
		}
		var before equipment.Outage
		if o.Version > 0 {
			before = o
		}
		after := o
		after.ID, after.StationID, after.Version = id, station, version
		made = after
		return t.send(deedWrites(booking.OutageDeed(before, after, "", time.Now()))...)
	})
	if err != nil {
		return o, err
	}
	return made, nil
}
