package report

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// school is the register as one report sees it: the chosen stations by site, room and kind, with their calendar.
type school struct {
	sites    []siteOf
	rooms    []roomOf
	stations []equipment.Station // in the order of site, room, kind, code
	kinds    map[string]equipment.Kind
}

// siteOf is a site, what its rooms' opening hours are, and the time that the report covers there.
type siteOf struct {
	equipment.Site
	loc      *time.Location
	schedule equipment.Schedule
	ownHours map[string]bool // rooms with rules of their own
	span     equipment.Interval
}

// roomOf is a room and its stations: stations[first:end] of the school.
type roomOf struct {
	equipment.Room
	site       int // place in sites
	first, end int
}

// readSchool reads the chosen stations and what belongs to them.
func (s *Service) readSchool(ctx context.Context, q Query, now time.Time) (*school, error) {
	sites, err := s.register.Sites(ctx)
	if err != nil {
		return nil, err
	}
	rooms, err := s.register.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	kinds, err := s.register.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	stations, err := s.register.Stations(ctx, equipment.StationFilter{})
	if err != nil {
		return nil, err
	}
	chosen, err := choose(stations, rooms, kinds, q)
	if err != nil {
		return nil, err
	}
	out := &school{stations: chosen, kinds: make(map[string]equipment.Kind, len(kinds))}
	for _, k := range kinds {
		out.kinds[k.ID] = k
	}
	out.arrange(sites, rooms)
	for i := range out.sites {
		site := &out.sites[i]
		if err := s.readHours(ctx, site); err != nil {
			return nil, err
		}
		site.span = q.span(site.loc, now)
	}
	return out, nil
}

func (s *Service) readHours(ctx context.Context, site *siteOf) error {
	hours, exceptions, err := s.register.OpeningHours(ctx, site.ID)
	if err != nil {
		return err
	}
	site.loc = site.Location()
	site.schedule = equipment.NewSchedule(site.loc, hours, exceptions)
	site.ownHours = map[string]bool{}
	for _, h := range hours {
		site.ownHours[h.RoomID] = true
	}
	for _, e := range exceptions {
		site.ownHours[e.RoomID] = true
	}
	return nil
}

// choose keeps the stations of the query's room and kind.
func choose(stations []equipment.Station, rooms []equipment.Room, kinds []equipment.Kind, q Query) ([]equipment.Station, error) {
	if q.Room != "" {
		found := matching(rooms, func(r equipment.Room) (string, string) { return r.ID, r.Code }, q.Room)
		if len(found) == 0 {
			return nil, fault.NotFound("room_unknown", "there is no room %q", q.Room).On("room")
		}
		if len(found) > 1 {
			return nil, fault.Conflict("code_ambiguous", "several rooms are called %q; take the id", q.Room).On("room")
		}
		stations = slices.DeleteFunc(slices.Clone(stations), func(st equipment.Station) bool { return st.RoomID != found[0].ID })
	}
	if q.Kind != "" {
		found := matching(kinds, func(k equipment.Kind) (string, string) { return k.ID, k.Code }, q.Kind)
		if len(found) == 0 {
			return nil, fault.NotFound("kind_unknown", "there is no kind %q", q.Kind).On("kind")
		}
		stations = slices.DeleteFunc(slices.Clone(stations), func(st equipment.Station) bool { return st.KindID != found[0].ID })
	}
	return slices.Clone(stations), nil
}

// matching gives the one with this id, else all with this code.
func matching[T any](all []T, names func(T) (id, code string), name string) []T {
	var coded []T
	for _, x := range all {
		id, code := names(x)
		if id == name {
			return []T{x}
		}
		if code == name {
			coded = append(coded, x)
		}
	}
	return coded
}

// arrange sorts the stations and finds the sites and rooms that have any. Stations of an unknown site or room, which no
// store gives, are left out.
func (s *school) arrange(sites []equipment.Site, rooms []equipment.Room) {
	slices.SortFunc(s.stations, func(a, b equipment.Station) int {
		return cmp.Or(strings.Compare(a.SiteID, b.SiteID), strings.Compare(a.RoomID, b.RoomID),
			strings.Compare(a.KindID, b.KindID), strings.Compare(a.Code, b.Code), strings.Compare(a.ID, b.ID))
	})
	siteAt, roomAt := map[string]equipment.Site{}, map[string]equipment.Room{}
	for _, site := range sites {
		siteAt[site.ID] = site
	}
	for _, room := range rooms {
		roomAt[room.ID] = room
	}
	s.stations = slices.DeleteFunc(s.stations, func(st equipment.Station) bool {
		_, hasSite := siteAt[st.SiteID]
		_, hasRoom := roomAt[st.RoomID]
		return !hasSite || !hasRoom
	})
	for i, st := range s.stations {
		if n := len(s.sites); n == 0 || s.sites[n-1].ID != st.SiteID {
			s.sites = append(s.sites, siteOf{Site: siteAt[st.SiteID]})
		}
		if n := len(s.rooms); n == 0 || s.rooms[n-1].ID != st.RoomID {
			s.rooms = append(s.rooms, roomOf{Room: roomAt[st.RoomID], site: len(s.sites) - 1, first: i})
		}
		s.rooms[len(s.rooms)-1].end = i + 1
	}
}

// span gives the time from the first site's start to the last site's end.
func (s *school) span() equipment.Interval {
	var all equipment.Interval
	for _, site := range s.sites {
		if site.span.Empty() {
			continue
		}
		if all.From.IsZero() || site.span.From.Before(all.From) {
			all.From = site.span.From
		}
		if site.span.Until.After(all.Until) {
			all.Until = site.span.Until
		}
	}
	return all
}
