package account

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labtide/labtide/server/fault"
)

// MostMembers bounds a team.
const MostMembers = 200

// How long the texts of a team may be, in characters.
const (
	longestTeamCode = 40
	longestTeamName = 120
)

// Teams gives every team, by code.
func (s *Service) Teams(ctx context.Context) ([]Team, error) { return s.store.Teams(ctx, "") }

// TeamsOf gives the teams that a person is in, by code; it is at most Remembered old.
func (s *Service) TeamsOf(ctx context.Context, personID string) ([]Team, error) {
	if personID == "" {
		return nil, nil
	}
	return s.teams.get(personID, func() ([]Team, error) { return s.store.Teams(ctx, personID) })
}

// Team gives a team as stored now, by id or code.
func (s *Service) Team(ctx context.Context, idOrCode string) (Team, error) {
	return s.store.TeamByID(ctx, idOrCode)
}

// TeamSeen gives a team by id, disabled or not, at most Remembered old; an empty one when there is none.
func (s *Service) TeamSeen(ctx context.Context, id string) (Team, error) {
	t, err := s.team.get(id, func() (Team, error) { return s.store.TeamByID(ctx, id) })
	if fault.KindOf(err) == fault.KindNotFound {
		return Team{}, nil
	}
	return t, err
}

// PutTeam adds a team when its Version is 0, else changes it; an old Version is fault.KindStale.
func (s *Service) PutTeam(ctx context.Context, t Team) (Team, error) {
	t.Code, t.Name = strings.TrimSpace(t.Code), strings.TrimSpace(t.Name)
	if err := t.Check(); err != nil {
		return Team{}, err
	}
	t, err := s.store.PutTeam(ctx, t)
	if err == nil {
		s.teams.forgetAll()
		s.team.forgetAll()
	}
	return t, err
}

// Check says what is wrong with a team.
func (t Team) Check() error {
	switch {
	case !sayable(t.Code, longestTeamCode) || strings.ContainsFunc(t.Code, unicode.IsSpace):
		return fault.Rule("team_code_invalid", "a team's code is up to %d characters without spaces", longestTeamCode).On("/code")
	case !sayable(t.Name, longestTeamName):
		return fault.Rule("team_name_invalid", "a team's name is up to %d characters", longestTeamName).On("/name")
	case len(t.Members) > MostMembers:
		return fault.Rule("team_too_large", "a team has at most %d members", MostMembers).On("/members")
	}
	ids := make([]string, len(t.Members))
	for i, m := range t.Members {
		ids[i] = m.PersonID
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) < len(t.Members) {
		return fault.Rule("member_twice", "somebody is named twice among the members").On("/members")
	}
	return nil
}

// sayable reports whether a text can be stored, shown and found: some characters, but not too many, and none that control.
func sayable(text string, most int) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, unicode.IsControl)
}
