package telemetry

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Places is the part of equipment.Store that says where devices stood.
type Places interface {
	Placements(ctx context.Context, from, until time.Time) ([]equipment.Placement, error)
}

// Service answers for stations what a Store answers for devices.
type Service struct {
	store  Store
	places Places
	now    func() time.Time
}

// NewService makes the service; now nil is the clock.
func NewService(store Store, places Places, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store: store, places: places, now: now}
}

// Window is a stretch of time in which a device stood at a station.
type Window struct {
	Device string
	equipment.Interval
}

// StationQuery asks for one metric of a station over [From, Until). Step is a multiple of a minute; 0 lets the service
// choose one that gives about 500 points.
type StationQuery struct {
	StationID string
	Metric    string
	From      time.Time
	Until     time.Time
	Step      time.Duration
}

// StationSeries is the buckets that hold samples, in order.
type StationSeries struct {
	Step   time.Duration
	Points []Point
	// Coverage is the share of the minutes of [From, Until) that have passed for which a device of the station knew
	// anything; nil when none has passed.
	Coverage *float64
}

// Bounds of one StationQuery: more would let a single reader keep the store busy.
const (
	LongestSeries = 400 * 24 * time.Hour
	MostPoints    = 10_000
)

// Windows gives when which devices stood at a station within [from, until), in the order of devices and time.
func (s *Service) Windows(ctx context.Context, stationID string, from, until time.Time) ([]Window, error) {
	placements, err := s.places.Placements(ctx, from, until)
	if err != nil {
		return nil, err
	}
	var out []Window
	for _, p := range placements {
		w := Window{Device: p.DeviceID, Interval: equipment.Interval{From: p.From, Until: p.Until}}
		if w.From.Before(from) {
			w.From = from
		}
		if w.Until.IsZero() || w.Until.After(until) {
			w.Until = until
		}
		if p.StationID == stationID && !w.Empty() {
			out = append(out, w)
		}
	}
	return out, nil
}

// StationSeries gives what the devices of a station measured while they stood there. Where several stood there at once,
// a bucket holds the samples of all of them. A query that is out of bounds is fault.KindInvalid.
func (s *Service) StationSeries(ctx context.Context, q StationQuery) (StationSeries, error) {
	step, err := q.check()
	if err != nil {
		return StationSeries{}, err
	}
	windows, err := s.Windows(ctx, q.StationID, q.From, q.Until)
	if err != nil {
		return StationSeries{}, err
	}
	merged := map[int64]Point{}
	for _, w := range windows {
		points, err := s.store.Series(ctx, Query{Device: w.Device, Metric: q.Metric, From: w.From, Until: w.Until, Step: step})
		if err != nil {
			return StationSeries{}, err
		}
		for _, p := range points {
			at := p.At.Unix()
			merged[at] = join(merged[at], p)
		}
	}
	out := StationSeries{Step: step, Points: make([]Point, 0, len(merged))}
	for _, p := range merged {
		out.Points = append(out.Points, p)
	}
	slices.SortFunc(out.Points, func(a, b Point) int { return a.At.Compare(b.At) })
	out.Coverage, err = s.coverage(ctx, windows, q.From, q.Until)
	return out, err
}

// join puts the samples of two buckets of the same time together.
func join(a, b Point) Point {
	if a.Count == 0 {
		return b
	}
	all := a.Count + b.Count
	return Point{
		At: b.At, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max), Count: all,
		Mean: (a.Mean*float64(a.Count) + b.Mean*float64(b.Count)) / float64(all),
	}
}

func (q StationQuery) check() (time.Duration, error) {
	length := q.Until.Sub(q.From)
	switch {
	case length <= 0:
		return 0, fault.Invalid("range_empty", "the end must lie after the start").On("to")
	case length > LongestSeries:
		return 0, fault.Invalid("range_too_long", "ask for at most %d days at a time", int(LongestSeries.Hours()/24)).On("to")
	case q.Step == 0:
		return chooseStep(length), nil
	case q.Step < time.Minute || q.Step%time.Minute != 0:
		return 0, fault.Invalid("step_not_minutes", "a step is a multiple of 60 seconds").On("step")
	case length/q.Step > MostPoints:
		return 0, fault.Invalid("too_many_points", "this gives more than %d points; take a longer step", MostPoints).On("step")
	}
	return q.Step, nil
}

// chooseStep gives the shortest step that people count in and that gives at most some 500 points.
func chooseStep(length time.Duration) time.Duration {
	const points = 500
	for _, minutes := range []int{1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720} {
		if step := time.Duration(minutes) * time.Minute; length <= points*step {
			return step
		}
	}
	return 24 * time.Hour
}
