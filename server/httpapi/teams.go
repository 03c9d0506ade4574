package httpapi

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

func (s *Server) showTeam(ctx context.Context, t account.Team) (Team, error) {
	out := Team{
		Id: t.ID, Code: t.Code, Name: t.Name, Programme: t.Programme, Disabled: !t.DisabledAt.IsZero(), Version: t.Version,
		Captain: t.Captain(callerOf(ctx).PersonID), Members: make([]TeamMember, len(t.Members)),
	}
	for i, m := range t.Members {
		called, err := s.accounts.Name(ctx, m.PersonID)
		if err != nil {
			return out, err
		}
		out.Members[i] = TeamMember{Person: PersonRef{Id: m.PersonID, Name: called}, Captain: m.Captain}
	}
	return out, nil
}

// teamRef names a team; nil when there is none.
func (s *Server) teamRef(ctx context.Context, id string) (*TeamRef, error) {
	if id == "" {
		return nil, nil //nolint:nilnil // a booking without a team
	}
	t, err := s.accounts.TeamSeen(ctx, id)
	return &TeamRef{Id: id, Code: t.Code, Name: t.Name}, err
}

// visibleTeam gives a team that the caller is in, or whose bookings they may see anyway.
func (s *Server) visibleTeam(ctx context.Context, ref Ref) (account.Team, error) {
	t, err := s.accounts.Team(ctx, ref)
	if err != nil {
		return t, err
	}
	who := callerOf(ctx)
	if !t.Has(who.PersonID) && !account.Allowed(who.Actor, account.ActionSeeNames, t.ID) {
		return t, fault.NotFound("team_unknown", "there is no team %q", ref)
	}
	return t, nil
}

// ListTeams implements StrictServerInterface.
func (s *Server) ListTeams(ctx context.Context, request ListTeamsRequestObject) (ListTeamsResponseObject, error) {
	who := callerOf(ctx)
	person, all := personRef(ctx, request.Params.Person), account.Allowed(who.Actor, account.ActionManageTeams, "")
	var teams []account.Team
	var err error
	switch {
	case person == "" && all:
		teams, err = s.accounts.Teams(ctx)
	case person == "" || person == who.PersonID:
		teams, err = s.accounts.TeamsOf(ctx, who.PersonID)
	case all:
		teams, err = s.accounts.TeamsOf(ctx, person)
	default:
		err = fault.Forbidden("not_allowed", "you may list the teams that you are in")
	}
	if err != nil {
		return nil, err
	}
	out := TeamList{Items: make([]Team, len(teams))}
	for i, t := range teams {
		if out.Items[i], err = s.showTeam(ctx, t); err != nil {
			return nil, err
		}
	}
	return ListTeams200JSONResponse(out), nil
}

// CreateTeam implements StrictServerInterface.
func (s *Server) CreateTeam(ctx context.Context, request CreateTeamRequestObject) (CreateTeamResponseObject, error) {
	in := request.Body
	t, err := s.accounts.PutTeam(ctx, account.Team{
		Code: in.Code, Name: in.Name, Programme: given(in.Programme), Members: members(ctx, given(in.Members)),
	})
	if err != nil {
		return nil, err
	}
	body, err := s.showTeam(ctx, t)
	return CreateTeam201JSONResponse{Body: body, Headers: CreateTeam201ResponseHeaders{ETag: etag(t.Version)}}, err
}

func members(ctx context.Context, in []NewTeamMember) []account.Member {
	out := make([]account.Member, len(in))
	for i, m := range in {
		out[i] = account.Member{PersonID: personRef(ctx, &m.Person), Captain: given(m.Captain)}
	}
	slices.SortStableFunc(out, func(a, b account.Member) int {
		if a.Captain != b.Captain {
			return map[bool]int{true: -1, false: 1}[a.Captain]
		}
		return strings.Compare(a.PersonID, b.PersonID)
	})
	return out
}

// UpdateTeam implements StrictServerInterface.
func (s *Server) UpdateTeam(ctx context.Context, request UpdateTeamRequestObject) (UpdateTeamResponseObject, error) {
	t, err := s.accounts.Team(ctx, request.Team)
	if err != nil {
		return nil, err
	}
	if err := matches(request.Params.IfMatch, etag(t.Version)); err != nil {
		return nil, err
	}
	in := request.Body
	t.Code, t.Name, t.Programme = *cmp.Or(in.Code, &t.Code), *cmp.Or(in.Name, &t.Name), *cmp.Or(in.Programme, &t.Programme)
	if in.Members != nil {
		t.Members = members(ctx, *in.Members)
	}
	if in.Disabled != nil {
		t.DisabledAt = since(t.DisabledAt, *in.Disabled, s.now())
	}
	if t, err = s.accounts.PutTeam(ctx, t); err != nil {
		return nil, err
	}
	body, err := s.showTeam(ctx, t)
	return UpdateTeam200JSONResponse{Body: body, Headers: UpdateTeam200ResponseHeaders{ETag: etag(t.Version)}}, err
}

// ListNames implements StrictServerInterface.
func (s *Server) ListNames(ctx context.Context, request ListNamesRequestObject) (ListNamesResponseObject, error) {
	people, err := s.accounts.People(ctx)
	if err != nil {
		return nil, err
	}
	who, limit := callerOf(ctx), limitOf(request.Params.Limit)
	wanted := strings.ToLower(given(request.Params.Q))
	out := NameList{Items: []Name{}}
	for _, p := range people {
		found := strings.Contains(strings.ToLower(p.Login), wanted) || strings.Contains(strings.ToLower(p.Name), wanted)
		if found && p.DisabledAt.IsZero() && account.Allowed(who.Actor, account.ActionSeeNames, p.ID) && len(out.Items) < limit {
			out.Items = append(out.Items, Name{Id: p.ID, Login: p.Login, Name: p.Name, Role: Role(p.Role)})
		}
	}
	return ListNames200JSONResponse(out), nil
}
