package report

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/ledger"
)

func noise(random *rand.Rand, n int) (b ledger.Bits) {
	for m := range ledger.Minutes {
		if random.IntN(n) == 0 {
			b.Set(m)
		}
	}
	return b
}

func TestPackedFactsComeBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var full, odd ledger.Bits
	full.SetRange(0, ledger.Minutes)
	for m := 0; m < 4*mostRuns; m += 2 {
		odd.Set(m)
		b := &factBlock{}
		want := map[int]ledger.StationDay{}
		for i, d := range []ledger.StationDay{{Seen: full, Used: odd}, {Seen: odd}, {}, {Seen: noise(random, 2), Used: full}, {Used: noise(random, 30)}} {
			b.add(i*3, &d)
			want[i*3] = d
		}
		for number := range 20 {
			var seen, used ledger.Bits
			b.facts(number, &seen, &used)
			if seen != want[number].Seen || used != want[number].Used {
				t.Fatalf("with %d runs, station %d comes back as\n%x\n%x", m/2+1, number, seen, used)
			}
		}
	}
}

func TestAVerticalCounterCountsEveryMinute(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var c counter
	for range 2 {
		c.reset()
		var want [ledger.Minutes]int
		for n := range 300 {
			set := noise(random, 1+n%7)
			c.add(&set)
			for m := range want {
				if set.Has(m) {
					want[m]++
				}
			}
		}
		for m, n := range want {
			if c.at(m) != n {
				t.Fatalf("minute %d is counted %d times, want %d", m, c.at(m), n)
			}
		}
		for range 200 {
			first := random.IntN(ledger.Minutes)
			end := first + 1 + random.IntN(ledger.Minutes-first)
			if got, want := c.most(first, end), slices.Max(want[first:end]); got != want {
				t.Fatalf("the most in [%d, %d) is %d, want %d", first, end, got, want)
			}
			total := 0
			for _, n := range want[first:end] {
				total += n
			}
			if got := c.sum(first, end); got != int64(total) {
				t.Fatalf("the sum of [%d, %d) is %d, want %d", first, end, got, total)
			}
		}
	}
	if (&counter{}).most(0, 9) != 0 {
		t.Error("a counter of nothing counts")
	}
}

func TestCountRangeCountsMarkedMinutes(t *testing.T) {
	set := noise(rand.New(rand.NewPCG(5, 6)), 2)
	for first := 0; first <= ledger.Minutes; first += 7 {
		want := 0
		for end := first; end <= ledger.Minutes; end++ {
			if got := countRange(&set, first, end); got != want {
				t.Fatalf("[%d, %d) has %d, want %d", first, end, got, want)
			}
			if end < ledger.Minutes && set.Has(end) {
				want++
			}
		}
	}
}

func TestSegmentsFollowTheClock(t *testing.T) {
	for _, c := range []struct {
		zone string
		at   time.Time // a UTC day with a change of the clock
	}{
		{"Europe/Helsinki", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
		{"Europe/Helsinki", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)},
		{"Australia/Lord_Howe", time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC)},
		{"Australia/Lord_Howe", time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC)},
		{"Asia/Kathmandu", time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC)},
		{"Asia/Kathmandu", time.Date(1985, 12, 31, 0, 0, 0, 0, time.UTC)}, // +5:30 to +5:45
		{"UTC", time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC)},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		next := 0
		for _, s := range appendSegments(nil, ledger.DayOf(c.at), loc) {
			if s.first != next || s.end <= s.first {
				t.Errorf("%s %v: segment %+v does not begin at %d", c.zone, c.at, s, next)
			}
			next = s.end
			for m := s.first; m < s.end; m++ {
				at := c.at.Add(time.Duration(m) * time.Minute).In(loc)
				if cell := (int(at.Weekday())+6)%7*24 + at.Hour(); cell != s.cell {
					t.Errorf("%s: %v is in cell %d, want %d", c.zone, at, s.cell, cell)
				}
			}
		}
		if next != ledger.Minutes {
			t.Errorf("%s %v: segments end at %d", c.zone, c.at, next)
		}
	}
}

type weight int

func (w weight) bytes() int { return int(w) }

func TestADayCacheReadsOnlyWhatIsNewAndForgetsWhatIsOldest(t *testing.T) {
	c := newDayCache[weight](10)
	var loaded [][2]ledger.Day
	versions := map[ledger.Day]int64{}
	get := func(first, end, settled ledger.Day, want ...[2]ledger.Day) {
		t.Helper()
		loaded = nil
		got, err := c.get(t.Context(), plan[weight]{
			first: first, end: end, versions: versions, settled: settled,
			load: func(_ context.Context, from, until ledger.Day) ([]weight, error) {
				loaded = append(loaded, [2]ledger.Day{from, until})
				out := make([]weight, until-from)
				for i := range out {
					out[i] = weight(1)
				}
				return out, nil
			},
		})
		if err != nil || len(got) != int(end-first) || slices.Contains(got, 0) {
			t.Errorf("[%d, %d) gives %v, %v", first, end, got, err)
		}
		if !slices.Equal(loaded, want) {
			t.Errorf("[%d, %d) loads %v, want %v", first, end, loaded, want)
		}
	}
	get(0, 5, 100, [2]ledger.Day{0, 5})
	get(0, 5, 100)
	versions[2]++
	get(0, 7, 100, [2]ledger.Day{2, 3}, [2]ledger.Day{5, 7})
	get(0, 7, 4, [2]ledger.Day{4, 7}) // days that are not settled are read each time
	get(0, 7, 4, [2]ledger.Day{4, 7})
	versions[1] = -1
	get(0, 4, 100) // what was read under a newer version is good
	get(20, 28, 100, [2]ledger.Day{20, 28})
	if c.size > 10 || len(c.blocks) != c.size {
		t.Errorf("the cache holds %d of 10 bytes in %d blocks", c.size, len(c.blocks))
	}
	get(20, 28, 100)
	get(4, 7, 100, [2]ledger.Day{4, 7})
}
