package telemetrytest

import (
	"context"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

// fixture is one subtest: a store and the words to talk about it.
type fixture struct {
	t     *testing.T
	store telemetry.Store
	base  time.Time
}

// at gives the instant n minutes after the base.
func (f *fixture) at(n int) time.Time { return f.base.Add(time.Duration(n) * time.Minute) }

// sample makes a used sample of a device at minute n.
func (f *fixture) sample(device string, n int) telemetry.Sample {
	return telemetry.Sample{Device: device, Minute: f.at(n), InUseSeconds: 60, Source: "x11"}
}

func (f *fixture) write(batch ...telemetry.Sample) {
	f.t.Helper()
	rejected, err := f.store.Write(f.t.Context(), batch)
	if err != nil {
		f.t.Fatalf("Write: %v", err)
	}
	if len(rejected) > 0 {
		f.t.Fatalf("Write refused good samples: %+v", rejected)
	}
}

func (f *fixture) scan(device string, from, until int) []telemetry.Sample {
	f.t.Helper()
	var got []telemetry.Sample
	err := f.store.Scan(f.t.Context(), device, f.at(from), f.at(until), func(s telemetry.Sample) error {
		got = append(got, s)
		return nil
	})
	if err != nil {
		f.t.Fatalf("Scan: %v", err)
	}
	return got
}

func (f *fixture) series(q telemetry.Query) []telemetry.Point {
	f.t.Helper()
	points, err := f.store.Series(f.t.Context(), q)
	if err != nil {
		f.t.Fatalf("Series of %s: %v", q.Metric, err)
	}
	return points
}

func (f *fixture) coverage(device string, from, until int) int64 {
	f.t.Helper()
	minutes, err := f.store.Coverage(f.t.Context(), device, f.at(from), f.at(until))
	if err != nil {
		f.t.Fatalf("Coverage: %v", err)
	}
	return minutes
}

func (f *fixture) last(device string) (telemetry.Sample, bool) {
	f.t.Helper()
	s, ok, err := f.store.Last(f.t.Context(), device)
	if err != nil {
		f.t.Fatalf("Last: %v", err)
	}
	return s, ok
}

// same compares samples; an empty map of metrics is none.
func (f *fixture) same(got, want telemetry.Sample) {
	f.t.Helper()
	for _, s := range []*telemetry.Sample{&got, &want} {
		if len(s.Metrics) == 0 {
			s.Metrics = nil
		}
	}
	if !got.Minute.Equal(want.Minute) || got.Minute.Location() != time.UTC {
		f.t.Errorf("minute is %v, want %v in UTC", got.Minute, want.Minute)
	}
	got.Minute, want.Minute = time.Time{}, time.Time{}
	if !reflect.DeepEqual(got, want) {
		f.t.Errorf("sample is\n%+v, want\n%+v", show(got), show(want))
	}
}

// show replaces the pointers of a sample by their values.
func show(s telemetry.Sample) map[string]any {
	out := map[string]any{"sample": s}
	for _, name := range []string{telemetry.MetricCPUPercent, telemetry.MetricMemoryPercent, telemetry.MetricPowerWatts} {
		if v, ok := s.Value(name); ok {
			out[name] = v
		}
	}
	return out
}

// samePoints compares a series; means may differ in the last digits, as stores sum in different orders.
func (f *fixture) samePoints(got, want []telemetry.Point) {
	f.t.Helper()
	if len(got) != len(want) {
		f.t.Fatalf("series is %+v, want %+v", got, want)
	}
	for i, g := range got {
		w := want[i]
		near := math.Abs(g.Mean-w.Mean) <= 1e-9*math.Max(1, math.Abs(w.Mean))
		if !g.At.Equal(w.At) || g.Min != w.Min || g.Max != w.Max || g.Count != w.Count || !near {
			f.t.Errorf("point %d is %+v, want %+v", i, g, w)
		}
	}
}

func number(v float64) *float64 { return &v }

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
