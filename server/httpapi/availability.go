package httpapi

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

const maxAvailability = 31 * 24 * time.Hour

// GetAvailability implements StrictServerInterface.
func (s *Server) GetAvailability(ctx context.Context, request GetAvailabilityRequestObject) (GetAvailabilityResponseObject, error) {
	query, err := s.availabilityQuery(ctx, request.Params)
	if err != nil {
		return nil, err
	}
	free, err := s.deps.Bookings.Availability(ctx, callerOf(ctx).Actor, query)
	if err != nil {
		return nil, asRule(err)
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	order := func(a, b booking.Free) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(d.stations[a.StationID].Code, d.stations[b.StationID].Code), cmp.Compare(a.StationID, b.StationID))
	}
	free, next, err := availabilityPage(free, order, request.Params)
	if err != nil {
		return nil, err
	}
	out := Availability{Items: make([]FreeInterval, 0, len(free)), Next: next}
	for _, f := range free {
		out.Items = append(out.Items, FreeInterval{
			Station: d.stationRef(d.stations[f.StationID]), StartsAt: f.From.UTC(), EndsAt: f.Until.UTC(), LongestMinutes: int32(f.Longest / time.Minute), //nolint:gosec // within a month
		})
	}
	return GetAvailability200JSONResponse(out), nil
}

// availabilityQuery gives what is asked about: a station, a kind or a room.
func (s *Server) availabilityQuery(ctx context.Context, params GetAvailabilityParams) (booking.Query, error) {
	span, err := spanOf(params.From, params.To, maxAvailability)
	if err != nil {
		return booking.Query{}, err
	}
	query := booking.Query{From: span.From, Until: span.Until, Length: 30 * time.Minute}
	if params.Minutes != nil {
		query.Length = time.Duration(*params.Minutes) * time.Minute
	}
	named := 0
	if params.Station != nil {
		station, _, err := s.station(ctx, *params.Station)
		if err != nil {
			return booking.Query{}, err
		}
		query.StationIDs = []string{station.ID}
		named++
	}
	if params.Kind != nil {
		kind, _, err := s.kind(ctx, *params.Kind)
		if err != nil {
			return booking.Query{}, err
		}
		query.KindID = kind.ID
		named++
	}
	if params.Room != nil {
		room, _, err := s.room(ctx, *params.Room)
		if err != nil {
			return booking.Query{}, err
		}
		query.RoomID = room.ID
		named++
	}
	if named != 1 {
		return booking.Query{}, fault.Rule("one_of_station_kind_room", "name either a station, a kind or a room")
	}
	if query.TeamID, _, err = s.bookingTeam(ctx, params.Team, nil); err != nil {
		return booking.Query{}, err
	}
	return query, nil
}

// availabilityPage orders what is free and gives the page that is asked for. The cursor names the last interval before it, which
// somebody may have booked since.
func availabilityPage(free []booking.Free, order func(a, b booking.Free) int, params GetAvailabilityParams) ([]booking.Free, *string, error) {
	after, err := place("availability", 2, params.Cursor)
	if err != nil {
		return nil, nil, err
	}
	if after != nil {
		at, err := strconv.ParseInt(after[0], 10, 64)
		if err != nil {
			return nil, nil, fault.Rule("cursor_unknown", "this is not a cursor of this list; start again without one").On("cursor")
		}
		last := booking.Free{StationID: after[1], From: time.Unix(at, 0)}
		free = slices.DeleteFunc(free, func(f booking.Free) bool { return order(f, last) <= 0 })
	}
	limit := limitOf(params.Limit)
	free = beginning(free, limit+1)
	slices.SortFunc(free, order)
	if len(free) <= limit {
		return free, nil, nil
	}
	end := free[limit-1]
	return free[:limit], cursor("availability", strconv.FormatInt(end.From.Unix(), 10), end.StationID), nil
}

// beginning leaves the n that start first, and those that start with the last of them. A school has tens of thousands free in a
// week: putting all of them in order for one page takes longer than finding them.
func beginning(free []booking.Free, n int) []booking.Free {
	if len(free) <= n {
		return free
	}
	starts := make([]int64, len(free))
	for i, f := range free {
		starts[i] = f.From.Unix()
	}
	slices.Sort(starts)
	return slices.DeleteFunc(free, func(f booking.Free) bool { return f.From.Unix() > starts[n-1] })
}
