package telemetry

import (
	"math"
	"time"
)

// Check gives the reason why no store may keep the sample, "" when it is good. It is what all stores have in common;
// the wire is stricter.
func (s Sample) Check() string {
	switch {
	case s.Device == "":
		return "the device is missing"
	case s.Minute.IsZero() || !s.Minute.Equal(s.Minute.Truncate(time.Minute)):
		return "the minute is not aligned"
	case s.InUseSeconds < 0 || s.IdleSeconds < 0 || s.InUseSeconds+s.IdleSeconds > 60:
		return "the seconds do not fit a minute"
	}
	for _, value := range []*float64{s.CPUPercent, s.MemoryPercent, s.PowerWatts} {
		if value != nil && !finite(*value) {
			return "a number is not finite"
		}
	}
	for name, value := range s.Metrics {
		if name == "" {
			return "a metric has no name"
		}
		if !finite(value) {
			return "a metric is not finite"
		}
	}
	return ""
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Sift splits a batch into the samples that may be stored and those that Check refuses. Index gives, for each good
// one, its place in the batch. When all are good, good is the batch itself.
func Sift(batch []Sample) (good []Sample, index []int, bad []Rejected) {
	index = make([]int, 0, len(batch))
	for i := range batch {
		if reason := batch[i].Check(); reason != "" {
			bad = append(bad, Rejected{Index: i, Reason: reason})
			continue
		}
		index = append(index, i)
	}
	if len(bad) == 0 {
		return batch, index, nil
	}
	good = make([]Sample, 0, len(index))
	for _, i := range index {
		good = append(good, batch[i])
	}
	return good, index, bad
}

// Value gives one metric of the sample by name; false when the sample does not carry it.
func (s Sample) Value(metric string) (float64, bool) {
	optional := func(p *float64) (float64, bool) {
		if p == nil {
			return 0, false
		}
		return *p, true
	}
	switch metric {
	case MetricInUseSeconds:
		return float64(s.InUseSeconds), true
	case MetricIdleSeconds:
		return float64(s.IdleSeconds), true
	case MetricCPUPercent:
		return optional(s.CPUPercent)
	case MetricMemoryPercent:
		return optional(s.MemoryPercent)
	case MetricPowerWatts:
		return optional(s.PowerWatts)
	}
	value, ok := s.Metrics[metric]
	return value, ok
}
