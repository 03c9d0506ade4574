package sqldb

import (
	"context"
	"database/sql"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// statement is one SQL text on its way to the database; read is called for each row, nil when there are none.
type statement struct {
	text string
	args []any
	read func(scanner) error
}

// sender runs statements in order and stops at the first error. PostgreSQL's sends them in one packet.
type sender func(statements ...statement) error

func (t *tx) send(statements ...statement) error {
	for _, s := range statements {
		if s.read == nil {
			if _, err := t.exec(s.text, s.args...); err != nil {
				return err
			}
		} else if err := t.each(s.read, s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}

func rulesVersion(into *int64) statement {
	return statement{text: "SELECT version FROM booking_rules WHERE id = 1", read: func(row scanner) error { return row.Scan(into) }}
}

// KnownRules gives the rules that were read last.
func (b *Bookings) KnownRules(ctx context.Context) (*booking.Rules, error) {
	if rules := b.rules.Load(); rules != nil {
		return rules, nil
	}
	return b.Rules(ctx)
}

// Rules gives the rules as they stand.
func (b *Bookings) Rules(ctx context.Context) (*booking.Rules, error) {
	var version int64
	if err := b.db.direct(ctx).send(rulesVersion(&version)); err != nil {
		return nil, translate(err)
	}
	if rules := b.rules.Load(); rules != nil && rules.Version() == version {
		return rules, nil
	}
	var rules *booking.Rules
	err := b.db.read(ctx, func(t *tx) (err error) {
		rules, err = readRules(t.send)
		return err
	})
	if err == nil {
		b.keep(rules)
	}
	return rules, err
}

// current gives the rules of this version, inside a transaction that has read it.
func (b *Bookings) current(send sender, version int64) (*booking.Rules, error) {
	if rules := b.rules.Load(); rules != nil && rules.Version() == version {
		return rules, nil
	}
	return readRules(send)
}

// keep remembers committed rules unless newer ones are known.
func (b *Bookings) keep(rules *booking.Rules) {
	for {
		known := b.rules.Load()
		if known != nil && known.Version() >= rules.Version() || b.rules.CompareAndSwap(known, rules) {
			return
		}
	}
}

// readRules reads everything of one version: again, when it changed while it was read.
func readRules(send sender) (*booking.Rules, error) {
	for {
		var f booking.Facts
		var after int64
		statements := append([]statement{rulesVersion(&f.Version)}, factStatements(&f, time.Now())...)
		if err := send(append(statements, rulesVersion(&after))...); err != nil {
			return nil, err
		}
		if after == f.Version {
			return booking.NewRules(f), nil
		}
	}
}

func factStatements(f *booking.Facts, now time.Time) []statement {
	return []statement{
		{text: "SELECT id, code, time_zone FROM sites", read: func(row scanner) error {
			var s equipment.Site
			err := row.Scan(&s.ID, &s.Code, &s.TimeZone)
			f.Sites = append(f.Sites, s)
			return err
		}},
		{text: "SELECT id, code FROM kinds", read: func(row scanner) error {
			var k equipment.Kind
			err := row.Scan(&k.ID, &k.Code)
			f.Kinds = append(f.Kinds, k)
			return err
		}},
		{text: "SELECT id, site_id, room_id, kind_id, code, bookable FROM stations", read: func(row scanner) error {
			var s equipment.Station
			err := row.Scan(&s.ID, &s.SiteID, &s.RoomID, &s.KindID, &s.Code, &s.Bookable)
			f.Stations = append(f.Stations, s)
			return err
		}},
		{text: `SELECT site_id, coalesce(room_id, ''), weekday, opens, closes, coalesce(valid_from, ''), coalesce(valid_until, '')
			FROM opening_hours`, read: func(row scanner) error {
			var h equipment.OpeningHours
			err := row.Scan(&h.SiteID, &h.RoomID, &h.Weekday, &h.Opens, &h.Closes, &h.ValidFrom, &h.ValidUntil)
			f.Hours = append(f.Hours, h)
			return err
		}},
		{text: "SELECT site_id, coalesce(room_id, ''), day, closed, opens, closes, reason FROM opening_exceptions", read: func(row scanner) error {
			var e equipment.Exception
			err := row.Scan(&e.SiteID, &e.RoomID, &e.Day, &e.Closed, &e.Opens, &e.Closes, &e.Reason)
			f.Exceptions = append(f.Exceptions, e)
			return err
		}},
		{text: "SELECT id, station_id, starts_at, ends_at FROM outages WHERE ends_at IS NULL OR ends_at > $1", args: []any{now.Add(-24 * time.Hour).Unix()},
			read: func(row scanner) error {
				var o equipment.Outage
				var startsAt int64
				var endsAt sql.NullInt64
				err := row.Scan(&o.ID, &o.StationID, &startsAt, &endsAt)
				o.StartsAt, o.EndsAt = time.Unix(startsAt, 0).UTC(), instant(endsAt)
				f.Outages = append(f.Outages, o)
				return err
			}},
		{text: "SELECT " + documentColumns + " FROM booking_documents ORDER BY kind, id", read: func(row scanner) error {
			d, err := scanDocument(row)
			if err != nil {
				return err
			}
			return f.Add(d)
		}},
	}
}
