package httpapi

import (
	"cmp"
	"context"

	"github.com/labtide/labtide/server/equipment"
)

func (d *directory) showRoom(v equipment.Room) Room {
	return Room{Id: v.ID, Code: v.Code, Name: name(v.Name), Site: d.siteRef(v.SiteID), Version: v.Version}
}

// ListRooms implements StrictServerInterface.
func (s *Server) ListRooms(ctx context.Context, request ListRoomsRequestObject) (ListRoomsResponseObject, error) {
	d, err := s.directory.fresh(ctx)
	if err != nil {
		return nil, err
	}
	siteID := ""
	if request.Params.Site != nil {
		site, err := d.site(*request.Params.Site)
		if err != nil {
			return nil, err
		}
		siteID = site.ID
	}
	rooms, err := s.deps.Equipment.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	out := RoomList{Items: []Room{}}
	for _, v := range rooms {
		if siteID == "" || v.SiteID == siteID {
			out.Items = append(out.Items, d.showRoom(v))
		}
	}
	return ListRooms200JSONResponse(out), nil
}

// CreateRoom implements StrictServerInterface.
func (s *Server) CreateRoom(ctx context.Context, request CreateRoomRequestObject) (CreateRoomResponseObject, error) {
	in := request.Body
	site, d, err := s.site(ctx, in.Site)
	if err != nil {
		return nil, err
	}
	room, err := s.deps.Equipment.PutRoom(ctx, equipment.Room{SiteID: site.ID, Code: in.Code, Name: newName(in.Name)})
	if s.registerChanged(err); err != nil {
		return nil, err
	}
	return CreateRoom201JSONResponse{Body: d.showRoom(room), Headers: CreateRoom201ResponseHeaders{ETag: etag(room.Version)}}, nil
}

// UpdateRoom implements StrictServerInterface.
func (s *Server) UpdateRoom(ctx context.Context, request UpdateRoomRequestObject) (UpdateRoomResponseObject, error) {
	d, err := s.directory.fresh(ctx)
	if err != nil {
		return nil, err
	}
	room, err := d.room(request.Room)
	if err != nil {
		return nil, err
	}
	if err := matches(request.Params.IfMatch, etag(room.Version)); err != nil {
		return nil, err
	}
	room.Code = *cmp.Or(request.Body.Code, &room.Code)
	if request.Body.Name != nil {
		room.Name = newName(*request.Body.Name)
	}
	room, err = s.deps.Equipment.PutRoom(ctx, room)
	if s.registerChanged(err); err != nil {
		return nil, err
	}
	return UpdateRoom200JSONResponse{Body: d.showRoom(room), Headers: UpdateRoom200ResponseHeaders{ETag: etag(room.Version)}}, nil
}
