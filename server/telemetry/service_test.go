package telemetry_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
	"github.com/labtide/labtide/server/telemetry/telemetrytest"
)

type places []equipment.Placement

func (p places) Placements(_ context.Context, from, until time.Time) ([]equipment.Placement, error) {
	var out []equipment.Placement
	for _, placement := range p {
		if placement.From.Before(until) && (placement.Until.IsZero() || placement.Until.After(from)) {
			out = append(out, placement)
		}
	}
	return out, nil
}

// bench is a store with one sample of each value per minute, from the epoch of the test on.
func bench(t *testing.T, devices map[string][]float64) (*telemetrytest.Memory, func(minute int) time.Time) {
	t.Helper()
	start := time.Date(2026, 5, 27, 8, 0, 0, 0, time.UTC)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	store := telemetrytest.NewMemory()
	for device, values := range devices {
		for n, v := range values {
			if math.IsNaN(v) {
				continue
			}
			_, err := store.Write(t.Context(), []telemetry.Sample{{Device: device, Minute: at(n), IdleSeconds: 60, PowerWatts: &v}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return store, at
}

func TestAStationHasOnlyTheMinutesInWhichItsDevicesStoodThere(t *testing.T) {
	store, at := bench(t, map[string][]float64{
		"old": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		"new": {100, 100, 100, 100, 50, 60, 70, 80, 90, 100},
	})
	s := telemetry.NewService(store, places{
		{DeviceID: "old", StationID: "a", From: at(-100), Until: at(4)},
		{DeviceID: "old", StationID: "b", From: at(4)},
		{DeviceID: "new", StationID: "b", From: at(-100), Until: at(2)},
		{DeviceID: "new", StationID: "a", From: at(5).Add(time.Second)},
	}, func() time.Time { return at(20) })
	got, err := s.StationSeries(t.Context(), telemetry.StationQuery{
		StationID: "a", Metric: telemetry.MetricPowerWatts, From: at(1), Until: at(10), Step: 5 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []telemetry.Point{
		{At: at(0), Min: 2, Mean: 3, Max: 4, Count: 3},
		{At: at(5), Min: 70, Mean: 85, Max: 100, Count: 4}, // minute 5 began before the device came
	}
	if len(got.Points) != 2 || got.Points[0] != want[0] || got.Points[1] != want[1] {
		t.Errorf("points are %+v, want %+v", got.Points, want)
	}
	if got.Coverage == nil || *got.Coverage != 7.0/9 {
		t.Errorf("coverage is %v, want 7 of 9 minutes", got.Coverage)
	}
}

func TestSeveralDevicesShareABucketAndCoverAMinuteOnce(t *testing.T) {
	gap := math.NaN()
	store, at := bench(t, map[string][]float64{"pc": {10, 20, gap, gap}, "plug": {gap, 60, 60, gap}})
	s := telemetry.NewService(store, places{
		{DeviceID: "pc", StationID: "a", From: at(-10)},
		{DeviceID: "plug", StationID: "a", From: at(-10)},
	}, func() time.Time { return at(20) })
	got, err := s.StationSeries(t.Context(), telemetry.StationQuery{
		StationID: "a", Metric: telemetry.MetricPowerWatts, From: at(0), Until: at(4), Step: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := telemetry.Point{At: at(0), Min: 10, Mean: 37.5, Max: 60, Count: 4}
	if len(got.Points) != 1 || got.Points[0] != want {
		t.Errorf("points are %+v, want %+v", got.Points, want)
	}
	if got.Coverage == nil || *got.Coverage != 0.75 {
		t.Errorf("coverage is %v, want 3 of 4 minutes", got.Coverage)
	}
}

func TestCoverageCountsOnlyMinutesThatHavePassed(t *testing.T) {
	store, at := bench(t, map[string][]float64{"pc": {1, 1, 1}})
	s := telemetry.NewService(store, places{{DeviceID: "pc", StationID: "a", From: at(-10)}}, func() time.Time { return at(6) })
	q := telemetry.StationQuery{StationID: "a", Metric: telemetry.MetricPowerWatts, From: at(0), Until: at(60)}
	got, err := s.StationSeries(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got.Coverage == nil || *got.Coverage != 0.5 || got.Step != time.Minute {
		t.Errorf("coverage is %v and step %v, want 3 of 6 minutes and a minute", got.Coverage, got.Step)
	}
	q.From, q.Until = at(10), at(20)
	if got, err = s.StationSeries(t.Context(), q); err != nil || got.Coverage != nil {
		t.Errorf("the future has coverage %v, %v", got.Coverage, err)
	}
}

func TestASeriesIsBounded(t *testing.T) {
	store, at := bench(t, nil)
	s := telemetry.NewService(store, places{}, nil)
	for code, q := range map[string]telemetry.StationQuery{
		"range_empty":      {From: at(1), Until: at(1)},
		"range_too_long":   {From: at(0), Until: at(0).AddDate(2, 0, 0)},
		"step_not_minutes": {From: at(0), Until: at(9), Step: 90 * time.Second},
		"too_many_points":  {From: at(0), Until: at(20_000), Step: time.Minute},
	} {
		if _, err := s.StationSeries(t.Context(), q); fault.CodeOf(err) != code {
			t.Errorf("%+v gives %v, want %s", q, err, code)
		}
	}
	for hours, want := range map[int]time.Duration{1: time.Minute, 24: 5 * time.Minute, 24 * 7: 30 * time.Minute, 24 * 365: 24 * time.Hour} {
		got, err := s.StationSeries(t.Context(), telemetry.StationQuery{From: at(0), Until: at(60 * hours)})
		if err != nil || got.Step != want {
			t.Errorf("%d h gives step %v, %v, want %v", hours, got.Step, err, want)
		}
	}
}
