// Package ledgertest holds every ledger store to the same answers, and has one in memory for the tests of others.
//
// It may not know any database. Invariant: what one store passes here and another does not is a fault of the other.
package ledgertest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/labtide/labtide/server/ledger"
)

// Stations are the ids of the stations that RunStore speaks of, in order; a store that asks for registered ones
// registers these.
func Stations() []string { return []string{"station-a", "station-b", "station-c"} }

// RunStore runs the conformance suite. newStore gives an empty store; the suite asks for one per subtest.
func RunStore(t *testing.T, newStore func(t *testing.T) ledger.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, f *fixture)
	}{
		{"an empty store has nothing", testEmpty},
		{"every bit of a day comes back", testEveryBit},
		{"storing is or", testOr},
		{"the same station-day twice in one call is or, too", testSameCall},
		{"a scan is ordered by station and day", testScanOrder},
		{"a scan takes only the stations and days it is asked for", testScanBounds},
		{"a scan stops at an error", testScanStops},
		{"a large call is stored whole", testLarge},
		{"replace sets the days to exactly what it is given", testReplace},
		{"a cancelled call stores nothing", testCancelled},
		{"versions grow with every write to their day", testVersions},
		{"concurrent writers lose nothing", testConcurrent},
		{"a reader who compares versions is never misled", testVersionsConcurrent},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, &fixture{t: t, store: newStore(t)}) })
	}
}

const (
	a = "station-a"
	b = "station-b"
	c = "station-c"

	day ledger.Day = 20600 // 2026-05-27
)

type key struct {
	station string
	day     ledger.Day
}

type fixture struct {
	t     *testing.T
	store ledger.Store
}

func bits(minutes ...int) (set ledger.Bits) {
	for _, m := range minutes {
		set.Set(m)
	}
	return set
}

func entry(station string, day ledger.Day, seen, used ledger.Bits) ledger.StationDay {
	return ledger.StationDay{Station: station, Day: day, Seen: seen, Used: used}
}

func (f *fixture) or(days ...ledger.StationDay) {
	f.t.Helper()
	if err := f.store.Or(f.t.Context(), days); err != nil {
		f.t.Fatalf("Or: %v", err)
	}
}

func (f *fixture) scan(stations []string, from, until ledger.Day) []ledger.StationDay {
	f.t.Helper()
	var got []ledger.StationDay
	err := f.store.Scan(f.t.Context(), stations, from, until, func(d *ledger.StationDay) error {
		got = append(got, *d)
		return nil
	})
	if err != nil {
		f.t.Fatalf("Scan: %v", err)
	}
	return got
}

func (f *fixture) versions() map[ledger.Day]int64 {
	f.t.Helper()
	got, err := f.store.Versions(f.t.Context(), day-10, day+10)
	if err != nil {
		f.t.Fatalf("Versions: %v", err)
	}
	return got
}

// want compares everything around the day.
func (f *fixture) want(want ...ledger.StationDay) {
	f.t.Helper()
	if got := f.scan(nil, day-10, day+10); !slices.Equal(got, want) {
		f.t.Fatalf("the store has %d station-days, want %d:\n%v\nwant\n%v", len(got), len(want), got, want)
	}
}

func testEmpty(t *testing.T, f *fixture) {
	f.want()
	if got := f.versions(); len(got) != 0 {
		t.Errorf("versions are %v", got)
	}
	f.or()
	if err := f.store.Replace(t.Context(), day, day+1, nil); err != nil {
		t.Errorf("Replace by nothing: %v", err)
	}
	f.want()
}

func testEveryBit(_ *testing.T, f *fixture) {
	var days []ledger.StationDay
	random := rand.New(rand.NewPCG(1, 2))
	for _, station := range Stations() {
		var seen, used ledger.Bits
		for m := range ledger.Minutes {
			if random.IntN(2) == 0 {
				seen.Set(m)
			}
			if random.IntN(5) == 0 {
				used.Set(m)
			}
		}
		days = append(days, entry(station, day, seen, used))
	}
	edges := bits(0, 63, 64, 1407, 1408, 1438, 1439)
	days = append(days, entry(c, day+1, edges, ledger.Bits{}))
	days = append(days, entry(c, day+2, edges, bits(1439)))
	f.or(days...)
	f.want(days...)
}

func testOr(_ *testing.T, f *fixture) {
	f.or(entry(a, day, bits(1, 2), bits(2)))
	f.or(entry(a, day, bits(2, 1439), bits(0)))
	f.or(entry(a, day, bits(2), ledger.Bits{}))
	f.want(entry(a, day, bits(1, 2, 1439), bits(0, 2)))
}

func testSameCall(_ *testing.T, f *fixture) {
	f.or(entry(a, day, bits(1), bits(1)), entry(b, day, bits(5), bits()), entry(a, day, bits(2), bits(2)))
	f.want(entry(a, day, bits(1, 2), bits(1, 2)), entry(b, day, bits(5), bits()))
}

func testScanOrder(_ *testing.T, f *fixture) {
	var want []ledger.StationDay
	for _, station := range Stations() {
		for d := range ledger.Day(3) {
			want = append(want, entry(station, day+d, bits(int(d)), bits()))
		}
	}
	mixed := slices.Clone(want)
	slices.Reverse(mixed)
	f.or(mixed...)
	f.want(want...)
}

func testScanBounds(t *testing.T, f *fixture) {
	for _, station := range Stations() {
		f.or(entry(station, day-1, bits(1), bits()), entry(station, day, bits(2), bits()), entry(station, day+1, bits(3), bits()))
	}
	check := func(got []ledger.StationDay, want ...key) {
		t.Helper()
		var keys []key
		for _, d := range got {
			keys = append(keys, key{d.Station, d.Day})
		}
		if !slices.Equal(keys, want) {
			t.Errorf("scan gives %v, want %v", keys, want)
		}
	}
	check(f.scan([]string{b}, day-1, day+1), key{b, day - 1}, key{b, day})
	check(f.scan([]string{c, a}, day, day+1), key{a, day}, key{c, day})
	check(f.scan([]string{"nobody"}, day-1, day+1))
	check(f.scan(nil, day, day))
	check(f.scan(nil, day+2, day+9))
}

func testScanStops(t *testing.T, f *fixture) {
	f.or(entry(a, day, bits(1), bits()), entry(b, day, bits(1), bits()))
	stop := errors.New("stop")
	calls := 0
	err := f.store.Scan(t.Context(), nil, day, day+1, func(*ledger.StationDay) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("scan gave %v after %d calls, want the error of the first", err, calls)
	}
	f.or(entry(a, day, bits(2), bits())) // a scan that was left early must not block a write
}

func testLarge(t *testing.T, f *fixture) {
	var days []ledger.StationDay
	for _, station := range Stations() {
		for d := range ledger.Day(1000) {
			days = append(days, entry(station, day+d, bits(int(d)), bits(int(d)+1)))
		}
	}
	f.or(days...)
	if got := f.scan(nil, day, day+1000); !slices.Equal(got, days) {
		t.Errorf("%d station-days came back, want %d", len(got), len(days))
	}
}

func testReplace(t *testing.T, f *fixture) {
	f.or(
		entry(a, day-1, bits(1), bits(1)), entry(a, day, bits(1), bits(1)), entry(a, day+1, bits(1), bits(1)),
		entry(b, day, bits(1), bits(1)), entry(b, day+2, bits(1), bits(1)),
	)
	err := f.store.Replace(t.Context(), day, day+2, []ledger.StationDay{
		entry(a, day, bits(7), bits()), entry(c, day+1, bits(8), bits(8)),
	})
	if err != nil {
		t.Fatalf("Replace: %v", err)
	}
	f.want(
		entry(a, day-1, bits(1), bits(1)), entry(a, day, bits(7), bits()),
		entry(b, day+2, bits(1), bits(1)), entry(c, day+1, bits(8), bits(8)),
	)
}

func testCancelled(t *testing.T, f *fixture) {
	f.or(entry(a, day, bits(1), bits()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.store.Or(ctx, []ledger.StationDay{entry(a, day, bits(2), bits())}); err == nil {
		t.Error("Or without time is no error")
	}
	if err := f.store.Replace(ctx, day, day+1, nil); err == nil {
		t.Error("Replace without time is no error")
	}
	f.want(entry(a, day, bits(1), bits()))
}

func testVersions(t *testing.T, f *fixture) {
	before := f.versions()
	grown := func(what string, days ...ledger.Day) {
		t.Helper()
		now := f.versions()
		for d := day - 3; d < day+3; d++ {
			if slices.Contains(days, d) != (now[d] > before[d]) || now[d] < before[d] {
				t.Errorf("%s: version of day %+d went from %d to %d", what, d-day, before[d], now[d])
			}
		}
		before = maps.Clone(now)
	}
	f.or(entry(a, day, bits(1), bits()), entry(b, day+1, bits(1), bits()))
	grown("first or", day, day+1)
	f.or(entry(b, day, bits(2), bits()))
	grown("another station", day)
	if err := f.store.Replace(t.Context(), day-1, day+1, nil); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	now := f.versions()
	if now[day] <= before[day] || now[day+1] != before[day+1] {
		t.Errorf("replace took versions from %v to %v", before, now)
	}
	before = maps.Clone(now)
	if err := f.store.Replace(t.Context(), day-1, day, []ledger.StationDay{entry(c, day-1, bits(1), bits())}); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	grown("replace of an empty day", day-1)
	got, err := f.store.Versions(t.Context(), day, day+1)
	if err != nil || len(got) != 1 || got[day] == 0 {
		t.Errorf("versions of one day are %v, %v", got, err)
	}
}

// testConcurrent lets writers meet on the same rows in opposite orders, as two servers do.
func testConcurrent(t *testing.T, f *fixture) {
	const writers, rounds = 8, 15
	var group sync.WaitGroup
	errs := make(chan error, writers*rounds)
	for w := range writers {
		group.Go(func() {
			for r := range rounds {
				m := w*rounds + r
				days := []ledger.StationDay{
					entry(a, day, bits(m), bits(m)), entry(b, day+1, bits(m), bits()), entry(c, day, bits(m), bits(m)),
				}
				if w%2 == 1 {
					slices.Reverse(days)
				}
				errs <- f.store.Or(t.Context(), days)
			}
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatalf("Or: %v", err)
		}
	}
	var all ledger.Bits
	for m := range writers * rounds {
		all.Set(m)
	}
	f.want(entry(a, day, all, all), entry(b, day+1, all, ledger.Bits{}), entry(c, day, all, all))
}

// testVersionsConcurrent reads versions, then facts, while others write. Whatever was read first under the version at
// which the day comes to rest must be what is stored.
func testVersionsConcurrent(t *testing.T, f *fixture) {
	const writers, rounds = 4, 20
	var group sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		group.Go(func() {
			for r := range rounds {
				err := f.store.Or(t.Context(), []ledger.StationDay{
					entry(Stations()[r%3], day, bits(w*rounds+r), bits()),
				})
				if err != nil {
					t.Errorf("Or: %v", err)
				}
			}
		})
	}
	go func() { group.Wait(); close(done) }()
	read := map[int64]string{}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		version := f.versions()[day]
		facts := dump(f.scan(nil, day, day+1))
		if _, ok := read[version]; !ok {
			read[version] = facts
		}
	}
	final := f.versions()[day]
	if got, want := read[final], dump(f.scan(nil, day, day+1)); got != want {
		t.Errorf("under version %d a reader saw\n%s, stored is\n%s", final, got, want)
	}
}

func dump(days []ledger.StationDay) string {
	var out strings.Builder
	for _, d := range days {
		out.WriteString(d.Station)
		for m := range ledger.Minutes {
			if d.Seen.Has(m) {
				out.WriteByte('1')
			} else {
				out.WriteByte('0')
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}
