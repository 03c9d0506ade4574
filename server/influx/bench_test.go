package influx

import (
	"fmt"
	"testing"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

// go test ./server/influx -run '^$' -bench . -benchtime 10x

func BenchmarkInflux1(b *testing.B) { benchmark(b, influx1(b)) }

func BenchmarkInflux2(b *testing.B) { benchmark(b, influx2(b)) }

func benchmark(b *testing.B, backend *backend) {
	b.Run("write 5000 samples of 1000 devices", func(b *testing.B) { benchmarkWrite(b, backend) })
	s := backend.store(b)
	const days = 365
	fill(b, s, days)
	for _, span := range []int{1, 7, 30, days} {
		b.Run(fmt.Sprintf("series of %d days", span), func(b *testing.B) {
			for b.Loop() {
				points, err := s.Series(b.Context(), telemetry.Query{
					Device: "pc", Metric: telemetry.MetricCPUPercent,
					From: start, Until: start.Add(time.Duration(span) * 24 * time.Hour), Step: time.Hour,
				})
				if err != nil || len(points) != 24*span {
					b.Fatalf("%d points, %v", len(points), err)
				}
			}
		})
	}
	b.Run("last", func(b *testing.B) {
		for b.Loop() {
			if _, ok, err := s.Last(b.Context(), "pc"); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
}

func benchmarkWrite(b *testing.B, backend *backend) {
	const devices = 1000
	s := backend.store(b)
	batch := make([]telemetry.Sample, maxLines)
	for next := 0; b.Loop(); next += len(batch) / devices {
		for i := range batch {
			batch[i] = sampleAt(fmt.Sprintf("pc-%d", i%devices), next+i/devices)
		}
		if rejected, err := s.Write(b.Context(), batch); err != nil || len(rejected) > 0 {
			b.Fatal(rejected, err)
		}
	}
	b.ReportMetric(float64(b.N)*maxLines/b.Elapsed().Seconds(), "samples/s")
}

// fill writes every minute of the days of one device.
func fill(b *testing.B, s *Store, days int) {
	b.Helper()
	batch := make([]telemetry.Sample, 0, maxLines)
	for i := range days * 24 * 60 {
		batch = append(batch, sampleAt("pc", i))
		if len(batch) < maxLines && i < days*24*60-1 {
			continue
		}
		if rejected, err := s.Write(b.Context(), batch); err != nil || len(rejected) > 0 {
			b.Fatal(rejected, err)
		}
		batch = batch[:0]
	}
}

// What a year's utilization would cost if it were asked of Flux instead of the ledger: used and known minutes of 20
// devices over 30 days, without opening hours and bookings. A year of 2,000 stations is 1,217 times as much.
func BenchmarkUtilizationByFlux(b *testing.B) {
	backend := influx2(b)
	s := backend.store(b)
	const devices, days = 20, 30
	batch := make([]telemetry.Sample, 0, maxLines)
	for i := range days * 24 * 60 {
		for d := range devices {
			batch = append(batch, sampleAt(fmt.Sprintf("pc-%d", d), i))
		}
		if len(batch)+devices > maxLines || i == days*24*60-1 {
			if rejected, err := s.Write(b.Context(), batch); err != nil || len(rejected) > 0 {
				b.Fatal(rejected, err)
			}
			batch = batch[:0]
		}
	}
	script := fmt.Sprintf(`minutes = from(bucket: %s) |> range(start: %s, stop: %s)
	|> filter(fn: (r) => r._measurement == %s and r._field == %s)
minutes |> count() |> group(columns: ["_stop"]) |> sum() |> duplicate(column: "_stop", as: "_time") |> yield(name: "known")
minutes |> filter(fn: (r) => r._value >= 30) |> count() |> group(columns: ["_stop"]) |> sum() |> duplicate(column: "_stop", as: "_time") |> yield(name: "used")`,
		quoteFlux(s.config.Bucket), start.Format(time.RFC3339), start.AddDate(0, 0, days).Format(time.RFC3339), quoteFlux(measurement), quoteFlux(telemetry.MetricInUseSeconds))
	for b.Loop() {
		rows := 0
		if err := s.query(b.Context(), script, func(row) error { rows++; return nil }); err != nil || rows != 2 {
			b.Fatal(rows, err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(devices*days)*1e6, "µs/station-day")
}
