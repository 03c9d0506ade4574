package influx

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

// chunk is the span that one query reads, so that neither side holds a year in memory.
const chunk = 7 * 24 * time.Hour

// Series answers the query from the minutes themselves, not by Flux's windows: so 1.8, 2.x and SQLite agree, and a
// minute with two points is counted once.
func (s *Store) Series(ctx context.Context, q telemetry.Query) ([]telemetry.Point, error) {
	step := int64(q.Step / time.Second)
	if step <= 0 {
		return nil, fault.Invalid("bad_step", "the step must be a multiple of a minute").On("step")
	}
	field := fieldOf(q.Metric)
	var points []telemetry.Point
	for from := q.From; from.Before(q.Until); from = from.Add(chunk) {
		minutes, err := s.minutes(ctx, q.Device, from, earlier(from.Add(chunk), q.Until), field)
		if err != nil {
			return nil, err
		}
		for _, m := range minutes {
			if v, ok := m.value(field); ok && v.numeric {
				points = add(points, time.Unix(floor(m.at, step), 0).UTC(), v.number)
			}
		}
	}
	return points, nil
}

// add takes one more value, in order of time, into the buckets.
func add(points []telemetry.Point, at time.Time, value float64) []telemetry.Point {
	last := len(points) - 1
	if last < 0 || !points[last].At.Equal(at) {
		return append(points, telemetry.Point{At: at, Min: value, Mean: value, Max: value, Count: 1})
	}
	p := &points[last]
	p.Min, p.Max = math.Min(p.Min, value), math.Max(p.Max, value)
	p.Count++
	p.Mean += (value - p.Mean) / float64(p.Count)
	return points
}

// Last gives the newest sample of a device.
func (s *Store) Last(ctx context.Context, device string) (telemetry.Sample, bool, error) {
	// One row for each place where the device ever stood; the newest of them wins.
	flux := s.source(device, time.Unix(0, 0), s.now().Add(24*time.Hour), []string{telemetry.MetricInUseSeconds}) +
		`|> last()`
	var newest time.Time
	err := s.query(ctx, flux, func(r row) error {
		if r.at.After(newest) {
			newest = r.at
		}
		return nil
	})
	if err != nil || newest.IsZero() {
		return telemetry.Sample{}, false, err
	}
	minutes, err := s.minutes(ctx, device, newest, newest.Add(time.Minute))
	if err != nil || len(minutes) == 0 {
		return telemetry.Sample{}, false, err
	}
	return minutes[len(minutes)-1].sample(device), true, nil
}

// Scan calls each for the samples of a device in [from, until), oldest first.
func (s *Store) Scan(ctx context.Context, device string, from, until time.Time, each func(telemetry.Sample) error) error {
	for ; from.Before(until); from = from.Add(chunk) {
		minutes, err := s.minutes(ctx, device, from, earlier(from.Add(chunk), until))
		if err != nil {
			return err
		}
		for _, m := range minutes {
			if err := each(m.sample(device)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Coverage counts the minutes of [from, until) for which the device knew anything.
func (s *Store) Coverage(ctx context.Context, device string, from, until time.Time) (int64, error) {
	var count int64
	for ; from.Before(until); from = from.Add(chunk) {
		minutes, err := s.minutes(ctx, device, from, earlier(from.Add(chunk), until), telemetry.MetricInUseSeconds, telemetry.MetricIdleSeconds)
		if err != nil {
			return 0, err
		}
		for _, m := range minutes {
			if m.sample(device).Seen() {
				count++
			}
		}
	}
	return count, nil
}

// sample turns what was read back into a sample.
func (m minute) sample(device string) telemetry.Sample {
	s := telemetry.Sample{
		Device: device,
		Minute: time.Unix(m.at, 0).UTC(),
		Tags:   telemetry.Tags{Site: m.tags[0], Room: m.tags[1], Station: m.tags[2], Kind: m.tags[3]},
	}
	for _, n := range m.values {
		v := n.value
		switch n.field {
		case telemetry.MetricInUseSeconds:
			s.InUseSeconds = int(v.count)
		case telemetry.MetricIdleSeconds:
			s.IdleSeconds = int(v.count)
		case telemetry.MetricCPUPercent:
			s.CPUPercent = &v.number
		case telemetry.MetricMemoryPercent:
			s.MemoryPercent = &v.number
		case telemetry.MetricPowerWatts:
			s.PowerWatts = &v.number
		case fieldSource:
			s.Source = v.text
		case fieldApplication:
			s.Application = v.text
		default:
			if name, ours := strings.CutPrefix(n.field, metricPrefix); ours && v.numeric {
				if s.Metrics == nil {
					s.Metrics = map[string]float64{}
				}
				s.Metrics[name] = v.number
			}
		}
	}
	return s
}

// fieldOf is the field of a metric that people ask for by name.
func fieldOf(metric string) string {
	switch metric {
	case telemetry.MetricInUseSeconds, telemetry.MetricIdleSeconds,
		telemetry.MetricCPUPercent, telemetry.MetricMemoryPercent, telemetry.MetricPowerWatts:
		return metric
	}
	return metricPrefix + metric
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// floor is the greatest multiple of step that is not after at, before 1970, too.
func floor(at, step int64) int64 {
	rest := at % step
	if rest < 0 {
		rest += step
	}
	return at - rest
}
