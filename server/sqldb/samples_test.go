package sqldb

import (
	"fmt"
	"testing"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

func sampleAt(device string, minute time.Time) telemetry.Sample {
	cpu, memory := 12.5, 40.25
	return telemetry.Sample{
		Device: device, Minute: minute, InUseSeconds: 45, IdleSeconds: 15, Source: "x11", CPUPercent: &cpu, MemoryPercent: &memory,
		Application: "cad", Tags: telemetry.Tags{Site: "NS", Room: "A101", Station: device, Kind: "lab-pc"},
	}
}

func TestOnlySamplesFromBeforeTheInstantExpire(t *testing.T) {
	s := openSamples(t)
	start := time.Unix(1_800_000_000, 0).UTC().Truncate(time.Minute)
	var batch []telemetry.Sample
	for minute := range 10 {
		for _, device := range []string{"pc-1", "pc-2"} {
			batch = append(batch, sampleAt(device, start.Add(time.Duration(minute)*time.Minute)))
		}
	}
	if _, err := s.Write(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if err := s.Expire(t.Context(), start.Add(6*time.Minute+time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, device := range []string{"pc-1", "pc-2"} {
		n, err := s.Coverage(t.Context(), device, start, start.Add(time.Hour))
		if err != nil || n != 3 {
			t.Errorf("%s has %d minutes left, want 3 (%v)", device, n, err)
		}
	}
	if _, err := s.Write(t.Context(), batch[:2]); err != nil { // what was remembered of the device still holds
		t.Fatal(err)
	}
}

func TestWhatIsWrittenIsThereAfterReopening(t *testing.T) {
	path := t.TempDir() + "/samples.db"
	minute := time.Unix(1_800_000_000, 0).UTC().Truncate(time.Minute)
	for round := range 2 {
		s, err := OpenSamples(t.Context(), path, discard())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(t.Context(), []telemetry.Sample{sampleAt("pc-1", minute.Add(time.Duration(round)*time.Minute))}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Coverage(t.Context(), "pc-1", minute, minute.Add(time.Hour)); err != nil || n != int64(round+1) {
			t.Errorf("round %d: %d minutes, %v", round, n, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// go test ./server/sqldb -run '^$' -bench 'Samples' -benchtime 2s

func BenchmarkSamplesWrite5000Of1000Devices(b *testing.B) {
	s := openSamples(b)
	start := time.Unix(1_800_000_000, 0).UTC().Truncate(time.Minute)
	batch := make([]telemetry.Sample, 5000)
	for next := 0; b.Loop(); next += 5 {
		for i := range batch {
			batch[i] = sampleAt(fmt.Sprintf("pc-%d", i%1000), start.Add(time.Duration(next+i/1000)*time.Minute))
		}
		if _, err := s.Write(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*5000/b.Elapsed().Seconds(), "samples/s")
}

func BenchmarkSamplesSeriesOf30DaysByHour(b *testing.B) {
	s := openSamples(b)
	start := time.Unix(1_800_000_000, 0).UTC().Truncate(time.Hour)
	const days = 30
	batch := make([]telemetry.Sample, days*24*60)
	for i := range batch {
		batch[i] = sampleAt("pc", start.Add(time.Duration(i)*time.Minute))
	}
	if _, err := s.Write(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		points, err := s.Series(b.Context(), telemetry.Query{
			Device: "pc", Metric: telemetry.MetricCPUPercent, From: start, Until: start.Add(days * 24 * time.Hour), Step: time.Hour,
		})
		if err != nil || len(points) != days*24 {
			b.Fatalf("%d points, %v", len(points), err)
		}
	}
}
