package httpapi

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

const (
	defaultPoints = 500
	maxPoints     = 20_000
	maxSeriesSpan = 800 * 24 * time.Hour
)

// GetStationSeries implements StrictServerInterface.
func (s *Server) GetStationSeries(ctx context.Context, request GetStationSeriesRequestObject) (GetStationSeriesResponseObject, error) {
	station, err := s.deps.Equipment.StationByID(ctx, request.Station)
	if err != nil {
		return nil, err
	}
	params := request.Params
	span, err := spanOf(params.From, params.To, maxSeriesSpan)
	if err != nil {
		return nil, err
	}
	query := telemetry.Query{Metric: telemetry.MetricInUseSeconds, Step: stepFor(span)}
	if params.Metric != nil {
		query.Metric = *params.Metric
	}
	if params.Step != nil {
		query.Step = time.Duration(*params.Step) * time.Second
	}
	if span.Until.Sub(span.From)/query.Step > maxPoints {
		return nil, fault.Rule("too_many_points", "this would be more than %d points; take longer steps", maxPoints).On("step")
	}
	points, known, err := s.series(ctx, station.ID, span, query)
	if err != nil {
		return nil, err
	}
	out := Series{Metric: query.Metric, StepSeconds: int32(query.Step / time.Second), Points: make([][]float64, len(points))} //nolint:gosec // at most a day
	for i, p := range points {
		out.Points[i] = []float64{float64(p.At.Unix()), p.Min, p.Mean, p.Max, float64(p.Count)}
	}
	if minutes := span.Until.Sub(span.From).Minutes(); minutes > 0 {
		out.Coverage = new(min(1, float64(known)/minutes))
	}
	return GetStationSeries200JSONResponse(out), nil
}

// spanOf refuses a span that runs backwards or is too long.
func spanOf(from, to time.Time, longest time.Duration) (equipment.Interval, error) {
	span := equipment.Interval{From: from.UTC(), Until: to.UTC()}
	if span.Empty() {
		return span, fault.Rule("span_empty", "to must be later than from").On("to")
	}
	if span.Until.Sub(span.From) > longest {
		return span, fault.Rule("span_too_long", "ask for at most %d days", int(longest.Hours()/24)).On("to")
	}
	return span, nil
}

// stepFor gives whole minutes that make about defaultPoints points.
func stepFor(span equipment.Interval) time.Duration {
	step := span.Until.Sub(span.From) / defaultPoints
	return min(max(time.Minute, (step+time.Minute-1).Truncate(time.Minute)), 24*time.Hour)
}

// series joins what the devices of a station measured while they stood there. known counts minutes of which anything is
// known: where devices stood there at the same time, of the one that knew most.
func (s *Server) series(ctx context.Context, stationID string, span equipment.Interval, query telemetry.Query) ([]telemetry.Point, int64, error) {
	placements, err := s.deps.Equipment.Placements(ctx, span.From, span.Until)
	if err != nil {
		return nil, 0, err
	}
	placements = slices.DeleteFunc(placements, func(p equipment.Placement) bool { return p.StationID != stationID })
	byStart := map[int64]telemetry.Point{}
	known := map[string]int64{}
	for _, p := range placements {
		query.Device, query.From, query.Until = p.DeviceID, later(p.From, span.From), span.Until
		if !p.Until.IsZero() && p.Until.Before(span.Until) {
			query.Until = p.Until
		}
		points, err := s.deps.Samples.Series(ctx, query)
		if err != nil {
			return nil, 0, err
		}
		for _, point := range points {
			byStart[point.At.Unix()] = join(byStart[point.At.Unix()], point)
		}
		minutes, err := s.deps.Samples.Coverage(ctx, p.DeviceID, query.From, query.Until)
		if err != nil {
			return nil, 0, err
		}
		known[p.DeviceID] += minutes
	}
	joined := make([]telemetry.Point, 0, len(byStart))
	for _, p := range byStart {
		joined = append(joined, p)
	}
	slices.SortFunc(joined, func(a, b telemetry.Point) int { return cmp.Compare(a.At.Unix(), b.At.Unix()) })
	return joined, coverage(placements, known), nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// join puts two buckets of the same start together.
func join(a, b telemetry.Point) telemetry.Point {
	if a.Count == 0 {
		return b
	}
	if b.Count == 0 {
		return a
	}
	count := a.Count + b.Count
	mean := (a.Mean*float64(a.Count) + b.Mean*float64(b.Count)) / float64(count)
	return telemetry.Point{At: a.At, Min: min(a.Min, b.Min), Mean: mean, Max: max(a.Max, b.Max), Count: count}
}

// coverage adds up the minutes of devices that followed each other; of devices that stood there together it takes the best.
func coverage(placements []equipment.Placement, known map[string]int64) int64 {
	together := false
	for i, a := range placements {
		for _, b := range placements[i+1:] {
			apart := !a.Until.IsZero() && !a.Until.After(b.From) || !b.Until.IsZero() && !b.Until.After(a.From)
			together = together || !apart
		}
	}
	var sum, best int64
	for _, minutes := range known {
		sum, best = sum+minutes, max(best, minutes)
	}
	if together {
		return best
	}
	return sum
}
