package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
	"github.com/influxdata/influxdb-client-go/v2/api/write"

	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

// The schema. Metrics of a device's own have a prefix, so that none of them can meet a field of ours with another type.
const (
	measurement      = "sample"
	fieldSource      = "source"
	fieldApplication = "application"
	fieldWrittenAt   = "written_at" // Unix nanoseconds; tells which of two points of one minute came later
	metricPrefix     = "metric_"
)

// Write stores the batch. A sample that InfluxDB refuses for what it is, is found by halving and rejected; the others
// are stored.
func (s *Store) Write(ctx context.Context, batch []telemetry.Sample) ([]telemetry.Rejected, error) {
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	if err := s.ensure(ctx); err != nil {
		return nil, err
	}
	stamp := s.stamp(len(batch))
	var lines []line
	var rejected []telemetry.Rejected
	for i := range batch {
		if reason := check(batch[i]); reason != "" {
			rejected = append(rejected, telemetry.Rejected{Index: i, Reason: reason})
			continue
		}
		lines = append(lines, line{index: i, point: point(batch[i], stamp+int64(i))})
	}
	for len(lines) > 0 {
		n := min(len(lines), maxLines)
		refused, err := s.send(ctx, lines[:n])
		if err != nil {
			return nil, err
		}
		rejected = append(rejected, refused...)
		lines = lines[n:]
	}
	return rejected, nil
}

// line is a point and its place in the caller's batch.
type line struct {
	index int
	point *write.Point
}

// send writes the lines with one request, or with as many as it takes to find the bad ones among them. That some of
// them are written twice on the way changes nothing.
func (s *Store) send(ctx context.Context, lines []line) ([]telemetry.Rejected, error) {
	points := make([]*write.Point, len(lines))
	for i := range lines {
		points[i] = lines[i].point
	}
	err := s.writes.WritePoint(ctx, points...)
	if err == nil {
		return nil, nil
	}
	var answer *influxhttp.Error
	if !errors.As(err, &answer) {
		return nil, unavailable(err)
	}
	switch answer.StatusCode {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
	case http.StatusNotFound: // the bucket was deleted under us
		s.forget()
		return nil, unavailable(err)
	default:
		return nil, s.pause(unavailable(err))
	}
	if len(lines) == 1 || allDropped(answer.Message, len(lines)) {
		return refuse(lines, answer), nil
	}
	half := len(lines) / 2
	first, err := s.send(ctx, lines[:half])
	if err != nil {
		return nil, err
	}
	second, err := s.send(ctx, lines[half:])
	return append(first, second...), err
}

func refuse(lines []line, answer *influxhttp.Error) []telemetry.Rejected {
	rejected := make([]telemetry.Rejected, len(lines))
	for i := range lines {
		rejected[i] = telemetry.Rejected{Index: lines[i].index, Reason: strings.TrimSpace(answer.Message)}
	}
	return rejected
}

// allDropped reports whether InfluxDB says that it took none of n lines: no need to look for the bad ones.
func allDropped(message string, n int) bool {
	return strings.Contains(message, "partial write") && strings.Contains(message+" ", fmt.Sprintf("dropped=%d ", n))
}

// pause notes until when InfluxDB wants to be left alone.
func (s *Store) pause(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.RetryAfter > 0 {
		s.mu.Lock()
		s.closed = s.now().Add(f.RetryAfter)
		s.mu.Unlock()
	}
	return err
}

// mayWrite says no as long as InfluxDB wants to be left alone.
func (s *Store) mayWrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.closed.Sub(s.now())
	if left <= 0 {
		return nil
	}
	f := fault.Unavailable("influxdb", errors.New("it asked for a pause"))
	f.RetryAfter = left
	return f
}

// stamp gives the first of n stamps, all later than those of each write before in this process.
func (s *Store) stamp(n int) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := max(s.written+1, s.now().UnixNano())
	s.written = first + int64(n)
	return first
}

// check gives the reason why InfluxDB could not keep the sample, "" when it can. One such line would refuse its whole
// batch.
func check(sample telemetry.Sample) string {
	if reason := sample.Check(); reason != "" {
		return reason
	}
	for _, name := range []string{sample.Device, sample.Tags.Site, sample.Tags.Room, sample.Tags.Station, sample.Tags.Kind} {
		if !writable(name) {
			return "a tag has a character that InfluxDB cannot keep"
		}
	}
	for name := range sample.Metrics {
		if !writable(name) {
			return "the name of a metric has a character that InfluxDB cannot keep"
		}
	}
	return ""
}

// writable reports whether the line protocol can carry the text as a tag or a field's name.
func writable(text string) bool {
	return !strings.HasSuffix(text, `\`) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// point turns a sample into a line. Empty tags are left out: the line protocol has none.
func point(sample telemetry.Sample, stamp int64) *write.Point {
	p := write.NewPointWithMeasurement(measurement).SetTime(sample.Minute.UTC().Truncate(time.Minute))
	for _, tag := range [...]struct{ name, value string }{ // in order of their names, as InfluxDB likes them
		{"device", sample.Device}, {"kind", sample.Tags.Kind}, {"room", sample.Tags.Room}, {"site", sample.Tags.Site}, {"station", sample.Tags.Station},
	} {
		if tag.value != "" {
			p.AddTag(tag.name, tag.value)
		}
	}
	p.AddField(telemetry.MetricInUseSeconds, int64(sample.InUseSeconds))
	p.AddField(telemetry.MetricIdleSeconds, int64(sample.IdleSeconds))
	p.AddField(fieldSource, sample.Source)
	p.AddField(fieldApplication, sample.Application)
	p.AddField(fieldWrittenAt, stamp)
	for _, field := range [...]struct {
		name  string
		value *float64
	}{
		{telemetry.MetricCPUPercent, sample.CPUPercent},
		{telemetry.MetricMemoryPercent, sample.MemoryPercent},
		{telemetry.MetricPowerWatts, sample.PowerWatts},
	} {
		if field.value != nil {
			p.AddField(field.name, *field.value)
		}
	}
	for name, value := range sample.Metrics {
		p.AddField(metricPrefix+name, value)
	}
	return p
}
