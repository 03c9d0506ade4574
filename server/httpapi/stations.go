package httpapi

import (
	"cmp"
	"context"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// showStation shows a station, and what it is doing now when the board knows it.
func (s *Server) showStation(who *caller, d *directory, v equipment.Station) Station {
	ref := d.stationRef(v)
	out := Station{
		Id: v.ID, Code: v.Code, Name: ref.Name, Site: ref.Site, Room: ref.Room, Kind: ref.Kind, Bookable: v.Bookable, Version: v.Version,
	}
	if card, ok := s.deps.Board.Card(v.ID); ok {
		out.Live = new(d.boardStation(who, card))
	}
	return out
}

// ListStations implements StrictServerInterface.
func (s *Server) ListStations(ctx context.Context, request ListStationsRequestObject) (ListStationsResponseObject, error) {
	filter, err := s.stationFilter(ctx, request.Params)
	if err != nil {
		return nil, err
	}
	limit := filter.Limit
	filter.Limit++ // one more tells whether there is a next page
	stations, err := s.deps.Equipment.Stations(ctx, filter)
	if err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	out := StationList{Items: []Station{}}
	if len(stations) > limit {
		stations = stations[:limit]
		out.Next = cursor("stations", stations[limit-1].Code, stations[limit-1].ID)
	}
	who := callerOf(ctx)
	for _, v := range stations {
		shown := s.showStation(who, d, v)
		if wanted := request.Params.State; wanted != nil && (shown.Live == nil || shown.Live.State != *wanted) {
			continue
		}
		out.Items = append(out.Items, shown)
	}
	return ListStations200JSONResponse(out), nil
}

func (s *Server) stationFilter(ctx context.Context, params ListStationsParams) (equipment.StationFilter, error) {
	filter := equipment.StationFilter{Query: given(params.Q), Limit: limitOf(params.Limit)}
	after, err := place("stations", 2, params.Cursor)
	if err != nil {
		return filter, err
	}
	if after != nil {
		filter.After = after[0] + "\x00" + after[1]
	}
	if params.Room != nil {
		room, _, err := s.room(ctx, *params.Room)
		if err != nil {
			return filter, err
		}
		filter.Room = room.ID
	}
	if params.Kind != nil {
		kind, _, err := s.kind(ctx, *params.Kind)
		if err != nil {
			return filter, err
		}
		filter.Kind = kind.ID
	}
	return filter, nil
}

// GetStation implements StrictServerInterface.
func (s *Server) GetStation(ctx context.Context, request GetStationRequestObject) (GetStationResponseObject, error) {
	station, err := s.deps.Equipment.StationByID(ctx, request.Station)
	if err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	return GetStation200JSONResponse{
		Body: s.showStation(callerOf(ctx), d, station), Headers: GetStation200ResponseHeaders{ETag: etag(station.Version)},
	}, nil
}

// CreateStation implements StrictServerInterface.
func (s *Server) CreateStation(ctx context.Context, request CreateStationRequestObject) (CreateStationResponseObject, error) {
	in := request.Body
	room, _, err := s.room(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	kind, _, err := s.kind(ctx, in.Kind)
	if err != nil {
		return nil, err
	}
	station := equipment.Station{
		SiteID: room.SiteID, RoomID: room.ID, KindID: kind.ID, Code: in.Code, Bookable: in.Bookable == nil || *in.Bookable,
		Since: s.now().Truncate(time.Minute),
	}
	if in.Name != nil {
		station.Name = newName(*in.Name)
	}
	station, d, err := s.putStation(ctx, station)
	if err != nil {
		return nil, err
	}
	return CreateStation201JSONResponse{
		Body: s.showStation(callerOf(ctx), d, station), Headers: CreateStation201ResponseHeaders{ETag: etag(station.Version)},
	}, nil
}

// UpdateStation implements StrictServerInterface.
func (s *Server) UpdateStation(ctx context.Context, request UpdateStationRequestObject) (UpdateStationResponseObject, error) {
	station, err := s.deps.Equipment.StationByID(ctx, request.Station)
	if err != nil {
		return nil, err
	}
	if err := matches(request.Params.IfMatch, etag(station.Version)); err != nil {
		return nil, err
	}
	in := request.Body
	if in.Room != nil {
		room, _, err := s.room(ctx, *in.Room)
		if err != nil {
			return nil, err
		}
		if room.SiteID != station.SiteID {
			return nil, fault.Rule("room_on_other_site", "a station stays on its site; make a new one on the other").On("/room")
		}
		station.RoomID = room.ID
	}
	if in.Kind != nil {
		kind, _, err := s.kind(ctx, *in.Kind)
		if err != nil {
			return nil, err
		}
		station.KindID = kind.ID
	}
	station.Code = *cmp.Or(in.Code, &station.Code)
	station.Bookable = *cmp.Or(in.Bookable, &station.Bookable)
	if in.Name != nil {
		station.Name = newName(*in.Name)
	}
	station, d, err := s.putStation(ctx, station)
	if err != nil {
		return nil, err
	}
	return UpdateStation200JSONResponse{
		Body: s.showStation(callerOf(ctx), d, station), Headers: UpdateStation200ResponseHeaders{ETag: etag(station.Version)},
	}, nil
}

func (s *Server) putStation(ctx context.Context, station equipment.Station) (equipment.Station, *directory, error) {
	station, err := s.deps.Equipment.PutStation(ctx, station)
	if s.registerChanged(err); err != nil {
		return station, nil, err
	}
	d, err := s.directory.get(ctx)
	return station, d, err
}
