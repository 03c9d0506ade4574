package wire

import (
	"errors"
	"iter"
	"slices"
	"time"
)

// Interval is a stretch of time, StartsAt included and EndsAt not, in which a device was in use or idle.
type Interval struct {
	StartsAt, EndsAt time.Time
	InUse            bool
}

// Check returns an error when the interval is empty or backward.
func (i Interval) Check() error {
	if !i.EndsAt.After(i.StartsAt) {
		return errors.New("the end must lie after the start")
	}
	return nil
}

// CutIntervals cuts the intervals of one device into samples, oldest first: one for every UTC minute of which at least
// one second is known. Intervals may come in any order and overlap: an instant counts once, and where one interval
// says in use and another idle, it was in use. Intervals that Check refuses are left out. Seconds are rounded by
// Seconds, minute by minute.
func CutIntervals(intervals []Interval, source Source) iter.Seq[Sample] {
	inUse := union(intervals, true)
	idle := union(intervals, false)
	return func(yield func(Sample) bool) {
		busy, quiet := inUse, idle
		var end time.Time
		for len(busy) > 0 || len(quiet) > 0 {
			minute := later(earliest(busy, quiet), end).Truncate(time.Minute)
			end = minute.Add(time.Minute)
			idleFor := overlap(quiet, minute, end) - common(busy, quiet, minute, end)
			used, unused := Seconds(overlap(busy, minute, end), idleFor)
			if used+unused > 0 {
				if !yield(Sample{Minute: minute, InUseSeconds: used, IdleSeconds: unused, Source: source}) {
					return
				}
			}
			busy, quiet = after(busy, end), after(quiet, end)
		}
	}
}

// Seconds rounds the parts of a minute to whole seconds that together are at most 60.
func Seconds(inUse, idle time.Duration) (inUseSeconds, idleSeconds int) {
	inUseSeconds = min(int(inUse.Round(time.Second)/time.Second), 60)
	idleSeconds = min(int(idle.Round(time.Second)/time.Second), 60-inUseSeconds)
	return inUseSeconds, idleSeconds
}

// span is an interval without its meaning.
type span struct{ from, to time.Time }

// union returns the instants of all intervals of one meaning as disjoint spans in ascending order.
func union(intervals []Interval, inUse bool) []span {
	var spans []span
	for _, i := range intervals {
		if i.InUse == inUse && i.Check() == nil {
			// UTC drops the zone and Round the monotonic reading, which Truncate and Before must not see.
			spans = append(spans, span{i.StartsAt.UTC().Round(0), i.EndsAt.UTC().Round(0)})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && !s.from.After(merged[n-1].to) {
			merged[n-1].to = later(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

func earliest(a, b []span) time.Time {
	switch {
	case len(a) == 0:
		return b[0].from
	case len(b) == 0 || a[0].from.Before(b[0].from):
		return a[0].from
	}
	return b[0].from
}

// overlap is how much of from … to the spans cover.
func overlap(spans []span, from, to time.Time) time.Duration {
	var sum time.Duration
	for _, s := range spans {
		if !s.from.Before(to) {
			break
		}
		if d := sooner(s.to, to).Sub(later(s.from, from)); d > 0 {
			sum += d
		}
	}
	return sum
}

// common is how much of from … to is covered by both.
func common(a, b []span, from, to time.Time) time.Duration {
	var sum time.Duration
	for _, s := range a {
		if !s.from.Before(to) {
			break
		}
		if start, end := later(s.from, from), sooner(s.to, to); end.After(start) {
			sum += overlap(b, start, end)
		}
	}
	return sum
}

// after returns the part of the spans from t on. It leaves the given slice as it is.
func after(spans []span, t time.Time) []span {
	for len(spans) > 0 && !spans[0].to.After(t) {
		spans = spans[1:]
	}
	return spans
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
