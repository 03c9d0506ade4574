package sqldb

import (
	"fmt"
	"os"
	"testing"

	"github.com/labtide/labtide/server/e2e/rig"
	"github.com/labtide/labtide/server/ledger"
)

// go test ./server/sqldb -run '^$' -bench Ledger -benchtime 10x   (LABTIDE_BENCH_YEAR=1: with the year of 2,000 stations)

// onEachDurable runs a benchmark on both databases as they are in production: each commit waits for the disk.
func onEachDurable(b *testing.B, bench func(b *testing.B, db *DB)) {
	b.Helper()
	b.Run(SQLite, func(b *testing.B) { bench(b, openTest(b, liteConfig(b))) })
	b.Run(Postgres, func(b *testing.B) {
		bench(b, openTest(b, Config{Driver: Postgres, DSN: rig.Postgres(b, rig.Durable)}))
	})
}

func BenchmarkLedgerOrAMinuteOf2000Stations(b *testing.B) {
	onEachDurable(b, func(b *testing.B, db *DB) {
		store := NewLedger(db)
		for minute := 0; b.Loop(); minute++ {
			if err := store.Or(b.Context(), minuteOf(2000, minute)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkLedgerScanAYearOf2000Stations(b *testing.B) {
	if os.Getenv("LABTIDE_BENCH_YEAR") != "1" {
		b.Skip("it first writes 730,000 station-days; set LABTIDE_BENCH_YEAR=1")
	}
	onEachDurable(b, func(b *testing.B, db *DB) {
		store := NewLedger(db)
		const stations, days = 2000, 365
		for day := range ledger.Day(days) {
			rows := make([]ledger.StationDay, stations)
			for i := range rows {
				rows[i] = ledger.StationDay{Station: fmt.Sprintf("station-%04d", i), Day: 20000 + day}
				for minute := 480; minute < 1200; minute++ {
					rows[i].Seen.Set(minute)
					if (minute/45+i+int(day))%3 == 0 {
						rows[i].Used.Set(minute)
					}
				}
			}
			if err := store.Or(b.Context(), rows); err != nil {
				b.Fatal(err)
			}
		}
		for _, span := range []ledger.Day{1, days} {
			b.Run(fmt.Sprintf("%d days", span), func(b *testing.B) {
				for b.Loop() {
					n := 0
					if err := store.Scan(b.Context(), nil, 20000, 20000+span, func(*ledger.StationDay) error { n++; return nil }); err != nil {
						b.Fatal(err)
					}
					if n != stations*int(span) {
						b.Fatalf("%d station-days", n)
					}
				}
			})
		}
	})
}
