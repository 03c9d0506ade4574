package sqldb

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/labtide/labtide/server/ledger"
)

// orChunk is how many station-days one statement carries: about 2 MB.
const orChunk = 5000

// orDaysPostgres is one upsert for all days. Rows that have all bits already are left alone: redelivery writes nothing.
func (t *tx) orDaysPostgres(days []ledger.StationDay) error {
	for len(days) > 0 {
		chunk := days[:min(len(days), orChunk)]
		days = days[len(chunk):]
		stations, numbers := make([]string, len(chunk)), make([]int64, len(chunk))
		seen, used := make([]pgtype.Bits, len(chunk)), make([]pgtype.Bits, len(chunk))
		for i := range chunk {
			stations[i], numbers[i] = chunk[i].Station, int64(chunk[i].Day)
			seen[i] = pgtype.Bits{Bytes: packBits(&chunk[i].Seen), Len: ledger.Minutes, Valid: true}
			used[i] = pgtype.Bits{Bytes: packBits(&chunk[i].Used), Len: ledger.Minutes, Valid: true}
		}
		if _, err := t.exec(`INSERT INTO ledger_days AS l (station_id, day, seen, used)
			SELECT n.station, n.day, n.seen::bit(1440), n.used::bit(1440)
			FROM unnest($1::text[], $2::bigint[], $3::varbit[], $4::varbit[]) AS n (station, day, seen, used)
			ON CONFLICT (station_id, day) DO UPDATE SET seen = l.seen | excluded.seen, used = l.used | excluded.used
			WHERE l.seen | excluded.seen <> l.seen OR l.used | excluded.used <> l.used`,
			stations, numbers, seen, used); err != nil {
			return err
		}
	}
	return nil
}

// scanPostgres reads by pgx itself, in binary: database/sql would turn each day into a text of 1,440 digits.
// It never joins a transaction of Together.
func (l *Ledger) scanPostgres(ctx context.Context, stations []string, from, until ledger.Day, each func(*ledger.StationDay) error) error {
	query, args := "SELECT station_id, day, seen, used FROM ledger_days WHERE day >= $1 AND day < $2", []any{int64(from), int64(until)}
	if len(stations) > 0 {
		query += " AND " + l.db.dialect.among("station_id", 3)
		args = append(args, l.db.dialect.list(stations))
	}
	conn, err := l.db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // back to the pool
	return conn.Raw(func(inner any) error {
		driver, ok := inner.(*stdlib.Conn)
		if !ok {
			return sql.ErrConnDone
		}
		rows, err := driver.Conn().Query(ctx, query+" ORDER BY station_id, day",
			append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var d ledger.StationDay
		for rows.Next() {
			if err := readDay(rows.RawValues(), &d); err != nil {
				return err
			}
			if err := each(&d); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// readDay reads a row in PostgreSQL's binary format: bigint in network order, bits behind their number.
func readDay(row [][]byte, d *ledger.StationDay) error {
	if len(row) != 4 || len(row[1]) != 8 || len(row[2]) != 4+dayBytes || len(row[3]) != 4+dayBytes {
		return fmt.Errorf("sqldb: a ledger day has an unknown format")
	}
	if string(row[0]) != d.Station {
		d.Station = string(row[0])
	}
	d.Day = ledger.Day(int64(binary.BigEndian.Uint64(row[1])))
	if err := unpackBits(row[2][4:], &d.Seen); err != nil {
		return err
	}
	return unpackBits(row[3][4:], &d.Used)
}
