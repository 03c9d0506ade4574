package httpapi

import (
	"context"
	"errors"
	"net/url"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// ListLabels implements StrictServerInterface.
func (s *Server) ListLabels(ctx context.Context, request ListLabelsRequestObject) (ListLabelsResponseObject, error) {
	var filter equipment.StationFilter
	if request.Params.Room != nil {
		room, _, err := s.room(ctx, *request.Params.Room)
		if err != nil {
			return nil, err
		}
		filter.Room = room.ID
	}
	stations, err := s.deps.Equipment.Stations(ctx, filter)
	if err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	out := StationLabelList{Items: make([]StationLabel, len(stations))}
	for i, v := range stations {
		out.Items[i] = StationLabel{Station: d.stationRef(v), Address: s.labelAddress(d, v)}
	}
	return ListLabels200JSONResponse(out), nil
}

// labelAddress is what the code on a station says. A code that another site has too gives way to the id.
func (s *Server) labelAddress(d *directory, v equipment.Station) string {
	name := v.Code
	if found, err := d.station(v.Code); err != nil || found.ID != v.ID {
		name = v.ID
	}
	return s.cfg.PublicURL + "/s/" + url.PathEscape(name) + "?k=" + s.deps.Labels.Key(v.ID)
}

// errNoCard is for a station that was added a moment ago.
var errNoCard = errors.New("the board does not know the station yet")

// GetLabel implements StrictServerInterface. Whoever has not the key learns nothing, not even whether there is such a station.
func (s *Server) GetLabel(ctx context.Context, request GetLabelRequestObject) (GetLabelResponseObject, error) {
	unknown := fault.NotFound("label_unknown", "there is no such label; scan the code on the station again")
	if err := s.limits.allow("label " + callerOf(ctx).address); err != nil {
		return nil, err
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	station, err := d.station(request.Station)
	if err != nil || !s.deps.Labels.Fits(station.ID, request.Params.Key) {
		return nil, unknown
	}
	card, ok := s.deps.Board.Card(station.ID)
	if !ok {
		return nil, fault.Unavailable("board", errNoCard)
	}
	return GetLabel200JSONResponse{
		Station: d.stationRef(station), State: StationState(card.State), TimeZone: d.sites[station.SiteID].TimeZone,
		FreeFrom: instant(card.FreeFrom), FreeUntil: instant(card.FreeUntil),
	}, nil
}
