package httpapi

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// everEnd is later than every instant of the API.
var everEnd = time.Date(2201, 1, 1, 0, 0, 0, 0, time.UTC)

func (d *directory) showOutage(o equipment.Outage) Outage {
	return Outage{
		Id: o.ID, Station: d.stationRef(d.stations[o.StationID]), StartsAt: o.StartsAt.UTC(), EndsAt: instant(o.EndsAt),
		Reason: o.Reason, CreatedAt: o.CreatedAt.UTC(), Version: o.Version,
	}
}

// ListOutages implements StrictServerInterface.
func (s *Server) ListOutages(ctx context.Context, request ListOutagesRequestObject) (ListOutagesResponseObject, error) {
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	stationID := ""
	if request.Params.Station != nil {
		station, fresh, err := s.station(ctx, *request.Params.Station)
		if err != nil {
			return nil, err
		}
		stationID, d = station.ID, fresh
	}
	from, until := s.now(), everEnd
	if request.Params.From != nil {
		from = request.Params.From.UTC()
	}
	if request.Params.To != nil {
		until = request.Params.To.UTC()
	}
	if !from.Before(until) {
		return nil, fault.Rule("span_empty", "to must be later than from").On("to")
	}
	outages, err := s.deps.Equipment.Outages(ctx, stationID, from, until)
	if err != nil {
		return nil, err
	}
	out := OutageList{Items: make([]Outage, len(outages))}
	for i, o := range outages {
		out.Items[i] = d.showOutage(o)
	}
	return ListOutages200JSONResponse(out), nil
}

// GetOutage implements StrictServerInterface.
func (s *Server) GetOutage(ctx context.Context, request GetOutageRequestObject) (GetOutageResponseObject, error) {
	o, err := s.deps.Bookings.OutageByID(ctx, request.Outage)
	if err != nil {
		return nil, err
	}
	_, d, err := s.station(ctx, o.StationID)
	if err != nil {
		return nil, err
	}
	return GetOutage200JSONResponse{Body: d.showOutage(o), Headers: GetOutage200ResponseHeaders{ETag: etag(o.Version)}}, nil
}

// CreateOutage implements StrictServerInterface.
func (s *Server) CreateOutage(ctx context.Context, request CreateOutageRequestObject) (CreateOutageResponseObject, error) {
	in := request.Body
	station, _, err := s.station(ctx, in.Station)
	if err != nil {
		return nil, err
	}
	outage := equipment.Outage{StationID: station.ID, StartsAt: s.now(), Reason: in.Reason, EndsAt: given(in.EndsAt)}
	if in.StartsAt != nil {
		outage.StartsAt = *in.StartsAt
	}
	dry := given(request.Params.DryRun)
	result, err := s.deps.Bookings.StartOutage(ctx, callerOf(ctx).Actor, outage, dry)
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerOutage(ctx, result, dry)
	if dry {
		return CreateOutage200JSONResponse{Displaced: given(body.Displaced)}, err
	}
	return CreateOutage201JSONResponse{Body: body, Headers: CreateOutage201ResponseHeaders{ETag: tag}}, err
}

// UpdateOutage implements StrictServerInterface.
func (s *Server) UpdateOutage(ctx context.Context, request UpdateOutageRequestObject) (UpdateOutageResponseObject, error) {
	in := request.Body
	if in.EndsAt != nil && given(in.OpenEnded) {
		return nil, fault.Rule("end_or_open", "an outage has an end or lasts until further notice, not both").On("/open_ended")
	}
	change := booking.OutageChange{StartsAt: in.StartsAt, EndsAt: in.EndsAt, Reason: in.Reason}
	if given(in.OpenEnded) {
		change.EndsAt = new(time.Time)
	}
	if in.EndsAt != nil {
		seen, err := s.deps.Bookings.OutageByID(ctx, request.Outage)
		if err != nil {
			return nil, err
		}
		if in.StartsAt == nil && in.EndsAt.UTC().Truncate(time.Second).Equal(seen.StartsAt) {
			change.EndsAt = new(seen.StartsAt.Add(time.Second)) // a wrong report that was undone within its second
		}
	}
	dry := given(request.Params.DryRun)
	result, err := s.deps.Bookings.ChangeOutage(ctx, callerOf(ctx).Actor, request.Outage, versionOf(request.Params.IfMatch), change, dry)
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerOutage(ctx, result, dry)
	return UpdateOutage200JSONResponse{Body: body, Headers: UpdateOutage200ResponseHeaders{ETag: tag}}, err
}

// EndOutage implements StrictServerInterface.
func (s *Server) EndOutage(ctx context.Context, request EndOutageRequestObject) (EndOutageResponseObject, error) {
	result, err := s.deps.Bookings.EndOutage(ctx, callerOf(ctx).Actor, request.Outage, versionOf(request.Params.IfMatch))
	if err != nil {
		return nil, err
	}
	body, tag, err := s.answerOutage(ctx, result, false)
	return EndOutage200JSONResponse{Body: body, Headers: EndOutage200ResponseHeaders{ETag: tag}}, err
}

// answerOutage shows what was done, or would be, and tells the board.
func (s *Server) answerOutage(ctx context.Context, result booking.OutageResult, dry bool) (Outage, string, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if !dry {
		s.deps.Changed(result.Outage.StationID)
	}
	_, d, err := s.station(ctx, result.Outage.StationID)
	if err != nil {
		return Outage{}, "", err
	}
	out := d.showOutage(result.Outage)
	out.Displaced, err = s.displacements(ctx, d, result.Displaced)
	return out, etag(result.Outage.Version), err
}

// displacements shows what became of those whose time was taken.
func (s *Server) displacements(ctx context.Context, d *directory, all []booking.Displaced) (*Displacements, error) {
	out := &Displacements{Items: make([]Displacement, len(all))}
	counts := map[booking.Fate]*int32{
		booking.FateMoved: &out.Moved, booking.FateOffered: &out.Offered, booking.FateCancelled: &out.Cancelled, booking.FateKept: &out.Kept,
	}
	for i, was := range all {
		*counts[was.Fate]++
		var err error
		if out.Items[i], err = s.showDisplaced(ctx, d, was); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) showDisplaced(ctx context.Context, d *directory, was booking.Displaced) (Displacement, error) {
	out := Displacement{Fate: DisplacementFate(was.Fate), FromStation: d.stationRef(d.stations[was.Before.StationID])}
	var err error
	if out.Booking, err = s.showBooking(ctx, d, was.After); err != nil || was.Instead.ID == "" {
		return out, err
	}
	instead, err := s.showBooking(ctx, d, was.Instead)
	out.Instead = &instead
	return out, err
}
