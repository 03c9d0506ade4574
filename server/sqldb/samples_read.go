package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/labtide/labtide/server/telemetry"
)

// metricColumn gives the column of a metric that has one; the others are in JSON.
func metricColumn(metric string) string {
	switch metric {
	case telemetry.MetricInUseSeconds, telemetry.MetricIdleSeconds, telemetry.MetricCPUPercent, telemetry.MetricMemoryPercent,
		telemetry.MetricPowerWatts:
		return metric // the columns have the names of the metrics
	}
	return ""
}

const ofDevice = "series = (SELECT id FROM series WHERE device = $1) AND minute >= $2 AND minute < $3"

// Series gives the buckets that hold samples.
func (s *Samples) Series(ctx context.Context, q telemetry.Query) ([]telemetry.Point, error) {
	step := max(1, int64(q.Step/time.Minute))
	from, until := ceilMinute(q.From), ceilMinute(q.Until)
	column := metricColumn(q.Metric)
	if column == "" {
		return s.ownSeries(ctx, q, step)
	}
	out, err := list(s.db.direct(ctx), func(row scanner) (p telemetry.Point, err error) {
		var at int64
		err = row.Scan(&at, &p.Min, &p.Mean, &p.Max, &p.Count)
		p.At = secondsUTC(at * 60)
		return p, err
	}, "SELECT minute - minute % $4 AS at, min("+column+"), avg("+column+"), max("+column+"), count("+column+") FROM samples WHERE "+
		ofDevice+" AND "+column+" IS NOT NULL GROUP BY at ORDER BY at", q.Device, from, until, step)
	return out, translate(err)
}

// ownSeries is for a metric that is a device's own.
func (s *Samples) ownSeries(ctx context.Context, q telemetry.Query, step int64) ([]telemetry.Point, error) {
	var out []telemetry.Point
	err := s.db.direct(ctx).each(func(row scanner) error {
		var minute int64
		var text sql.RawBytes
		if err := row.Scan(&minute, &text); err != nil {
			return err
		}
		var metrics map[string]float64
		if err := json.Unmarshal(text, &metrics); err != nil {
			return err
		}
		value, ok := metrics[q.Metric]
		if !ok {
			return nil
		}
		at := secondsUTC((minute - minute%step) * 60)
		if n := len(out); n == 0 || !out[n-1].At.Equal(at) {
			out = append(out, telemetry.Point{At: at, Min: value, Max: value})
		}
		p := &out[len(out)-1]
		p.Count++
		p.Min, p.Max = min(p.Min, value), max(p.Max, value)
		p.Mean += (value - p.Mean) / float64(p.Count)
		return nil
	}, "SELECT minute, metrics FROM samples WHERE "+ofDevice+" AND metrics IS NOT NULL ORDER BY minute",
		q.Device, ceilMinute(q.From), ceilMinute(q.Until))
	return out, translate(err)
}

const selectSample = `SELECT minute, in_use_seconds, idle_seconds, cpu_percent, memory_percent, power_watts, metrics,
	source, application, site, room, station, kind FROM samples JOIN origins ON origins.id = origin WHERE `

// scanSample reads a row of selectSample.
func scanSample(row scanner, device string) (s telemetry.Sample, err error) {
	var minute int64
	var cpu, memory, power sql.Null[float64]
	var metrics sql.RawBytes
	err = row.Scan(&minute, &s.InUseSeconds, &s.IdleSeconds, &cpu, &memory, &power, &metrics,
		&s.Source, &s.Application, &s.Tags.Site, &s.Tags.Room, &s.Tags.Station, &s.Tags.Kind)
	if err != nil {
		return s, err
	}
	s.Device, s.Minute = device, secondsUTC(minute*60)
	s.CPUPercent, s.MemoryPercent, s.PowerWatts = measured(cpu), measured(memory), measured(power)
	if len(metrics) > 0 {
		err = json.Unmarshal(metrics, &s.Metrics)
	}
	return s, err
}

// measured gives nil for a value that was not.
func measured(v sql.Null[float64]) *float64 {
	if !v.Valid {
		return nil
	}
	return &v.V
}

// Last gives the newest sample of a device.
func (s *Samples) Last(ctx context.Context, device string) (last telemetry.Sample, ok bool, err error) {
	err = s.db.direct(ctx).each(func(row scanner) (err error) {
		last, err = scanSample(row, device)
		ok = err == nil
		return err
	}, selectSample+"series = (SELECT id FROM series WHERE device = $1) ORDER BY minute DESC LIMIT 1", device)
	return last, ok, translate(err)
}

// Scan calls each for the samples of a device in [from, until), oldest first.
func (s *Samples) Scan(ctx context.Context, device string, from, until time.Time, each func(telemetry.Sample) error) error {
	return translate(s.db.direct(ctx).each(func(row scanner) error {
		sample, err := scanSample(row, device)
		if err != nil {
			return err
		}
		return each(sample)
	}, selectSample+ofDevice+" ORDER BY minute", device, ceilMinute(from), ceilMinute(until)))
}

// Coverage counts the minutes for which the device knew anything.
func (s *Samples) Coverage(ctx context.Context, device string, from, until time.Time) (minutes int64, err error) {
	err = s.db.direct(ctx).row("SELECT count(*) FROM samples WHERE "+ofDevice+" AND in_use_seconds + idle_seconds > 0",
		device, ceilMinute(from), ceilMinute(until)).Scan(&minutes)
	return minutes, translate(err)
}
