package httpapi

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/telemetry"
)

// GetStationSeries implements StrictServerInterface.
func (s *Server) GetStationSeries(ctx context.Context, request GetStationSeriesRequestObject) (GetStationSeriesResponseObject, error) {
	station, _, err := s.station(ctx, request.Station)
	if err != nil {
		return nil, err
	}
	params := request.Params
	span, err := spanOf(params.From, params.To, telemetry.LongestSeries)
	if err != nil {
		return nil, err
	}
	query := telemetry.StationQuery{
		StationID: station.ID, Metric: telemetry.MetricInUseSeconds, From: span.From, Until: span.Until,
		Step: time.Duration(given(params.Step)) * time.Second,
	}
	if params.Metric != nil {
		query.Metric = *params.Metric
	}
	series, err := s.deps.Samples.StationSeries(ctx, query)
	if err != nil {
		return nil, asRule(err)
	}
	out := Series{
		Metric: query.Metric, StepSeconds: int32(series.Step / time.Second), Coverage: series.Coverage, //nolint:gosec // at most a day
		Points: make([][]float64, len(series.Points)),
	}
	for i, p := range series.Points {
		out.Points[i] = []float64{float64(p.At.Unix()), p.Min, p.Mean, p.Max, float64(p.Count)}
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
