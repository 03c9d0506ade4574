package csvimport

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// writer writes checked data, in an order in which everything that is referred to exists. known grows as it goes.
type writer struct {
	Importer
	data  *Data
	known *catalog
}

// all writes everything but the samples.
func (w *writer) all(ctx context.Context) error {
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"sites", w.sites}, {"rooms", w.rooms}, {"kinds", w.kinds}, {"stations", w.stations}, {"devices", w.devices},
		{"placements", w.placements}, {"opening hours", w.hours}, {"people", w.people}, {"teams", w.teams}, {"outages", w.outages},
		{"qualifications", w.qualifications}, {"bookings", w.bookings},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("import %s: %w", step.what, err)
		}
	}
	return nil
}

func (w *writer) sites(ctx context.Context) error {
	stored, err := w.Register.Sites(ctx)
	if err != nil {
		return err
	}
	return put(w.data.sites, stored, func(n, old equipment.Site) bool { return n.Code == old.Code },
		func(n, old equipment.Site) error {
			n.ID, n.Version = old.ID, old.Version
			n, err := w.Register.PutSite(ctx, n)
			w.known.sites.add("", n.Code, n.ID)
			return err
		})
}

func (w *writer) rooms(ctx context.Context) error {
	for _, r := range w.data.rooms {
		siteID, _ := w.known.sites.find("site", r.v.site)
		if _, ok := w.known.rooms[r.v.site+"/"+r.v.Code]; ok {
			continue
		}
		r.v.SiteID = siteID
		room, err := w.Register.PutRoom(ctx, r.v.Room)
		if err != nil {
			return err
		}
		w.known.rooms.add(r.v.site, room.Code, room.ID)
		w.known.roomSite[room.ID] = siteID
	}
	return nil
}

func (w *writer) kinds(ctx context.Context) error {
	stored, err := w.Register.Kinds(ctx)
	if err != nil {
		return err
	}
	return put(w.data.kinds, stored, func(n, old equipment.Kind) bool { return n.Code == old.Code },
		func(n, old equipment.Kind) error {
			n.ID, n.Version = old.ID, old.Version
			n, err := w.Register.PutKind(ctx, n)
			w.known.kinds.add("", n.Code, n.ID)
			return err
		})
}

func (w *writer) stations(ctx context.Context) error {
	stored, err := w.Register.Stations(ctx, equipment.StationFilter{})
	if err != nil {
		return err
	}
	for i := range w.data.stations {
		s := &w.data.stations[i].v
		s.RoomID, _ = w.known.rooms.find("room", under(s.site, s.room))
		s.KindID, _ = w.known.kinds.find("kind", s.kind)
		s.SiteID = w.known.roomSite[s.RoomID]
	}
	return put(w.data.stations, stored,
		func(n stationRow, old equipment.Station) bool { return n.SiteID == old.SiteID && n.Code == old.Code },
		func(n stationRow, old equipment.Station) error {
			n.ID, n.Version = old.ID, old.Version
			if n.Since.IsZero() {
				n.Since = old.Since
			}
			station, err := w.Register.PutStation(ctx, n.Station)
			w.known.stations.add(n.site, station.Code, station.ID)
			return err
		})
}

func (w *writer) devices(ctx context.Context) error {
	for _, d := range w.data.devices {
		if _, ok := w.known.devices[d.v.ID]; ok {
			continue // its secret and its name are the administrator's
		}
		if _, err := w.Register.PutDevice(ctx, d.v); err != nil {
			return err
		}
		w.known.devices.add("", d.v.ID, d.v.ID)
	}
	return nil
}

func (w *writer) people(ctx context.Context) error {
	stored, err := w.People.People(ctx)
	if err != nil {
		return err
	}
	return put(w.data.people, stored, func(n, old account.Person) bool { return login(n.Login) == login(old.Login) },
		func(n, old account.Person) error {
			if old.ID != "" { // keep what the files do not say
				old.Name, old.Role, old.Programme, old.Language = n.Name, n.Role, n.Programme, n.Language
				old.Email = cmp.Or(n.Email, old.Email) // a list without addresses takes none away
				n = old
			}
			n, err := w.People.PutPerson(ctx, n)
			w.known.people.add("", login(n.Login), n.ID)
			return err
		})
}

// put writes each row beside the stored thing that it names, if there is one.
func put[R, S any](rows []located[R], stored []S, same func(R, S) bool, write func(R, S) error) error {
	for _, r := range rows {
		var old S
		for _, s := range stored {
			if same(r.v, s) {
				old = s
			}
		}
		if err := write(r.v, old); err != nil {
			return fmt.Errorf("%s line %d: %w", r.lay.file, r.line, err)
		}
	}
	return nil
}

func (w *writer) hours(ctx context.Context) error {
	weekly, days := map[string][]equipment.OpeningHours{}, map[string][]equipment.Exception{}
	sites := map[string]bool{}
	for _, h := range w.data.hours {
		siteID, _ := w.known.sites.find("site", h.v.site)
		roomID := ""
		if h.v.room != "" {
			roomID, _ = w.known.rooms.find("room", under(h.v.site, h.v.room))
		}
		sites[siteID] = true
		if h.v.isWeekly {
			h.v.weekly.SiteID, h.v.weekly.RoomID = siteID, roomID
			weekly[siteID] = append(weekly[siteID], h.v.weekly)
			continue
		}
		h.v.exception.SiteID, h.v.exception.RoomID = siteID, roomID
		days[siteID] = append(days[siteID], h.v.exception)
	}
	for siteID := range sites {
		if err := w.Register.PutOpeningHours(ctx, siteID, weekly[siteID], days[siteID]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) outages(ctx context.Context) error {
	for _, o := range w.data.outages {
		o.v.StationID, _ = w.known.stations.find("station", o.v.station)
		until := o.v.EndsAt
		if until.IsZero() {
			until = farFuture()
		}
		stored, err := w.Register.Outages(ctx, o.v.StationID, o.v.StartsAt, until)
		if err != nil {
			return err
		}
		if containsOutage(stored, o.v.Outage) {
			continue
		}
		if _, err := w.Register.PutOutage(ctx, o.v.Outage); err != nil {
			return err
		}
	}
	return nil
}

func containsOutage(stored []equipment.Outage, o equipment.Outage) bool {
	for _, s := range stored {
		if s.StartsAt.Equal(o.StartsAt) && s.EndsAt.Equal(o.EndsAt) {
			return true
		}
	}
	return false
}

func (w *writer) placements(ctx context.Context) error {
	stored, err := w.Register.Placements(ctx, time.Unix(0, 0), farFuture())
	if err != nil {
		return err
	}
	for _, p := range w.data.placements {
		p.v.DeviceID = p.v.device
		p.v.StationID, _ = w.known.stations.find("station", p.v.station)
		if containsPlacement(stored, p.v.Placement) {
			continue
		}
		if _, err := w.Register.InsertPlacement(ctx, p.v.Placement); err != nil {
			if fault.KindOf(err) == fault.KindConflict {
				p.fault("from", "overlaps a stored placement of device %s", p.v.device)
				return *p.faults
			}
			return err
		}
	}
	return nil
}

func containsPlacement(stored []equipment.Placement, p equipment.Placement) bool {
	for _, s := range stored {
		if s.DeviceID == p.DeviceID && s.StationID == p.StationID && s.From.Equal(p.From) && (s.Until.Equal(p.Until) || p.Until.IsZero()) {
			return true
		}
	}
	return false
}

// farFuture bounds what has no end.
func farFuture() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }
