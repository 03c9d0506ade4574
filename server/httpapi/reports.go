package httpapi

import (
	"context"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/report"
)

// GetUtilization implements StrictServerInterface.
func (s *Server) GetUtilization(ctx context.Context, request GetUtilizationRequestObject) (GetUtilizationResponseObject, error) {
	params := request.Params
	query, err := s.reportQuery(ctx, params.From, params.To, params.Room, params.Kind)
	if err != nil {
		return nil, err
	}
	query.GroupBy = report.GroupKind
	if params.GroupBy != nil {
		query.GroupBy = report.Group(*params.GroupBy)
	}
	result, err := s.deps.Reports.Utilization(ctx, query)
	if err != nil {
		return nil, asRule(err)
	}
	out := Utilization{Items: make([]UtilizationItem, len(result.Items)), Total: showItem(result.Total)}
	for i, item := range result.Items {
		out.Items[i] = showItem(item)
	}
	return GetUtilization200JSONResponse(out), nil
}

func showItem(in report.Item) UtilizationItem {
	m := in.Minutes
	return UtilizationItem{
		Key: in.Key, Code: text(in.Code), Name: name(in.Name),
		Minutes: LabelMinutes{
			Closed: m.Closed, Down: m.Down, Unknown: m.Unknown, BookedUsed: m.BookedUsed, BookedIdle: m.BookedIdle,
			BlockedIdle: m.BlockedIdle, WalkIn: m.WalkIn, Free: m.Free,
		},
		AfterHoursMinutes: m.AfterHours, OpenMinutes: m.Open(),
		Utilization: in.Utilization, Frequency: in.Frequency, Occupancy: in.Occupancy, Coverage: in.Coverage, Low: in.Low, High: in.High,
	}
}

// GetHeatmap implements StrictServerInterface.
func (s *Server) GetHeatmap(ctx context.Context, request GetHeatmapRequestObject) (GetHeatmapResponseObject, error) {
	params := request.Params
	query, err := s.reportQuery(ctx, params.From, params.To, params.Room, params.Kind)
	if err != nil {
		return nil, err
	}
	result, err := s.deps.Reports.Heatmap(ctx, query)
	if err != nil {
		return nil, asRule(err)
	}
	out := Heatmap{Cells: make([]HeatmapCell, len(result.Cells))}
	for i, cell := range result.Cells {
		out.Cells[i] = HeatmapCell{
			Weekday: int32(cell.Weekday), Hour: int32(cell.Hour), OpenMinutes: cell.OpenMinutes, Utilization: cell.Utilization, //nolint:gosec // of a week
			Booked: cell.Booked, Coverage: cell.Coverage, Peak: int32(cell.Peak), Full: cell.Full, //nolint:gosec // stations
		}
	}
	return GetHeatmap200JSONResponse(out), nil
}

// reportQuery refuses days that run backwards or are too many, before anything is counted.
func (s *Server) reportQuery(ctx context.Context, from, to Day, room, kind *Ref) (report.Query, error) {
	query := report.Query{From: equipment.Day(from), To: equipment.Day(to)}
	if query.To <= query.From {
		return query, fault.Rule("span_empty", "to must be later than from; it is the day after the last one").On("to")
	}
	if query.To > query.From.Add(report.LongestDays) {
		return query, fault.Rule("span_too_long", "ask for at most %d days", report.LongestDays).On("to")
	}
	if room != nil {
		found, _, err := s.room(ctx, *room)
		if err != nil {
			return query, err
		}
		query.Room = found.ID
	}
	if kind != nil {
		found, _, err := s.kind(ctx, *kind)
		if err != nil {
			return query, err
		}
		query.Kind = found.ID
	}
	return query, nil
}
