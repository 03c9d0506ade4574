package sqldb

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/labtide/labtide/server/ledger"
)

// Ledger is a ledger.Store.
type Ledger struct{ db *DB }

// NewLedger makes the store.
func NewLedger(db *DB) *Ledger { return &Ledger{db: db} }

// dayBytes is how long a stored fact is: 1,440 bits, as PostgreSQL's bit(1440), minute 0 in the highest bit of the first byte.
const dayBytes = ledger.Minutes / 8

func packBits(b *ledger.Bits) []byte {
	var out [ledger.Words * 8]byte
	for i, word := range b {
		binary.BigEndian.PutUint64(out[i*8:], bits.Reverse64(word))
	}
	return out[:dayBytes]
}

func unpackBits(raw []byte, b *ledger.Bits) error {
	if len(raw) != dayBytes {
		return fmt.Errorf("sqldb: a ledger day has %d bytes instead of %d", len(raw), dayBytes)
	}
	var all [ledger.Words * 8]byte
	copy(all[:], raw)
	for i := range b {
		b[i] = bits.Reverse64(binary.BigEndian.Uint64(all[i*8:]))
	}
	return nil
}

// Or adds the bits of each station-day.
func (l *Ledger) Or(ctx context.Context, days []ledger.StationDay) error {
	if len(days) == 0 {
		return ctx.Err()
	}
	days = merged(days)
	return l.db.write(ctx, func(t *tx) error {
		if err := t.orDays(days); err != nil {
			return err
		}
		return t.bumpDays(touched(days))
	})
}

// Replace sets the station-days of [from, until) to exactly these.
func (l *Ledger) Replace(ctx context.Context, from, until ledger.Day, days []ledger.StationDay) error {
	days = merged(days)
	all := make([]ledger.Day, 0, max(0, until-from))
	for day := from; day < until; day++ {
		all = append(all, day)
	}
	return l.db.write(ctx, func(t *tx) error {
		if t.dialect.name == Postgres { // who adds bits meanwhile waits, so that nothing slips in between
			if _, err := t.exec("LOCK TABLE ledger_days IN SHARE ROW EXCLUSIVE MODE"); err != nil {
				return err
			}
		}
		if _, err := t.exec("DELETE FROM ledger_days WHERE day >= $1 AND day < $2", int64(from), int64(until)); err != nil {
			return err
		}
		if err := t.orDays(days); err != nil {
			return err
		}
		return t.bumpDays(all)
	})
}

// Versions gives the version of each day that was ever written.
func (l *Ledger) Versions(ctx context.Context, from, until ledger.Day) (map[ledger.Day]int64, error) {
	out := make(map[ledger.Day]int64)
	err := l.db.direct(ctx).each(func(row scanner) error {
		var day ledger.Day
		var version int64
		err := row.Scan(&day, &version)
		out[day] = version
		return err
	}, "SELECT day, version FROM ledger_versions WHERE day >= $1 AND day < $2", int64(from), int64(until))
	return out, translate(err)
}

// Scan calls each for the stored station-days, ordered by station, then day. The StationDay is only good during the call.
func (l *Ledger) Scan(ctx context.Context, stations []string, from, until ledger.Day, each func(*ledger.StationDay) error) error {
	if l.db.dialect.name == Postgres {
		return translate(l.scanPostgres(ctx, stations, from, until, each))
	}
	return translate(l.scanSQLite(ctx, stations, from, until, each))
}

// merged gives each station-day once, ordered by station and day: the order in which rows are locked.
func merged(days []ledger.StationDay) []ledger.StationDay {
	byStation := func(a, b ledger.StationDay) int {
		return cmp.Or(cmp.Compare(a.Station, b.Station), cmp.Compare(a.Day, b.Day))
	}
	out := slices.SortedFunc(slices.Values(days), byStation)
	kept := out[:0]
	for _, d := range out {
		if n := len(kept); n > 0 && byStation(kept[n-1], d) == 0 {
			orInto(&kept[n-1], &d)
			continue
		}
		kept = append(kept, d)
	}
	return kept
}

func orInto(into, from *ledger.StationDay) {
	for w := range into.Seen {
		into.Seen[w] |= from.Seen[w]
		into.Used[w] |= from.Used[w]
	}
}

func touched(days []ledger.StationDay) []ledger.Day {
	out := make([]ledger.Day, 0, len(days))
	for i := range days {
		out = append(out, days[i].Day)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bumpDays raises the versions of the days, in their order, as the last thing of a transaction: writers wait here only for the
// commit of another one.
func (t *tx) bumpDays(days []ledger.Day) error {
	for _, day := range days {
		if _, err := t.exec(`INSERT INTO ledger_versions (day, version) VALUES ($1, 1)
			ON CONFLICT (day) DO UPDATE SET version = ledger_versions.version + 1`, int64(day)); err != nil {
			return err
		}
	}
	return nil
}
