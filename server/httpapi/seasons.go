package httpapi

import (
	"cmp"
	"context"
	"strconv"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// ListSeasons implements StrictServerInterface.
func (s *Server) ListSeasons(ctx context.Context, _ ListSeasonsRequestObject) (ListSeasonsResponseObject, error) {
	items, err := listDecided(ctx, s, booking.DocumentSeason, s.answerSeason)
	return ListSeasons200JSONResponse{Items: items}, err
}

// CreateSeason implements StrictServerInterface.
func (s *Server) CreateSeason(ctx context.Context, request CreateSeasonRequestObject) (CreateSeasonResponseObject, error) {
	season, err := s.readSeason(ctx, *request.Body)
	if err != nil {
		return nil, err
	}
	doc, err := s.decide(ctx, season)
	if err != nil {
		return nil, err
	}
	body, err := s.answerSeason(ctx, doc)
	return CreateSeason201JSONResponse{Body: body, Headers: CreateSeason201ResponseHeaders{ETag: etag(doc.Version)}}, err
}

// PutSeason implements StrictServerInterface.
func (s *Server) PutSeason(ctx context.Context, request PutSeasonRequestObject) (PutSeasonResponseObject, error) {
	stands, err := s.standing(ctx, booking.DocumentSeason, request.Season, request.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	season, err := s.readSeason(ctx, *request.Body)
	if err != nil {
		return nil, err
	}
	season.ID, season.Version = stands.ID, stands.Version
	doc, err := s.decide(ctx, season)
	if err != nil {
		return nil, err
	}
	body, err := s.answerSeason(ctx, doc)
	return PutSeason200JSONResponse{Body: body, Headers: PutSeason200ResponseHeaders{ETag: etag(doc.Version)}}, err
}

// DeleteSeason implements StrictServerInterface.
func (s *Server) DeleteSeason(ctx context.Context, request DeleteSeasonRequestObject) (DeleteSeasonResponseObject, error) {
	return DeleteSeason204Response{}, s.remove(ctx, booking.DocumentSeason, request.Season, request.Params.IfMatch)
}

// GetSeasonHistory implements StrictServerInterface.
func (s *Server) GetSeasonHistory(ctx context.Context, request GetSeasonHistoryRequestObject) (GetSeasonHistoryResponseObject, error) {
	out, err := s.history(ctx, booking.DocumentSeason, request.Season)
	return GetSeasonHistory200JSONResponse(out), err
}

func (d *directory) showSeason(v booking.Season, teams map[string]SeasonTeam) Season {
	out := Season{
		Id: v.ID, Name: v.Name, Starts: Day(v.Starts), Ends: Day(v.Ends), Kinds: []PlaceRef{}, Teams: []SeasonTeam{},
		HorizonDays: int32(v.HorizonDays), ReleaseHours: int32(v.ReleaseHours), DecayAfter: number(&v.DecayAfter), Version: v.Version, //nolint:gosec // at most a million
	}
	if v.SiteID != "" {
		out.Site = new(d.siteRef(v.SiteID))
	}
	for _, id := range v.Kinds {
		out.Kinds = append(out.Kinds, d.kindRef(id))
	}
	for _, id := range v.Teams {
		out.Teams = append(out.Teams, cmp.Or(teams[id], SeasonTeam{Id: id}))
	}
	if len(v.Priority) > 0 {
		out.Priority = new(showHours(v.Priority))
	}
	return out
}

// teamRefs gives the names of all teams by id, when they are needed.
func (s *Server) teamRefs(ctx context.Context, needed bool) (map[string]SeasonTeam, error) {
	out := map[string]SeasonTeam{}
	if !needed {
		return out, nil
	}
	register, err := s.deps.Charter.Register(ctx)
	for _, t := range register.Teams {
		out[t.ID] = SeasonTeam{Id: t.ID, Code: t.Code, Name: t.Name}
	}
	return out, err
}

func (s *Server) answerSeason(ctx context.Context, doc booking.Document) (Season, error) {
	d, clause, by, err := s.decided(ctx, doc)
	if err != nil {
		return Season{}, err
	}
	teams, err := s.teamRefs(ctx, true)
	if err != nil {
		return Season{}, err
	}
	out := d.showSeason(clause.(booking.Season), teams) //nolint:forcetypeassert // the document is a season
	out.ChangedBy, out.ChangedAt = by, instant(doc.ChangedAt)
	return out, nil
}

func (s *Server) readSeason(ctx context.Context, in NewSeason) (booking.Season, error) {
	register, err := s.deps.Charter.Register(ctx)
	if err != nil {
		return booking.Season{}, err
	}
	out := booking.Season{
		Name: in.Name, Starts: equipment.Day(in.Starts), Ends: equipment.Day(in.Ends), HorizonDays: int(given(in.HorizonDays)),
		ReleaseHours: int(given(in.ReleaseHours)), DecayAfter: int(given(in.DecayAfter)), Priority: readWeekHours(in.Priority),
	}
	if in.Site != nil {
		if out.SiteID, err = register.Find(booking.ScopeSite, *in.Site); err != nil {
			return out, at(err, "/site")
		}
	}
	if out.Kinds, err = findAll(register, booking.ScopeKind, in.Kinds, "/kinds/"); err != nil {
		return out, err
	}
	out.Teams, err = findAll(register, booking.SortTeam, in.Teams, "/teams/")
	return out, err
}

func findAll(register booking.Register, sort booking.Scope, refs []Ref, field string) ([]string, error) {
	out := make([]string, 0, len(refs))
	for i, ref := range refs {
		id, err := register.Find(sort, ref)
		if err != nil {
			return nil, at(err, field+strconv.Itoa(i))
		}
		out = append(out, id)
	}
	return out, nil
}
