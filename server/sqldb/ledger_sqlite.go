package sqldb

import (
	"context"
	"database/sql"
	"errors"

	"github.com/labtide/labtide/server/ledger"
)

// orDays adds the bits of days, each station-day once.
func (t *tx) orDays(days []ledger.StationDay) error {
	if t.dialect.name == Postgres {
		return t.orDaysPostgres(days)
	}
	for i := range days {
		if err := t.orDay(days[i]); err != nil {
			return err
		}
	}
	return nil
}

// orDay reads, ORs and writes: nobody comes between, for there is one writer. A day that has all bits is not written again.
func (t *tx) orDay(d ledger.StationDay) error {
	var seen, used sql.RawBytes
	var stored ledger.StationDay
	err := t.each(func(row scanner) error {
		if err := row.Scan(&seen, &used); err != nil {
			return err
		}
		return errors.Join(unpackBits(seen, &stored.Seen), unpackBits(used, &stored.Used))
	}, "SELECT seen, used FROM ledger_days WHERE station_id = $1 AND day = $2", d.Station, int64(d.Day))
	if err != nil {
		return err
	}
	orInto(&d, &stored)
	if seen != nil && d.Seen == stored.Seen && d.Used == stored.Used {
		return nil
	}
	_, err = t.exec(`INSERT INTO ledger_days (station_id, day, seen, used) VALUES ($1, $2, $3, $4)
		ON CONFLICT (station_id, day) DO UPDATE SET seen = excluded.seen, used = excluded.used`,
		d.Station, int64(d.Day), packBits(&d.Seen), packBits(&d.Used))
	return err
}

// ledgerStations walks the primary key from station to station; DISTINCT would read every row.
const ledgerStations = `WITH RECURSIVE s (id) AS (
		SELECT min(station_id) FROM ledger_days
		UNION ALL SELECT (SELECT min(station_id) FROM ledger_days WHERE station_id > s.id) FROM s WHERE s.id IS NOT NULL)
	SELECT id FROM s WHERE id IS NOT NULL ORDER BY id`

// scanSQLite reads station by station, each a piece of the table as it lies on the disk, all from one snapshot.
func (l *Ledger) scanSQLite(ctx context.Context, stations []string, from, until ledger.Day, each func(*ledger.StationDay) error) error {
	return l.db.read(ctx, func(t *tx) (err error) {
		if len(stations) == 0 {
			stations, err = list(t, func(row scanner) (id string, err error) { return id, row.Scan(&id) }, ledgerStations)
			if err != nil {
				return err
			}
		}
		var d ledger.StationDay
		var seen, used sql.RawBytes
		for _, d.Station = range distinct(stations) {
			err := t.each(func(row scanner) error {
				if err := row.Scan(&d.Day, &seen, &used); err != nil {
					return err
				}
				if err := errors.Join(unpackBits(seen, &d.Seen), unpackBits(used, &d.Used)); err != nil {
					return err
				}
				return each(&d)
			}, "SELECT day, seen, used FROM ledger_days WHERE station_id = $1 AND day >= $2 AND day < $3 ORDER BY day",
				d.Station, int64(from), int64(until))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
