package csvimport

import (
	"context"
	"strings"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// catalog finds ids by the codes that the files use: a bare code, or SITE/CODE where two sites have the same one.
type catalog struct {
	sites, rooms, kinds, stations, devices, people names
	roomSite                                       map[string]string // room id -> site id
}

// names maps codes to ids; ambiguous marks a bare code that several sites have.
type names map[string]string

const ambiguous = "\x00ambiguous"

func (n names) add(site, code, id string) {
	if site != "" {
		n[site+"/"+code] = id
	}
	if other, ok := n[code]; ok && other != id {
		id = ambiguous
	}
	n[code] = id
}

// find gives the id; fault says what is wrong when there is none.
func (n names) find(what, ref string) (id, fault string) {
	switch id, ok := n[ref]; {
	case !ok:
		return "", "there is no " + what + " " + ref + ", neither in the files nor stored"
	case id == ambiguous:
		return "", "several sites have a " + what + " " + ref + "; write SITE/" + ref
	default:
		return id, ""
	}
}

// under finds a room by its site's code, or by its own code alone.
func under(site, code string) string {
	if site == "" {
		return code
	}
	return site + "/" + code
}

// stored reads what is there already.
func stored(ctx context.Context, register equipment.Store, people account.Store) (*catalog, error) {
	c := &catalog{sites: names{}, rooms: names{}, kinds: names{}, stations: names{}, devices: names{}, people: names{}, roomSite: map[string]string{}}
	codeOf := map[string]string{}
	sites, err := register.Sites(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range sites {
		c.sites.add("", s.Code, s.ID)
		codeOf[s.ID] = s.Code
	}
	rooms, err := register.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rooms {
		c.rooms.add(codeOf[r.SiteID], r.Code, r.ID)
		c.roomSite[r.ID] = r.SiteID
	}
	stations, err := register.Stations(ctx, equipment.StationFilter{})
	if err != nil {
		return nil, err
	}
	for _, s := range stations {
		c.stations.add(codeOf[s.SiteID], s.Code, s.ID)
	}
	return c, c.others(ctx, register, people)
}

func (c *catalog) others(ctx context.Context, register equipment.Store, people account.Store) error {
	kinds, err := register.Kinds(ctx)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		c.kinds.add("", k.Code, k.ID)
	}
	devices, err := register.Devices(ctx)
	if err != nil {
		return err
	}
	for _, d := range devices {
		c.devices.add("", d.ID, d.ID)
	}
	persons, err := people.People(ctx)
	if err != nil {
		return err
	}
	for _, p := range persons {
		c.people.add("", login(p.Login), p.ID)
	}
	return nil
}

// login is how logins compare: without regard to case.
func login(s string) string { return strings.ToLower(s) }
