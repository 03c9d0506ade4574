package httpapi

import (
	"context"
	"sync"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// directoryLifetime is how old the names in answers may be when another server changed them.
const directoryLifetime = 5 * time.Second

// directory is the register by id and by code, read at once: answers name stations, rooms and kinds all the time, and a
// booking should not cost four queries for names.
type directory struct {
	sites    map[string]equipment.Site
	rooms    map[string]equipment.Room
	kinds    map[string]equipment.Kind
	stations map[string]equipment.Station
	byCode   map[string][]string // "room\x00code": ids
	readAt   time.Time
}

// directories keeps the newest directory.
type directories struct {
	store equipment.Registry
	now   func() time.Time
	mu    sync.Mutex
	last  *directory
}

// get gives a directory that is at most directoryLifetime old.
func (d *directories) get(ctx context.Context) (*directory, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last != nil && d.now().Sub(d.last.readAt) < directoryLifetime {
		return d.last, nil
	}
	return d.read(ctx)
}

// fresh gives a directory as of now.
func (d *directories) fresh(ctx context.Context) (*directory, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.read(ctx)
}

// forget makes the next get read again: the register has changed here.
func (d *directories) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = nil
}

// read needs the lock.
func (d *directories) read(ctx context.Context) (*directory, error) {
	next := &directory{
		sites: map[string]equipment.Site{}, rooms: map[string]equipment.Room{}, kinds: map[string]equipment.Kind{},
		stations: map[string]equipment.Station{}, byCode: map[string][]string{}, readAt: d.now(),
	}
	sites, err := d.store.Sites(ctx)
	if err != nil {
		return nil, err
	}
	rooms, err := d.store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	kinds, err := d.store.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	stations, err := d.store.Stations(ctx, equipment.StationFilter{})
	if err != nil {
		return nil, err
	}
	for _, v := range sites {
		next.sites[v.ID] = v
		next.note("site", v.Code, v.ID)
	}
	for _, v := range rooms {
		next.rooms[v.ID] = v
		next.note("room", v.Code, v.ID)
	}
	for _, v := range kinds {
		next.kinds[v.ID] = v
		next.note("kind", v.Code, v.ID)
	}
	for _, v := range stations {
		next.stations[v.ID] = v
		next.note("station", v.Code, v.ID)
	}
	d.last = next
	return next, nil
}

func (d *directory) note(what, code, id string) {
	key := what + "\x00" + code
	d.byCode[key] = append(d.byCode[key], id)
}

// find gives what an id or a code means among those of one sort.
func find[T any](d *directory, among map[string]T, what, ref string) (T, error) {
	if v, ok := among[ref]; ok {
		return v, nil
	}
	ids := d.byCode[what+"\x00"+ref]
	switch len(ids) {
	case 1:
		return among[ids[0]], nil
	case 0:
		var none T
		return none, fault.NotFound(what+"_unknown", "there is no %s %q", what, ref).On(what)
	}
	var none T
	return none, fault.Conflict("code_ambiguous", "more than one %s has the code %q; use the id", what, ref).On(what)
}

func (d *directory) site(ref string) (equipment.Site, error) { return find(d, d.sites, "site", ref) }
func (d *directory) room(ref string) (equipment.Room, error) { return find(d, d.rooms, "room", ref) }
func (d *directory) kind(ref string) (equipment.Kind, error) { return find(d, d.kinds, "kind", ref) }
func (d *directory) station(ref string) (equipment.Station, error) {
	return find(d, d.stations, "station", ref)
}

// stationRef names a station with its site, room and kind.
func (d *directory) stationRef(s equipment.Station) StationRef {
	return StationRef{
		Id: s.ID, Code: s.Code, Name: name(s.Name),
		Site: d.siteRef(s.SiteID), Room: d.roomRef(s.RoomID), Kind: d.kindRef(s.KindID),
	}
}

// stationRefs names several; nil when there are none.
func (d *directory) stationRefs(ids []string) *[]StationRef {
	if len(ids) == 0 {
		return nil
	}
	out := make([]StationRef, len(ids))
	for i, id := range ids {
		out[i] = d.stationRef(d.stations[id])
	}
	return &out
}

func (d *directory) siteRef(id string) PlaceRef {
	v := d.sites[id]
	return PlaceRef{Id: id, Code: v.Code, Name: name(v.Name)}
}

func (d *directory) roomRef(id string) PlaceRef {
	v := d.rooms[id]
	return PlaceRef{Id: id, Code: v.Code, Name: name(v.Name)}
}

func (d *directory) kindRef(id string) PlaceRef {
	v := d.kinds[id]
	return PlaceRef{Id: id, Code: v.Code, Name: name(v.Name)}
}

// lookUp finds something by id or code; when it is unknown, the register is read again: another server may have added it.
func lookUp[T any](ctx context.Context, s *Server, ref string, find func(*directory, string) (T, error)) (T, *directory, error) {
	d, err := s.directory.get(ctx)
	if err != nil {
		var none T
		return none, nil, err
	}
	v, err := find(d, ref)
	if fault.KindOf(err) == fault.KindNotFound && s.now().Sub(d.readAt) > time.Second {
		if d, err = s.directory.fresh(ctx); err == nil {
			v, err = find(d, ref)
		}
	}
	return v, d, err
}

func (s *Server) station(ctx context.Context, ref string) (equipment.Station, *directory, error) {
	return lookUp(ctx, s, ref, (*directory).station)
}

func (s *Server) room(ctx context.Context, ref string) (equipment.Room, *directory, error) {
	return lookUp(ctx, s, ref, (*directory).room)
}

func (s *Server) kind(ctx context.Context, ref string) (equipment.Kind, *directory, error) {
	return lookUp(ctx, s, ref, (*directory).kind)
}

func (s *Server) site(ctx context.Context, ref string) (equipment.Site, *directory, error) {
	return lookUp(ctx, s, ref, (*directory).site)
}
