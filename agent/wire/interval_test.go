package wire_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/agent/wire"
)

func TestIntervalsAreCutIntoMinutes(t *testing.T) {
	at := minuteAt
	got := slices.Collect(wire.CutIntervals([]wire.Interval{
		{StartsAt: at("2026-11-22T03:43:00Z"), EndsAt: at("2026-11-22T03:44:20Z"), InUse: false},
		{StartsAt: at("2026-11-22T11:40:45+08:00"), EndsAt: at("2026-11-22T11:42:10+08:00"), InUse: true},
		{StartsAt: at("2026-11-22T03:41:30Z"), EndsAt: at("2026-11-22T03:42:05Z"), InUse: true},
		{StartsAt: at("2026-11-22T03:44:00Z"), EndsAt: at("2026-11-22T03:44:05Z"), InUse: true},
		{StartsAt: at("2026-11-22T03:59:00Z"), EndsAt: at("2026-11-22T03:59:00Z"), InUse: true},
	}, wire.SourceManual))
	want := []wire.Sample{
		{Minute: at("2026-11-22T03:40:00Z"), InUseSeconds: 15},
		{Minute: at("2026-11-22T03:41:00Z"), InUseSeconds: 60},
		{Minute: at("2026-11-22T03:42:00Z"), InUseSeconds: 10},
		{Minute: at("2026-11-22T03:43:00Z"), IdleSeconds: 60},
		{Minute: at("2026-11-22T03:44:00Z"), InUseSeconds: 5, IdleSeconds: 15},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d samples, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		g, w := got[i], want[i]
		if g.Minute != w.Minute || g.InUseSeconds != w.InUseSeconds || g.IdleSeconds != w.IdleSeconds || g.Source != wire.SourceManual {
			t.Errorf("sample %d: got %+v, want %+v", i, g, w)
		}
		if code := g.Fault(g.Minute, 0); code != "" {
			t.Errorf("sample %d is not valid: %s", i, code)
		}
	}
}

// TestCuttingAgreesWithCountingSeconds compares with the slow and obvious way: ask every second of the span.
func TestCuttingAgreesWithCountingSeconds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	start := minuteAt("2026-11-22T00:00:00Z")
	for range 300 {
		var intervals []wire.Interval
		for range random.IntN(8) {
			from := start.Add(time.Duration(random.IntN(900)) * time.Second)
			intervals = append(intervals, wire.Interval{
				StartsAt: from, EndsAt: from.Add(time.Duration(random.IntN(300)) * time.Second), InUse: random.IntN(2) == 0,
			})
		}
		compareWithSeconds(t, start, intervals)
	}
}

func compareWithSeconds(t *testing.T, start time.Time, intervals []wire.Interval) {
	t.Helper()
	type counts struct{ inUse, idle int }
	want := map[time.Time]counts{}
	for s := range 1200 {
		second := start.Add(time.Duration(s) * time.Second)
		inUse, idle := false, false
		for _, i := range intervals {
			if !second.Before(i.StartsAt) && second.Before(i.EndsAt) {
				inUse, idle = inUse || i.InUse, idle || !i.InUse
			}
		}
		c := want[second.Truncate(time.Minute)]
		switch {
		case inUse:
			c.inUse++
		case idle:
			c.idle++
		default:
			continue
		}
		want[second.Truncate(time.Minute)] = c
	}
	last := time.Time{}
	for s := range wire.CutIntervals(intervals, wire.SourceManual) {
		if !s.Minute.After(last) {
			t.Fatalf("minute %v comes after %v", s.Minute, last)
		}
		last = s.Minute
		if (counts{s.InUseSeconds, s.IdleSeconds}) != want[s.Minute] {
			t.Fatalf("minute %v: got %+v, want %+v, of %+v", s.Minute, s, want[s.Minute], intervals)
		}
		delete(want, s.Minute)
	}
	if len(want) > 0 {
		t.Fatalf("minutes are missing: %v, of %+v", want, intervals)
	}
}

func TestPartsOfSecondsNeverAddUpToMoreThanAMinute(t *testing.T) {
	inUse, idle := wire.Seconds(30500*time.Millisecond, 29500*time.Millisecond)
	if inUse != 31 || idle != 29 {
		t.Errorf("got %d and %d", inUse, idle)
	}
	if inUse, idle = wire.Seconds(400*time.Millisecond, 400*time.Millisecond); inUse != 0 || idle != 0 {
		t.Errorf("less than half a second: got %d and %d", inUse, idle)
	}
}

func TestCuttingStopsWhenTheReaderDoes(t *testing.T) {
	start := minuteAt("2026-11-22T00:00:00Z")
	n := 0
	for range wire.CutIntervals([]wire.Interval{{StartsAt: start, EndsAt: start.AddDate(5, 0, 0), InUse: true}}, wire.SourceManual) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("read %d", n)
	}
}
