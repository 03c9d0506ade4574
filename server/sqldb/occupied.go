package sqldb

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/report"
)

var _ report.Bookings = (*Bookings)(nil)

const occupiedColumns = "b.station_id, b.programme, b.purpose, b.starts_at, b.ends_at"

// Occupied calls each for what active bookings occupied of [from, until). All stations at once are read by the index of
// starts; as active bookings of a station never overlap, only its first that ends after from can have begun before it.
func (b *Bookings) Occupied(ctx context.Context, stationIDs []string, from, until time.Time, each func(*report.Occupation) error) error {
	var o report.Occupation
	scan := func(row scanner) error {
		var purpose booking.Purpose
		var startsAt, endsAt int64
		if err := row.Scan(&o.StationID, &o.Programme, &purpose, &startsAt, &endsAt); err != nil {
			return err
		}
		o.Class = purpose == booking.PurposeClass
		o.From, o.Until = time.Unix(startsAt, 0).UTC(), time.Unix(endsAt, 0).UTC()
		return each(&o)
	}
	if len(stationIDs) > 0 {
		err := b.db.direct(ctx).each(scan, "SELECT "+occupiedColumns+` FROM bookings b WHERE b.status IN ('confirmed', 'ended')
			AND `+b.db.dialect.among("b.station_id", 3)+" AND b.occupied_until > $1 AND b.ends_at > $1 AND b.starts_at < $2",
			from.Unix(), ceilUnix(until), b.db.dialect.list(stationIDs))
		return translate(err)
	}
	return b.db.read(ctx, func(t *tx) error {
		err := t.each(scan, "SELECT "+occupiedColumns+` FROM stations s JOIN bookings b ON b.id = (
			SELECT x.id FROM bookings x WHERE x.station_id = s.id AND x.occupied_until > $1 AND x.status <> 'cancelled'
			ORDER BY x.occupied_until LIMIT 1) WHERE b.starts_at < $1 AND b.ends_at > $1 AND b.status IN ('confirmed', 'ended')`, from.Unix())
		if err != nil {
			return err
		}
		return t.each(scan, "SELECT "+occupiedColumns+` FROM bookings b
			WHERE b.starts_at >= $1 AND b.starts_at < $2 AND b.status IN ('confirmed', 'ended')`, from.Unix(), ceilUnix(until))
	})
}

// ceilUnix gives the first whole second at the instant or after it: bookings begin at whole seconds.
func ceilUnix(at time.Time) int64 {
	if at.Nanosecond() > 0 {
		return at.Unix() + 1
	}
	return at.Unix()
}

// OccupiedVersions gives the versions of the days whose bookings were changed long after them.
func (b *Bookings) OccupiedVersions(ctx context.Context, from, until ledger.Day) (map[ledger.Day]int64, error) {
	out := map[ledger.Day]int64{}
	err := b.db.direct(ctx).each(func(row scanner) error {
		var day, version int64
		err := row.Scan(&day, &version)
		out[ledger.Day(day)] = version
		return err
	}, "SELECT day, version FROM occupied_versions WHERE day >= $1 AND day < $2", int64(from), int64(until))
	return out, translate(err)
}
