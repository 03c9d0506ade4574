package telemetrytest

import (
	"errors"
	"testing"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

// powers writes one sample for each value, one minute apart, from minute n.
func (f *fixture) powers(device string, n int, watts ...float64) {
	f.t.Helper()
	var batch []telemetry.Sample
	for i, w := range watts {
		s := f.sample(device, n+i)
		s.PowerWatts = number(w)
		batch = append(batch, s)
	}
	f.write(batch...)
}

func (f *fixture) power(from, until int, step time.Duration) telemetry.Query {
	return telemetry.Query{
		Device: "pc-1", Metric: telemetry.MetricPowerWatts, From: f.at(from), Until: f.at(until), Step: step,
	}
}

func testSeries(_ *testing.T, f *fixture) {
	f.powers("pc-1", 0, 10, 20, 60)
	f.powers("pc-1", 20, -5.5, 0.25)
	f.samePoints(f.series(f.power(0, 60, 5*time.Minute)), []telemetry.Point{
		{At: f.at(0), Min: 10, Mean: 30, Max: 60, Count: 3},
		{At: f.at(20), Min: -5.5, Mean: -2.625, Max: 0.25, Count: 2},
	})
	f.samePoints(f.series(f.power(0, 60, time.Minute)), []telemetry.Point{
		{At: f.at(0), Min: 10, Mean: 10, Max: 10, Count: 1},
		{At: f.at(1), Min: 20, Mean: 20, Max: 20, Count: 1},
		{At: f.at(2), Min: 60, Mean: 60, Max: 60, Count: 1},
		{At: f.at(20), Min: -5.5, Mean: -5.5, Max: -5.5, Count: 1},
		{At: f.at(21), Min: 0.25, Mean: 0.25, Max: 0.25, Count: 1},
	})
	f.samePoints(f.series(f.power(0, 1440, 24*time.Hour)), []telemetry.Point{
		{At: f.at(0), Min: -5.5, Mean: 84.75 / 5, Max: 60, Count: 5},
	})
}

// testAlignment asks from the middle of a bucket: its samples before From do not count, its start is the bucket's all
// the same. A step that does not divide the day still counts from the epoch.
func testAlignment(_ *testing.T, f *fixture) {
	f.powers("pc-1", 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	f.samePoints(f.series(f.power(3, 12, 5*time.Minute)), []telemetry.Point{
		{At: f.at(0), Min: 3, Mean: 3.5, Max: 4, Count: 2},
		{At: f.at(5), Min: 5, Mean: 7, Max: 9, Count: 5},
		{At: f.at(10), Min: 10, Mean: 10.5, Max: 11, Count: 2},
	})
	const step = 7 * time.Minute
	start := f.base.Add(-time.Duration(f.base.Unix()%int64(step/time.Second)) * time.Second)
	var want []telemetry.Point
	for w := range 12 {
		bucket := start.Add(f.at(w).Sub(start) / step * step)
		v := float64(w)
		if n := len(want); n > 0 && want[n-1].At.Equal(bucket) {
			p := &want[n-1]
			p.Mean = (p.Mean*float64(p.Count) + v) / float64(p.Count+1)
			p.Max, p.Count = v, p.Count+1
			continue
		}
		want = append(want, telemetry.Point{At: bucket, Min: v, Mean: v, Max: v, Count: 1})
	}
	f.samePoints(f.series(f.power(0, 12, step)), want)
}

func testBounds(t *testing.T, f *fixture) {
	f.powers("pc-1", 0, 1, 2, 3, 4)
	f.samePoints(f.series(f.power(1, 3, time.Hour)), []telemetry.Point{{At: f.at(0), Min: 2, Mean: 2.5, Max: 3, Count: 2}})
	f.samePoints(f.series(f.power(2, 2, time.Hour)), nil)
	f.samePoints(f.series(f.power(4, 60, time.Hour)), nil)
	if got := f.scan("pc-1", 1, 3); len(got) != 2 || !got[0].Minute.Equal(f.at(1)) || !got[1].Minute.Equal(f.at(2)) {
		t.Errorf("scan of [1, 3) is %+v", got)
	}
	if got := f.scan("pc-1", 2, 2); len(got) != 0 {
		t.Errorf("scan of an empty span is %+v", got)
	}
	if got := f.coverage("pc-1", 1, 3); got != 2 {
		t.Errorf("coverage of [1, 3) is %d", got)
	}
	if got := f.coverage("pc-1", 2, 2); got != 0 {
		t.Errorf("coverage of an empty span is %d", got)
	}
}

func testMetrics(_ *testing.T, f *fixture) {
	f.write(f.full("pc-1", 0))
	for name, v := range map[string]float64{
		telemetry.MetricInUseSeconds: 42, telemetry.MetricIdleSeconds: 11, telemetry.MetricCPUPercent: 12.5,
		telemetry.MetricMemoryPercent: 0, telemetry.MetricPowerWatts: -3.25, "spindle_rpm": 1200, "temperature": 21.75,
	} {
		f.samePoints(f.series(f.hour("pc-1", name)), []telemetry.Point{{At: f.at(0), Min: v, Mean: v, Max: v, Count: 1}})
	}
	f.samePoints(f.series(f.hour("pc-1", "nobody_reports_this")), nil)
	f.samePoints(f.series(f.hour("pc-1", "source")), nil)
	f.samePoints(f.series(f.hour("pc-1", "application")), nil)
}

func testShadowedMetric(t *testing.T, f *fixture) {
	want := f.sample("pc-1", 0)
	want.CPUPercent = number(10)
	want.Metrics = map[string]float64{telemetry.MetricCPUPercent: 99, "source": 98, "device": 97}
	f.write(want)
	f.samePoints(f.series(f.hour("pc-1", telemetry.MetricCPUPercent)), []telemetry.Point{
		{At: f.at(0), Min: 10, Mean: 10, Max: 10, Count: 1},
	})
	got := f.scan("pc-1", 0, 1)
	if len(got) != 1 {
		t.Fatalf("%d samples, want 1", len(got))
	}
	f.same(got[0], want)
}

func testLast(t *testing.T, f *fixture) {
	f.powers("pc-1", 10, 1)
	f.powers("pc-1", 0, 2)
	f.powers("pc-2", 20, 3)
	s, ok := f.last("pc-1")
	if !ok || !s.Minute.Equal(f.at(10)) {
		t.Errorf("last is %+v, %v, want minute %v", s, ok, f.at(10))
	}
}

func testScan(t *testing.T, f *fixture) {
	f.write(f.full("pc-1", 7), f.sample("pc-1", 3), f.sample("pc-1", 5))
	f.write(f.sample("pc-1", 1), f.sample("pc-1", 1500))
	var minutes []int
	for _, s := range f.scan("pc-1", 0, 3000) {
		minutes = append(minutes, int(s.Minute.Sub(f.base)/time.Minute))
	}
	want := []int{1, 3, 5, 7, 1500}
	if len(minutes) != len(want) {
		t.Fatalf("scan gives minutes %v, want %v", minutes, want)
	}
	for i := range want {
		if minutes[i] != want[i] {
			t.Fatalf("scan gives minutes %v, want %v", minutes, want)
		}
	}
	stop := errors.New("stop")
	calls := 0
	err := f.store.Scan(t.Context(), "pc-1", f.at(0), f.at(3000), func(telemetry.Sample) error {
		calls++
		if calls == 2 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || calls != 2 {
		t.Errorf("scan went on to call %d and gave %v, want the error of call 2", calls, err)
	}
	f.scan("pc-1", 0, 3000) // a scan that was left early must not block the next
}

func testCoverage(t *testing.T, f *fixture) {
	nothing := telemetry.Sample{Device: "pc-1", Minute: f.at(1), Source: "none"}
	idle := telemetry.Sample{Device: "pc-1", Minute: f.at(2), IdleSeconds: 1, Source: "x11"}
	f.write(f.sample("pc-1", 0), nothing, idle)
	if got := f.coverage("pc-1", 0, 60); got != 2 {
		t.Errorf("coverage is %d minutes, want 2: a sample that knows nothing is not evidence", got)
	}
	f.samePoints(f.series(f.hour("pc-1", telemetry.MetricInUseSeconds)), []telemetry.Point{
		{At: f.at(0), Min: 0, Mean: 20, Max: 60, Count: 3},
	})
}

func testIsolation(t *testing.T, f *fixture) {
	f.powers("pc-1", 0, 1, 2)
	f.powers("pc-10", 0, 3)
	f.powers("pc", 1, 4)
	f.samePoints(f.series(f.power(0, 60, time.Hour)), []telemetry.Point{{At: f.at(0), Min: 1, Mean: 1.5, Max: 2, Count: 2}})
	for device, want := range map[string]int{"pc-1": 2, "pc-10": 1, "pc": 1} {
		if got := f.scan(device, 0, 60); len(got) != want {
			t.Errorf("%s has %d samples, want %d", device, len(got), want)
		}
		if got := f.coverage(device, 0, 60); got != int64(want) {
			t.Errorf("%s has coverage %d, want %d", device, got, want)
		}
	}
}

func testUnknownDevice(t *testing.T, f *fixture) {
	f.powers("pc-1", 0, 1)
	for _, device := range []string{"pc-9", "", `pc-1" or "1"=="1`} {
		if s, ok := f.last(device); ok {
			t.Errorf("last of %q is %+v", device, s)
		}
		if got := f.scan(device, 0, 60); len(got) != 0 {
			t.Errorf("scan of %q is %+v", device, got)
		}
		if got := f.coverage(device, 0, 60); got != 0 {
			t.Errorf("coverage of %q is %d", device, got)
		}
		q := f.power(0, 60, time.Hour)
		q.Device = device
		f.samePoints(f.series(q), nil)
	}
}
