package booking

import (
	"context"
	"strings"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Registry is what the charter reads of the register.
type Registry interface {
	Sites(ctx context.Context) ([]equipment.Site, error)
	Rooms(ctx context.Context) ([]equipment.Room, error)
	Kinds(ctx context.Context) ([]equipment.Kind, error)
	Stations(ctx context.Context, filter equipment.StationFilter) ([]equipment.Station, error)
}

// Teams is what the charter reads of teams.
type Teams interface {
	// Teams gives those that the person is in; no person: all.
	Teams(ctx context.Context, personID string) ([]account.Team, error)
}

// Register is everything that a document may name.
type Register struct {
	Sites    []equipment.Site
	Rooms    []equipment.Room
	Kinds    []equipment.Kind
	Stations []equipment.Station
	Teams    []account.Team
}

// named is one thing that can be named: by id, by code, or by SITE/CODE where its code belongs to a site.
type named struct{ id, site, code string }

// SortTeam is what Find and Name take for a team, beside the scopes.
const SortTeam Scope = "team"

func (r Register) all(sort Scope) []named {
	var out []named
	codes := map[string]string{}
	for _, s := range r.Sites {
		codes[s.ID] = s.Code
	}
	switch sort {
	case ScopeSite:
		for _, v := range r.Sites {
			out = append(out, named{v.ID, "", v.Code})
		}
	case ScopeRoom:
		for _, v := range r.Rooms {
			out = append(out, named{v.ID, codes[v.SiteID], v.Code})
		}
	case ScopeKind:
		for _, v := range r.Kinds {
			out = append(out, named{v.ID, "", v.Code})
		}
	case ScopeStation:
		for _, v := range r.Stations {
			out = append(out, named{v.ID, codes[v.SiteID], v.Code})
		}
	case SortTeam:
		for _, v := range r.Teams {
			out = append(out, named{v.ID, "", v.Code})
		}
	}
	return out
}

// Find gives the id of what a text names: an id, a code, or SITE/CODE. The error is KindNotFound, or KindConflict when two
// sites have the code.
func (r Register) Find(sort Scope, ref string) (id string, err error) {
	site, code, qualified := strings.Cut(ref, "/")
	for _, v := range r.all(sort) {
		switch {
		case v.id == ref:
			return v.id, nil
		case v.code == ref, qualified && v.site == site && v.code == code:
			if id != "" {
				return "", fault.Conflict("code_ambiguous", "more than one %s has the code %q; write SITE/CODE, or the id", sort, ref)
			}
			id = v.id
		}
	}
	if id == "" {
		return "", fault.NotFound(string(sort)+"_unknown", "there is no %s %q", sort, ref)
	}
	return id, nil
}

// Name gives the shortest text by which Find finds the id: the code, or SITE/CODE. Empty: there is no such thing.
func (r Register) Name(sort Scope, id string) string {
	var found named
	all := r.all(sort)
	for _, v := range all {
		if v.id == id {
			found = v
		}
	}
	for _, v := range all {
		if v.id != found.id && v.code == found.code && found.site != "" {
			return found.site + "/" + found.code
		}
	}
	return found.code
}

// has reports whether there is a thing with this id.
func (r Register) has(sort Scope, id string) bool {
	for _, v := range r.all(sort) {
		if v.id == id {
			return true
		}
	}
	return false
}

// chain gives the scopes that a scope lies in, from the widest to itself. A kind lies in no site: its limits come before
// those of rooms and sites at each of its stations.
func (r Register) chain(scope Scope, id string) []Origin {
	out := []Origin{{Scope: ScopeSchool}}
	switch scope {
	case ScopeSite, ScopeKind:
		return append(out, Origin{scope, id})
	case ScopeRoom:
		for _, room := range r.Rooms {
			if room.ID == id {
				return append(out, Origin{ScopeSite, room.SiteID}, Origin{scope, id})
			}
		}
	case ScopeStation:
		for _, s := range r.Stations {
			if s.ID == id {
				return chain(s)
			}
		}
	}
	return out
}
