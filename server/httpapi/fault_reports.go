package httpapi

import (
	"context"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func (s *Server) showReport(ctx context.Context, d *directory, r booking.Report) (FaultReport, error) {
	who := callerOf(ctx)
	out := FaultReport{
		Id: r.ID, Station: d.stationRef(d.stations[r.StationID]), Description: r.Description, At: r.At.UTC(), State: FaultReportState(r.State),
		Mine: r.PersonID == who.PersonID, Outage: text(r.OutageID), ClosedAt: instant(r.ClosedAt), Answer: text(r.Answer),
	}
	for _, person := range []struct {
		id string
		to **PersonRef
	}{{r.PersonID, &out.Person}, {r.ClosedBy, &out.ClosedBy}} {
		if person.id == "" || !account.Allowed(who.Actor, account.ActionSeeNames, person.id) {
			continue
		}
		called, err := s.accounts.Name(ctx, person.id)
		if err != nil {
			return out, err
		}
		*person.to = &PersonRef{Id: person.id, Name: called}
	}
	return out, nil
}

// ListFaultReports implements StrictServerInterface.
func (s *Server) ListFaultReports(ctx context.Context, request ListFaultReportsRequestObject) (ListFaultReportsResponseObject, error) {
	filter := booking.ReportFilter{State: booking.ReportState(given(request.Params.State))}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	if request.Params.Station != nil {
		station, fresh, err := s.station(ctx, *request.Params.Station)
		if err != nil {
			return nil, err
		}
		filter.StationID, d = station.ID, fresh
	}
	if filter.After, err = reportCursor(request.Params.Cursor); err != nil {
		return nil, err
	}
	limit := limitOf(request.Params.Limit)
	filter.Limit = limit + 1
	reports, err := s.deps.Bookings.Reports(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := FaultReportList{}
	if len(reports) > limit {
		reports = reports[:limit]
		last := reports[limit-1].Cursor()
		out.Next = cursor("fault-reports", strconv.FormatBool(last.Closed), strconv.FormatInt(last.At.Unix(), 10), last.ID)
	}
	out.Items = make([]FaultReport, len(reports))
	for i, r := range reports {
		if out.Items[i], err = s.showReport(ctx, d, r); err != nil {
			return nil, err
		}
	}
	return ListFaultReports200JSONResponse(out), nil
}

func reportCursor(given *string) (c booking.ReportCursor, err error) {
	after, err := place("fault-reports", 3, given)
	if err != nil || after == nil {
		return c, err
	}
	second, err := strconv.ParseInt(after[1], 10, 64)
	if err != nil || second < 0 || second > everEnd.Unix() {
		return c, fault.Rule("cursor_unknown", "this is not a cursor of this list; start again without one").On("cursor")
	}
	return booking.ReportCursor{Closed: after[0] == "true", At: time.Unix(second, 0).UTC(), ID: after[2]}, nil
}

// ReportFault implements StrictServerInterface.
func (s *Server) ReportFault(ctx context.Context, request ReportFaultRequestObject) (ReportFaultResponseObject, error) {
	station, d, err := s.station(ctx, request.Body.Station)
	if err != nil {
		return nil, err
	}
	report, err := s.deps.Bookings.ReportFault(ctx, callerOf(ctx).Actor, station.ID, request.Body.Description)
	if err != nil {
		return nil, err
	}
	s.deps.Changed(report.StationID)
	ctx, cancel := afterwards(ctx)
	defer cancel()
	out, err := s.showReport(ctx, d, report)
	return ReportFault201JSONResponse(out), err
}

// ConfirmFaultReport implements StrictServerInterface.
func (s *Server) ConfirmFaultReport(ctx context.Context, request ConfirmFaultReportRequestObject) (ConfirmFaultReportResponseObject, error) {
	outage := equipment.Outage{StartsAt: s.now(), EndsAt: given(request.Body.EndsAt), Reason: request.Body.Reason}
	result, err := s.deps.Bookings.ConfirmReport(ctx, callerOf(ctx).Actor, request.Report, outage)
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerOutage(ctx, result, false)
	return ConfirmFaultReport201JSONResponse{Body: body, Headers: ConfirmFaultReport201ResponseHeaders{ETag: tag}}, err
}

// DismissFaultReport implements StrictServerInterface.
func (s *Server) DismissFaultReport(ctx context.Context, request DismissFaultReportRequestObject) (DismissFaultReportResponseObject, error) {
	report, err := s.deps.Bookings.DismissReport(ctx, callerOf(ctx).Actor, request.Report, request.Body.Reason)
	if err != nil {
		return nil, err
	}
	s.deps.Changed(report.StationID)
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_, d, err := s.station(ctx, report.StationID)
	if err != nil {
		return nil, err
	}
	out, err := s.showReport(ctx, d, report)
	return DismissFaultReport200JSONResponse(out), err
}
