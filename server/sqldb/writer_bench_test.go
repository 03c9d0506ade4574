package sqldb

import "testing"

// go test ./server/sqldb -run '^$' -bench Writers -benchtime 2s

func BenchmarkWritersAlone(b *testing.B) { benchmarkWriters(b, 0) }

func BenchmarkWritersSixtyFourPerCore(b *testing.B) { benchmarkWriters(b, 64) }

// benchmarkWriters writes one row per transaction: what a commit costs alone, and what it costs when it is shared.
func benchmarkWriters(b *testing.B, perCore int) {
	onEachDurable(b, func(b *testing.B, db *DB) {
		write := func() {
			if err := db.write(b.Context(), func(tx *tx) error { return letter(tx, NewID()) }); err != nil {
				b.Error(err)
			}
		}
		if perCore == 0 {
			for b.Loop() {
				write()
			}
			return
		}
		b.SetParallelism(perCore)
		b.RunParallel(func(loop *testing.PB) {
			for loop.Next() {
				write()
			}
		})
	})
}
