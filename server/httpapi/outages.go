package httpapi

import (
	"context"
	"time"

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

// CreateOutage implements StrictServerInterface.
func (s *Server) CreateOutage(ctx context.Context, request CreateOutageRequestObject) (CreateOutageResponseObject, error) {
	in := request.Body
	station, d, err := s.station(ctx, in.Station)
	if err != nil {
		return nil, err
	}
	now := s.now().Truncate(time.Second)
	outage := equipment.Outage{
		StationID: station.ID, StartsAt: now, Reason: in.Reason, CreatedBy: callerOf(ctx).PersonID, CreatedAt: now,
	}
	if in.StartsAt != nil {
		outage.StartsAt = in.StartsAt.UTC().Truncate(time.Second)
	}
	if in.EndsAt != nil {
		outage.EndsAt = in.EndsAt.UTC().Truncate(time.Second)
	}
	if outage, err = s.putOutage(ctx, outage); err != nil {
		return nil, err
	}
	return CreateOutage201JSONResponse{Body: d.showOutage(outage), Headers: CreateOutage201ResponseHeaders{ETag: etag(outage.Version)}}, nil
}

// UpdateOutage implements StrictServerInterface.
func (s *Server) UpdateOutage(ctx context.Context, request UpdateOutageRequestObject) (UpdateOutageResponseObject, error) {
	outage, err := s.outage(ctx, request.Outage)
	if err != nil {
		return nil, err
	}
	if err := matches(request.Params.IfMatch, etag(outage.Version)); err != nil {
		return nil, err
	}
	if in := request.Body.EndsAt; in != nil {
		outage.EndsAt = in.UTC().Truncate(time.Second)
		if outage.EndsAt.Equal(outage.StartsAt) {
			outage.EndsAt = outage.StartsAt.Add(time.Second) // a wrong report that was undone within its second
		}
	}
	if in := request.Body.Reason; in != nil {
		outage.Reason = *in
	}
	if outage, err = s.putOutage(ctx, outage); err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	return UpdateOutage200JSONResponse{Body: d.showOutage(outage), Headers: UpdateOutage200ResponseHeaders{ETag: etag(outage.Version)}}, nil
}

// outage finds one among all: there are few, and they are read rarely.
func (s *Server) outage(ctx context.Context, id string) (equipment.Outage, error) {
	outages, err := s.deps.Equipment.Outages(ctx, "", time.Unix(0, 0), everEnd)
	if err != nil {
		return equipment.Outage{}, err
	}
	for _, o := range outages {
		if o.ID == id {
			return o, nil
		}
	}
	return equipment.Outage{}, fault.NotFound("outage_unknown", "there is no outage %q", id)
}

func (s *Server) putOutage(ctx context.Context, o equipment.Outage) (equipment.Outage, error) {
	if !o.EndsAt.IsZero() && !o.EndsAt.After(o.StartsAt) {
		return o, fault.Rule("span_empty", "an outage must end after it starts").On("/ends_at")
	}
	o, err := s.deps.Equipment.PutOutage(ctx, o)
	if err == nil {
		s.deps.Changed(o.StationID)
	}
	return o, err
}
