package httpapi

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

const maxAvailability = 31 * 24 * time.Hour

// GetAvailability implements StrictServerInterface.
func (s *Server) GetAvailability(ctx context.Context, request GetAvailabilityRequestObject) (GetAvailabilityResponseObject, error) {
	params := request.Params
	span, err := spanOf(params.From, params.To, maxAvailability)
	if err != nil {
		return nil, err
	}
	query := booking.Query{From: span.From, Until: span.Until, Length: 30 * time.Minute}
	if params.Minutes != nil {
		query.Length = time.Duration(*params.Minutes) * time.Minute
	}
	named := 0
	if params.Station != nil {
		station, _, err := s.station(ctx, *params.Station)
		if err != nil {
			return nil, err
		}
		query.StationIDs = []string{station.ID}
		named++
	}
	if params.Kind != nil {
		kind, _, err := s.kind(ctx, *params.Kind)
		if err != nil {
			return nil, err
		}
		query.KindID = kind.ID
		named++
	}
	if params.Room != nil {
		room, _, err := s.room(ctx, *params.Room)
		if err != nil {
			return nil, err
		}
		query.RoomID = room.ID
		named++
	}
	if named != 1 {
		return nil, fault.Rule("one_of_station_kind_room", "name either a station, a kind or a room")
	}
	free, err := s.deps.Bookings.Availability(ctx, callerOf(ctx).Actor, query)
	if err != nil {
		return nil, asRule(err)
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	out := Availability{Items: make([]FreeInterval, 0, len(free))}
	for _, f := range free {
		out.Items = append(out.Items, FreeInterval{Station: d.stationRef(d.stations[f.StationID]), StartsAt: f.From.UTC(), EndsAt: f.Until.UTC()})
	}
	slices.SortStableFunc(out.Items, func(a, b FreeInterval) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Station.Code, b.Station.Code))
	})
	return GetAvailability200JSONResponse(out), nil
}
