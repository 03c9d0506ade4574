package courier

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Registers is a Directory over what the domain keeps.
type Registers struct {
	People account.PersonStore
	Places equipment.Registry
	// Book reads bookings and rules.
	Book interface {
		Rules(ctx context.Context) (*booking.Rules, error)
		ByID(ctx context.Context, id string) (booking.Booking, error)
		List(ctx context.Context, f booking.Filter) ([]booking.Booking, error)
		Trail(ctx context.Context, bookingID string) ([]booking.Entry, error)
	}
}

// Person gives somebody to write to.
func (d Registers) Person(ctx context.Context, id string) (Person, error) {
	p, err := d.People.PersonByID(ctx, id)
	return Person{Name: p.Name, Email: p.Email, Language: p.Language, Disabled: !p.DisabledAt.IsZero()}, err
}

// Readers implements Directory: who may do what an event asks for, and has an address. Of requests only those hear who may
// approve them at that station; of appeals nobody who made them.
func (d Registers) Readers(ctx context.Context) (func(booking.Effect) []string, error) {
	people, err := d.People.People(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := d.Book.Rules(ctx)
	if err != nil {
		return nil, err
	}
	return func(e booking.Effect) (ids []string) {
		for _, p := range people {
			actor := account.SignedIn(p.ID, p.Role)
			may := account.Allowed(actor, task(e.Event), "")
			if e.Event == booking.EventRequested {
				may = rules.MayApprove(actor, e.StationID)
			}
			if may && p.Email != "" && p.DisabledAt.IsZero() && (e.Event != booking.EventAppealMade || p.ID != e.Body[FactPerson]) {
				ids = append(ids, p.ID)
			}
		}
		return ids
	}, nil
}

// Station gives where it happened.
func (d Registers) Station(ctx context.Context, id string) (Station, error) {
	if id == "" {
		return Station{}, nothing("station")
	}
	station, err := d.Places.StationByID(ctx, id)
	if err != nil {
		return Station{}, err
	}
	out := Station{Code: station.Code, Name: station.Name, Zone: time.UTC}
	rooms, err := d.Places.Rooms(ctx)
	if err != nil {
		return out, err
	}
	for _, r := range rooms {
		if r.ID == station.RoomID {
			out.Room = r.Name
		}
	}
	out.Zone, err = d.zone(ctx, station.SiteID)
	return out, err
}

// zone gives the time zone of a site; the school's first one when it names none.
func (d Registers) zone(ctx context.Context, siteID string) (*time.Location, error) {
	sites, err := d.Places.Sites(ctx)
	if err != nil {
		return nil, err
	}
	for _, site := range sites {
		if site.ID == siteID || siteID == "" {
			if zone, err := time.LoadLocation(site.TimeZone); err == nil {
				return zone, nil
			}
		}
	}
	return time.UTC, nil
}

// Kind gives the name of a kind of station.
func (d Registers) Kind(ctx context.Context, id string) (equipment.Text, error) {
	if id == "" {
		return equipment.Text{}, nothing("kind")
	}
	kinds, err := d.Places.Kinds(ctx)
	for _, k := range kinds {
		if k.ID == id {
			return k.Name, nil
		}
	}
	if err == nil {
		err = nothing("kind")
	}
	return equipment.Text{}, err
}

// Room gives a room by id or code, and its stations.
func (d Registers) Room(ctx context.Context, idOrCode string) (equipment.Room, []equipment.Station, error) {
	rooms, err := d.Places.Rooms(ctx)
	if err != nil {
		return equipment.Room{}, nil, err
	}
	var found []equipment.Room
	for _, r := range rooms {
		if r.ID == idOrCode {
			found = []equipment.Room{r}
			break
		}
		if r.Code == idOrCode {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return equipment.Room{}, nil, fault.NotFound("room_unknown", "there is no room %q, or several sites have one", idOrCode)
	}
	stations, err := d.Places.Stations(ctx, equipment.StationFilter{Room: found[0].ID})
	return found[0], stations, err
}

// Booking gives what it is about.
func (d Registers) Booking(ctx context.Context, id string) (booking.Booking, error) {
	return d.Book.ByID(ctx, id)
}

// Stood reports whether a booking was ever confirmed.
func (d Registers) Stood(ctx context.Context, bookingID string) (bool, error) {
	trail, err := d.Book.Trail(ctx, bookingID)
	return slices.ContainsFunc(trail, func(e booking.Entry) bool { return e.After.Promised() }), err
}

// Series gives what a series has become.
func (d Registers) Series(ctx context.Context, id string, after time.Time) ([]booking.Booking, error) {
	return d.Book.List(ctx, booking.Filter{SeriesID: id, From: after})
}

func nothing(what string) error { return fault.NotFound(what+"_unknown", "there is no such %s", what) }
