package telemetrytest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

func testPing(t *testing.T, f *fixture) {
	if err := f.store.Ping(t.Context()); err != nil {
		t.Fatalf("Ping: %v", err)
	}
}

// full is a sample with every field.
func (f *fixture) full(device string, n int) telemetry.Sample {
	return telemetry.Sample{
		Device: device, Minute: f.at(n), InUseSeconds: 42, IdleSeconds: 11, Source: "x11",
		CPUPercent: number(12.5), MemoryPercent: number(0), PowerWatts: number(-3.25),
		Application: "tia-portal",
		Metrics:     map[string]float64{"spindle_rpm": 1200, "temperature": 21.75},
		Tags:        telemetry.Tags{Site: "NORTH", Room: "A-101", Station: "PLC-07", Kind: "plc-bench"},
	}
}

func testRoundTrip(t *testing.T, f *fixture) {
	want := f.full("pc-1", 5)
	f.write(want)
	got := f.scan("pc-1", 0, 10)
	if len(got) != 1 {
		t.Fatalf("%d samples, want 1", len(got))
	}
	f.same(got[0], want)
	last, ok := f.last("pc-1")
	if !ok {
		t.Fatal("no last sample")
	}
	f.same(last, want)
}

func testAbsent(t *testing.T, f *fixture) {
	bare := telemetry.Sample{Device: "pc-1", Minute: f.at(0), InUseSeconds: 0, IdleSeconds: 60, Source: "logind"}
	half := f.sample("pc-1", 1)
	half.PowerWatts = number(80)
	f.write(bare, half)
	got := f.scan("pc-1", 0, 2)
	if len(got) != 2 {
		t.Fatalf("%d samples, want 2", len(got))
	}
	f.same(got[0], bare)
	f.same(got[1], half)
	q := telemetry.Query{Device: "pc-1", Metric: telemetry.MetricCPUPercent, From: f.at(0), Until: f.at(10), Step: time.Minute}
	f.samePoints(f.series(q), nil)
	q.Metric = telemetry.MetricPowerWatts
	f.samePoints(f.series(q), []telemetry.Point{{At: f.at(1), Min: 80, Mean: 80, Max: 80, Count: 1}})
}

func (f *fixture) hour(device, metric string) telemetry.Query {
	return telemetry.Query{Device: device, Metric: metric, From: f.at(0), Until: f.at(60), Step: time.Hour}
}

func testRewriteSame(t *testing.T, f *fixture) {
	one, two := f.full("pc-1", 0), f.full("pc-1", 1)
	two.PowerWatts = number(100)
	f.write(one, two)
	f.write(one, two)
	moved := two
	moved.Tags = telemetry.Tags{Site: "SOUTH", Room: "B-1", Station: "CNC-1", Kind: "cnc"}
	f.write(moved)
	f.samePoints(f.series(f.hour("pc-1", telemetry.MetricPowerWatts)), []telemetry.Point{{
		At: f.at(0), Min: -3.25, Mean: (100 - 3.25) / 2, Max: 100, Count: 2,
	}})
	if got := f.scan("pc-1", 0, 60); len(got) != 2 {
		t.Errorf("%d samples, want 2", len(got))
	}
	if got := f.coverage("pc-1", 0, 60); got != 2 {
		t.Errorf("coverage is %d minutes, want 2", got)
	}
}

func testRewriteOther(t *testing.T, f *fixture) {
	f.write(f.full("pc-1", 0))
	want := f.full("pc-1", 0)
	want.InUseSeconds, want.IdleSeconds, want.Source, want.Application = 1, 59, "power", "idle"
	want.CPUPercent, want.MemoryPercent, want.PowerWatts = number(1), number(2), number(3)
	want.Metrics = map[string]float64{"spindle_rpm": 4, "temperature": 5}
	f.write(want)
	got := f.scan("pc-1", 0, 60)
	if len(got) != 1 {
		t.Fatalf("%d samples, want 1", len(got))
	}
	f.same(got[0], want)
}

func testSameBatch(_ *testing.T, f *fixture) {
	first, second := f.sample("pc-1", 0), f.sample("pc-1", 0)
	first.PowerWatts, second.PowerWatts = number(1), number(2)
	f.write(first, second)
	f.samePoints(f.series(f.hour("pc-1", telemetry.MetricPowerWatts)), []telemetry.Point{{
		At: f.at(0), Min: 2, Mean: 2, Max: 2, Count: 1,
	}})
}

func testEmptyBatch(_ *testing.T, f *fixture) { f.write() }

func testRejects(t *testing.T, f *fixture) {
	var batch []telemetry.Sample
	for n := range 9 {
		batch = append(batch, f.full("pc-1", n))
	}
	batch[0].CPUPercent = number(math.NaN())
	batch[2].PowerWatts = number(math.Inf(1))
	batch[3].Metrics = map[string]float64{"a": math.Inf(-1)}
	batch[5].Minute = batch[5].Minute.Add(time.Second)
	batch[6].InUseSeconds = 61
	batch[7].Device = ""
	rejected, err := f.store.Write(t.Context(), batch)
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	var index []int
	for _, r := range rejected {
		index = append(index, r.Index)
		if r.Reason == "" {
			t.Errorf("sample %d is refused without a reason", r.Index)
		}
	}
	slices.Sort(index)
	if want := []int{0, 2, 3, 5, 6, 7}; !slices.Equal(index, want) {
		t.Errorf("refused are %v, want %v", index, want)
	}
	got := f.scan("pc-1", 0, 20)
	if len(got) != 3 {
		t.Fatalf("%d samples are stored, want 3", len(got))
	}
	for i, n := range []int{1, 4, 8} {
		f.same(got[i], batch[n])
	}
}

func testLargeBatch(t *testing.T, f *fixture) {
	const size, devices = 5000, 5
	batch := make([]telemetry.Sample, size)
	for i := range batch {
		batch[i] = f.full(fmt.Sprintf("pc-%d", i%devices), i/devices)
	}
	f.write(batch...)
	for d := range devices {
		device := fmt.Sprintf("pc-%d", d)
		got := f.scan(device, 0, size)
		if len(got) != size/devices {
			t.Fatalf("%s has %d samples, want %d", device, len(got), size/devices)
		}
		for i := range got {
			if !got[i].Minute.Equal(f.at(i)) {
				t.Fatalf("sample %d of %s is of %v, want %v", i, device, got[i].Minute, f.at(i))
			}
		}
	}
}

func testStrangeNames(t *testing.T, f *fixture) {
	strange := []string{
		`quote " and 'apostrophe'`, `back\slash`, `comma, equals= space`, "数控机床 ⚙", `") |> drop(columns: ["_value"])`,
		`%s %d $1 ?`, `a'; DROP TABLE samples; --`, `#comment`, `_time`, `${x}`,
	}
	for n, name := range strange {
		want := f.sample("pc-1", n)
		want.Application = name
		want.Metrics = map[string]float64{name: float64(n) + 0.5}
		want.Tags = telemetry.Tags{Site: name, Room: "r " + name, Station: "s," + name, Kind: "k=" + name}
		f.write(want)
		got := f.scan("pc-1", n, n+1)
		if len(got) != 1 {
			t.Errorf("%q: %d samples, want 1", name, len(got))
			continue
		}
		f.same(got[0], want)
		q := telemetry.Query{Device: "pc-1", Metric: name, From: f.at(0), Until: f.at(60), Step: time.Minute}
		v := float64(n) + 0.5
		f.samePoints(f.series(q), []telemetry.Point{{At: f.at(n), Min: v, Mean: v, Max: v, Count: 1}})
	}
	sixteen := f.sample("pc-2", 0)
	sixteen.Metrics = map[string]float64{}
	for i := range 16 {
		sixteen.Metrics[fmt.Sprintf("m%d", i)] = float64(i)
	}
	f.write(sixteen)
	if got := f.scan("pc-2", 0, 1); len(got) != 1 || !maps.Equal(got[0].Metrics, sixteen.Metrics) {
		t.Errorf("sixteen metrics came back as %+v", got)
	}
}

func testCancelled(t *testing.T, f *fixture) {
	if _, err := f.store.Write(cancelled(t), []telemetry.Sample{f.sample("pc-1", 0)}); err == nil {
		t.Error("a write without time is no error: it would be acknowledged")
	}
}
