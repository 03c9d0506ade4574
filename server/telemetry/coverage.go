package telemetry

import (
	"context"
	"time"
)

// coverage gives the share of the minutes of [from, until) that have passed for which any window's device knew anything.
func (s *Service) coverage(ctx context.Context, windows []Window, from, until time.Time) (*float64, error) {
	if now := s.now(); until.After(now) {
		until = now
	}
	whole := minutesBetween(from, until)
	if whole <= 0 {
		return nil, nil
	}
	known, err := s.known(ctx, windows, until)
	if err != nil {
		return nil, err
	}
	// The minute that is running may have its sample already, sent at a clean stop.
	share := min(float64(known)/float64(whole), 1)
	return &share, nil
}

// known counts the minutes of the windows before until. The store counts for devices that stood there alone; where several stood there at once, a
// minute that more than one of them knows must count once, so those samples are read.
func (s *Service) known(ctx context.Context, windows []Window, until time.Time) (int64, error) {
	total := int64(0)
	shared := map[int64]struct{}{}
	for i, w := range windows {
		if w.Until.After(until) {
			w.Until = until
		}
		if w.Empty() {
			continue
		}
		if alone(windows, i) {
			n, err := s.store.Coverage(ctx, w.Device, w.From, w.Until)
			if err != nil {
				return 0, err
			}
			total += n
			continue
		}
		err := s.store.Scan(ctx, w.Device, w.From, w.Until, func(sample Sample) error {
			if sample.Seen() {
				shared[sample.Minute.Unix()] = struct{}{}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return total + int64(len(shared)), nil
}

func alone(windows []Window, i int) bool {
	for j, other := range windows {
		if j != i && other.Overlaps(windows[i].Interval) {
			return false
		}
	}
	return true
}

// minutesBetween counts the minutes whose first instant lies in [from, until).
func minutesBetween(from, until time.Time) int64 {
	return ceilMinute(until) - ceilMinute(from)
}

func ceilMinute(at time.Time) int64 {
	sec := at.Unix()
	if at.Nanosecond() > 0 {
		sec++
	}
	if sec >= 0 {
		return (sec + 59) / 60
	}
	return sec / 60
}
