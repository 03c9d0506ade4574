package sqldb

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/labtide/labtide/server/ledger"
)

func TestPackedBitsComeBack(t *testing.T) {
	for _, minute := range []int{0, 1, 7, 8, 63, 64, 1439} {
		var b, back ledger.Bits
		b.Set(minute)
		raw := packBits(&b)
		if raw[minute/8] != 0x80>>(minute%8) {
			t.Errorf("minute %d is %x", minute, raw)
		}
		if err := unpackBits(raw, &back); err != nil || back != b {
			t.Errorf("minute %d comes back as %v, %v", minute, back, err)
		}
	}
	if err := unpackBits(make([]byte, 179), new(ledger.Bits)); err == nil {
		t.Error("a short day was taken")
	}
}

func TestTwoServersThatOrTheSameDaysLoseNoBit(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		handles := []*Ledger{NewLedger(openTest(t, cfg)), NewLedger(openTest(t, cfg))}
		stations := []string{"a", "b", "c", "d", "e"}
		var mu sync.Mutex
		want := map[string]ledger.Bits{}
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				for range 10 {
					var days []ledger.StationDay
					for _, n := range rand.Perm(len(stations)) {
						d := ledger.StationDay{Station: stations[n], Day: 20600}
						d.Seen.Set(rand.IntN(ledger.Minutes))
						days = append(days, d)
						mu.Lock()
						sum := want[d.Station]
						for w := range sum {
							sum[w] |= d.Seen[w]
						}
						want[d.Station] = sum
						mu.Unlock()
					}
					if err := handles[i%2].Or(t.Context(), days); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		var seen []string
		err := handles[0].Scan(t.Context(), nil, 20600, 20601, func(d *ledger.StationDay) error {
			seen = append(seen, d.Station)
			if d.Seen != want[d.Station] {
				t.Errorf("station %s lost bits", d.Station)
			}
			return nil
		})
		if err != nil || !slices.Equal(seen, stations) {
			t.Errorf("stations are %q, %v", seen, err)
		}
		versions, err := handles[1].Versions(t.Context(), 20600, 20601)
		if err != nil || versions[20600] != 80 {
			t.Errorf("after 80 writes the version is %d, %v", versions[20600], err)
		}
	})
}

// minuteOf is one minute of many stations, as ingest writes it.
func minuteOf(stations, minute int) []ledger.StationDay {
	days := make([]ledger.StationDay, stations)
	for i := range days {
		days[i] = ledger.StationDay{Station: fmt.Sprintf("station-%04d", i), Day: 20600 + ledger.Day(minute/ledger.Minutes)}
		days[i].Seen.Set(minute % ledger.Minutes)
		if i%3 == 0 {
			days[i].Used.Set(minute % ledger.Minutes)
		}
	}
	return days
}
