package sqldb

import (
	"context"
	"database/sql"
	"strings"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Equipment is an equipment.Store.
type Equipment struct{ db *DB }

// NewEquipment makes the store.
func NewEquipment(db *DB) *Equipment { return &Equipment{db: db} }

func codeTaken(code string) *fault.Error {
	return fault.Conflict("code_taken", "the code %q is taken; choose another one", code).On("/code")
}

// Sites lists all sites by code.
func (e *Equipment) Sites(ctx context.Context) ([]equipment.Site, error) {
	out, err := list(e.db.direct(ctx), func(row scanner) (s equipment.Site, err error) {
		return s, row.Scan(&s.ID, &s.Code, &s.Name.En, &s.Name.Zh, &s.TimeZone, &s.Version)
	}, "SELECT id, code, name_en, name_zh, time_zone, version FROM sites ORDER BY code, id")
	return out, translate(err)
}

// Rooms lists the rooms of all sites by code.
func (e *Equipment) Rooms(ctx context.Context) ([]equipment.Room, error) {
	out, err := list(e.db.direct(ctx), func(row scanner) (r equipment.Room, err error) {
		return r, row.Scan(&r.ID, &r.SiteID, &r.Code, &r.Name.En, &r.Name.Zh, &r.Version)
	}, "SELECT id, site_id, code, name_en, name_zh, version FROM rooms ORDER BY code, id")
	return out, translate(err)
}

// Kinds lists all kinds by code.
func (e *Equipment) Kinds(ctx context.Context) ([]equipment.Kind, error) {
	out, err := list(e.db.direct(ctx), func(row scanner) (k equipment.Kind, err error) {
		return k, row.Scan(&k.ID, &k.Code, &k.Name.En, &k.Name.Zh, &k.Version)
	}, "SELECT id, code, name_en, name_zh, version FROM kinds ORDER BY code, id")
	return out, translate(err)
}

// PutSite inserts or replaces a site.
func (e *Equipment) PutSite(ctx context.Context, s equipment.Site) (equipment.Site, error) {
	err := e.db.write(ctx, func(t *tx) error {
		id, version, err := t.put(row{table: "sites", thing: "site", id: s.ID, version: s.Version, fields: []field{
			{"code", s.Code}, {"name_en", s.Name.En}, {"name_zh", s.Name.Zh}, {"time_zone", s.TimeZone},
		}})
		if err != nil {
			return taken(err, codeTaken(s.Code))
		}
		s.ID, s.Version = id, version
		return nil
	})
	return s, err
}

// PutKind inserts or replaces a kind.
func (e *Equipment) PutKind(ctx context.Context, k equipment.Kind) (equipment.Kind, error) {
	err := e.db.write(ctx, func(t *tx) error {
		id, version, err := t.put(row{table: "kinds", thing: "kind", id: k.ID, version: k.Version, fields: []field{
			{"code", k.Code}, {"name_en", k.Name.En}, {"name_zh", k.Name.Zh},
		}})
		if err != nil {
			return taken(err, codeTaken(k.Code))
		}
		k.ID, k.Version = id, version
		return nil
	})
	return k, err
}

// PutRoom inserts or replaces a room; its site may be given by code.
func (e *Equipment) PutRoom(ctx context.Context, r equipment.Room) (equipment.Room, error) {
	err := e.db.write(ctx, func(t *tx) error {
		site, err := t.resolve("sites", "site", r.SiteID)
		if err != nil {
			return err
		}
		id, version, err := t.put(row{table: "rooms", thing: "room", id: r.ID, version: r.Version, fields: []field{
			{"site_id", site}, {"code", r.Code}, {"name_en", r.Name.En}, {"name_zh", r.Name.Zh},
		}})
		if err != nil {
			return taken(err, codeTaken(r.Code))
		}
		r.ID, r.SiteID, r.Version = id, site, version
		return nil
	})
	return r, err
}

const stationColumns = "id, site_id, room_id, kind_id, code, name_en, name_zh, bookable, since, version"

func scanStation(row scanner) (s equipment.Station, err error) {
	var since sql.NullInt64
	err = row.Scan(&s.ID, &s.SiteID, &s.RoomID, &s.KindID, &s.Code, &s.Name.En, &s.Name.Zh, &s.Bookable, &since, &s.Version)
	s.Since = instant(since)
	return s, err
}

// Stations lists those that fit the filter, by code. A room or kind that is not there has none.
func (e *Equipment) Stations(ctx context.Context, filter equipment.StationFilter) ([]equipment.Station, error) {
	for _, text := range []string{filter.Room, filter.Kind, filter.Query} {
		if !keyable(text) {
			return nil, nil
		}
	}
	var where strings.Builder
	var args []any
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", param(len(args)), 1)
		}
		where.WriteString(" AND " + condition)
	}
	if filter.Room != "" {
		add("room_id IN (SELECT id FROM rooms WHERE id = ? OR code = ?)", filter.Room, filter.Room)
	}
	if filter.Kind != "" {
		add("kind_id IN (SELECT id FROM kinds WHERE id = ? OR code = ?)", filter.Kind, filter.Kind)
	}
	if filter.Query != "" {
		add(`search LIKE ? ESCAPE '\'`, "%"+likeEscape.Replace(strings.ToLower(filter.Query))+"%")
	}
	if filter.After != "" {
		code, id, ok := strings.Cut(filter.After, "\x00")
		if !ok || !keyable(code) || !keyable(id) {
			return nil, fault.Invalid("cursor_invalid", "the cursor is not one that a list gave").On("cursor")
		}
		add("(code, id) > (?, ?)", code, id)
	}
	query := "SELECT " + stationColumns + " FROM stations WHERE TRUE" + where.String() + " ORDER BY code, id"
	if filter.Limit > 0 {
		args = append(args, filter.Limit)
		query += " LIMIT " + param(len(args))
	}
	out, err := list(e.db.direct(ctx), scanStation, query, args...)
	return out, translate(err)
}

// StationByID takes an id or a code.
func (e *Equipment) StationByID(ctx context.Context, idOrCode string) (s equipment.Station, err error) {
	t := e.db.direct(ctx)
	id, err := t.resolve("stations", "station", idOrCode)
	if err == nil {
		s, err = scanStation(t.row("SELECT "+stationColumns+" FROM stations WHERE id = $1", id))
	}
	return s, translate(found(err, unknown("station", idOrCode)))
}

// PutStation inserts or replaces a station. Its room and kind may be given by code; its site is that of the room.
func (e *Equipment) PutStation(ctx context.Context, s equipment.Station) (equipment.Station, error) {
	err := e.db.write(ctx, func(t *tx) error {
		next := s
		if err := t.refer(&next); err != nil {
			return err
		}
		id, version, err := t.put(row{table: "stations", thing: "station", id: s.ID, version: s.Version, fields: []field{
			{"site_id", next.SiteID}, {"room_id", next.RoomID}, {"kind_id", next.KindID}, {"code", s.Code},
			{"name_en", s.Name.En}, {"name_zh", s.Name.Zh}, {"bookable", s.Bookable}, {"since", unix(s.Since)},
			{"search", strings.ToLower(s.Code + "\n" + s.Name.En + "\n" + s.Name.Zh)},
		}})
		if err != nil {
			return taken(err, codeTaken(s.Code))
		}
		next.ID, next.Version = id, version
		s = next
		return nil
	})
	return s, err
}

// refer turns the codes that a station is given with into ids. A room's code may be the same on two sites.
func (t *tx) refer(s *equipment.Station) (err error) {
	if s.KindID, err = t.resolve("kinds", "kind", s.KindID); err != nil {
		return err
	}
	site := s.SiteID
	if site != "" {
		if site, err = t.resolve("sites", "site", site); err != nil {
			return err
		}
	}
	if s.RoomID, err = t.roomOf(site, s.RoomID); err != nil {
		return err
	}
	if err = t.row("SELECT site_id FROM rooms WHERE id = $1", s.RoomID).Scan(&s.SiteID); err != nil {
		return err
	}
	if site != "" && site != s.SiteID {
		return fault.Invalid("room_on_other_site", "the room is on another site than the station").On("/room")
	}
	return nil
}

// roomOf finds a room by id or code, on the site when one is given.
func (t *tx) roomOf(siteID, room string) (id string, err error) {
	if siteID != "" && keyable(room) {
		err = t.row("SELECT id FROM rooms WHERE site_id = $1 AND code = $2", siteID, room).Scan(&id)
		if err == nil {
			return id, nil
		}
		if found(err, nil) != nil {
			return "", err
		}
	}
	return t.resolve("rooms", "room", room)
}
