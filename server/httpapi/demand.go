package httpapi

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// GetUnmetDemand implements StrictServerInterface.
func (s *Server) GetUnmetDemand(ctx context.Context, request GetUnmetDemandRequestObject) (GetUnmetDemandResponseObject, error) {
	params := request.Params
	query, err := s.reportQuery(ctx, params.From, params.To, params.Room, params.Kind)
	if err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	// No zone is a day away from UTC; what is not of these days at its site is left out below.
	filter, none := d.wanted(query.Room, query.Kind)
	filter.From, filter.Until = query.From.Add(-1).Start(time.UTC), query.To.Add(1).Start(time.UTC)
	var wanted []booking.Wanted
	if !none {
		if wanted, err = s.deps.Bookings.Wanted(ctx, filter); err != nil {
			return nil, err
		}
	}
	wanted = slices.DeleteFunc(wanted, func(w booking.Wanted) bool {
		day := equipment.DayOf(w.StartsAt, d.zoneOf(w))
		return day < query.From || day >= query.To
	})
	by := ReportGroupKind
	if params.GroupBy != nil {
		by = *params.GroupBy
	}
	groups, total := booking.Tally(wanted, func(w booking.Wanted) string { return d.groupOf(w, by) })
	out := UnmetDemand{Items: make([]UnmetItem, 0, len(groups)), Total: showDemand("", total)}
	for key, sum := range groups {
		item := showDemand(key, sum)
		item.Code, item.Name = d.called(by, key)
		out.Items = append(out.Items, item)
	}
	slices.SortFunc(out.Items, func(a, b UnmetItem) int {
		return cmp.Or(cmp.Compare(b.Wishes, a.Wishes), cmp.Compare(a.Key, b.Key))
	})
	return GetUnmetDemand200JSONResponse(out), nil
}

func showDemand(key string, in booking.Demand) UnmetItem {
	out := UnmetItem{
		Key: key, Wishes: int32(in.Wishes), People: int32(in.People), Minutes: int64(in.Minutes), Elsewhere: int32(in.Elsewhere), //nolint:gosec // of people
		Codes: make([]UnmetCode, 0, len(in.Codes)),
	}
	for _, code := range slices.Sorted(maps.Keys(in.Codes)) {
		out.Codes = append(out.Codes, UnmetCode{Code: code, Wishes: int32(in.Codes[code])}) //nolint:gosec // of people
	}
	slices.SortStableFunc(out.Codes, func(a, b UnmetCode) int { return cmp.Compare(b.Wishes, a.Wishes) })
	return out
}

// ListUnmetDemand implements StrictServerInterface.
func (s *Server) ListUnmetDemand(ctx context.Context, request ListUnmetDemandRequestObject) (ListUnmetDemandResponseObject, error) {
	p := request.Params
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	var roomID, kindID string
	if p.Room != nil {
		room, fresh, err := s.room(ctx, *p.Room)
		if err != nil {
			return nil, err
		}
		roomID, d = room.ID, fresh
	}
	if p.Kind != nil {
		kind, fresh, err := s.kind(ctx, *p.Kind)
		if err != nil {
			return nil, err
		}
		kindID, d = kind.ID, fresh
	}
	filter, none := d.wanted(roomID, kindID)
	filter.From, filter.Until = given(p.From), given(p.To)
	if filter.After, err = wantedCursor(p.Cursor); err != nil {
		return nil, err
	}
	out := UnmetWishList{Items: []UnmetWish{}}
	if none {
		return ListUnmetDemand200JSONResponse(out), nil
	}
	limit := limitOf(p.Limit)
	filter.Limit = limit + 1
	wanted, err := s.deps.Bookings.Wanted(ctx, filter)
	if err != nil {
		return nil, err
	}
	if len(wanted) > limit {
		wanted = wanted[:limit]
		last := wanted[limit-1].Cursor()
		out.Next = cursor("unmet", strconv.FormatInt(last.StartsAt.Unix(), 10), last.ID)
	}
	for _, w := range wanted {
		_, _, person, err := s.doer(ctx, w.PersonID)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, UnmetWish{
			Id: w.ID, At: w.At, Person: given(person), Kind: cmp.Or(d.kinds[w.KindID].Code, w.KindID),
			Station: text(cmp.Or(d.stations[w.StationID].Code, w.StationID)), StartsAt: w.StartsAt, EndsAt: w.EndsAt,
			Programme: text(w.Programme), Purpose: Purpose(w.Purpose), Codes: w.Codes, Elsewhere: w.Elsewhere,
		})
	}
	return ListUnmetDemand200JSONResponse(out), nil
}

func wantedCursor(given *string) (c booking.Cursor, err error) {
	after, err := place("unmet", 2, given)
	if err != nil || after == nil {
		return c, err
	}
	second, err := strconv.ParseInt(after[0], 10, 64)
	if err != nil || second < 0 || second > everEnd.Unix() {
		return c, fault.Rule("cursor_unknown", "this is not a cursor of this list; start again without one").On("cursor")
	}
	return booking.Cursor{StartsAt: time.Unix(second, 0).UTC(), ID: after[1]}, nil
}

// wanted gives the filter of a room and a kind by id, empty for all; none: a room without stations.
func (d *directory) wanted(roomID, kindID string) (f booking.WantedFilter, none bool) {
	f.KindID = kindID
	if roomID == "" {
		return f, false
	}
	for id, station := range d.stations {
		if station.RoomID == roomID {
			f.StationIDs = append(f.StationIDs, id)
		}
	}
	return f, len(f.StationIDs) == 0
}

// zoneOf gives the clock by which a wish has its day: that of the station's site, or of the first site for any of a kind.
func (d *directory) zoneOf(w booking.Wanted) *time.Location {
	if site, ok := d.sites[d.rooms[d.stations[w.StationID].RoomID].SiteID]; ok {
		return site.Location()
	}
	if len(d.sites) == 0 {
		return time.UTC
	}
	return d.sites[slices.Min(slices.Collect(maps.Keys(d.sites)))].Location()
}

func (d *directory) groupOf(w booking.Wanted, by ReportGroup) string {
	switch by {
	case ReportGroupSite:
		return d.rooms[d.stations[w.StationID].RoomID].SiteID
	case ReportGroupRoom:
		return d.stations[w.StationID].RoomID
	case ReportGroupStation:
		return w.StationID
	case ReportGroupProgramme:
		return w.Programme
	default:
		return w.KindID
	}
}

// called gives the code and the name of a group.
func (d *directory) called(by ReportGroup, key string) (code *string, called Text) {
	switch by {
	case ReportGroupSite:
		return text(d.sites[key].Code), name(d.sites[key].Name)
	case ReportGroupRoom:
		return text(d.rooms[key].Code), name(d.rooms[key].Name)
	case ReportGroupStation:
		return text(d.stations[key].Code), name(d.stations[key].Name)
	case ReportGroupProgramme:
		return nil, Text{}
	default:
		return text(d.kinds[key].Code), name(d.kinds[key].Name)
	}
}
