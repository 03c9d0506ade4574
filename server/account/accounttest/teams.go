package accounttest

import (
	"reflect"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

func (f *fixture) team(code string, members ...account.Member) account.Team {
	f.t.Helper()
	team, err := f.PutTeam(f.t.Context(), account.Team{Code: code, Name: "队 " + code, Programme: "mechatronics", Members: members})
	if err != nil {
		f.t.Fatal(err)
	}
	return team
}

func testTeam(t *testing.T, f *fixture) {
	li, wang := f.person("li"), f.person("wang")
	team := f.team("WS-1", account.Member{PersonID: li.ID}, account.Member{PersonID: wang.ID, Captain: true})
	if team.ID == "" || team.Version != 1 {
		t.Errorf("a new team has the id %q and the version %d", team.ID, team.Version)
	}
	team.Members = []account.Member{{PersonID: wang.ID, Captain: true}, {PersonID: li.ID}}
	for _, ref := range []string{team.ID, "WS-1"} {
		if got, err := f.TeamByID(t.Context(), ref); err != nil || !reflect.DeepEqual(got, team) {
			t.Errorf("%s is %+v, want %+v (%v)", ref, got, team, err)
		}
	}
	team.Name, team.DisabledAt, team.Members = "new", start().Add(time.Hour), []account.Member{{PersonID: li.ID, Captain: true}}
	team, err := f.PutTeam(t.Context(), team)
	if err != nil || team.Version != 2 {
		t.Fatalf("version %d, %v", team.Version, err)
	}
	all, err := f.Teams(t.Context(), "")
	if err != nil || !reflect.DeepEqual(all, []account.Team{team}) {
		t.Errorf("all are %+v, want %+v (%v)", all, team, err)
	}
}

func testTeamsOf(t *testing.T, f *fixture) {
	li, wang := f.person("li"), f.person("wang")
	f.team("B", account.Member{PersonID: li.ID}, account.Member{PersonID: wang.ID})
	f.team("A", account.Member{PersonID: li.ID, Captain: true})
	f.team("C")
	for person, want := range map[string]string{li.ID: "AB", wang.ID: "B", "": "ABC", "nobody": "", "\x00": ""} {
		teams, err := f.Teams(t.Context(), person)
		got := ""
		for _, team := range teams {
			got += team.Code
		}
		if err != nil || got != want {
			t.Errorf("%q is in %q, want %q (%v)", person, got, want, err)
		}
		if person == wang.ID && len(teams) == 1 && len(teams[0].Members) != 2 {
			t.Errorf("of the team only %+v are shown", teams[0].Members)
		}
	}
}

func testTeamConflicts(t *testing.T, f *fixture) {
	first, second := f.team("A"), f.team("B")
	second.Code = "A"
	_, err := f.PutTeam(t.Context(), second)
	f.want(err, fault.KindConflict, "code_taken")
	_, err = f.PutTeam(t.Context(), account.Team{Code: "A", Name: "again"})
	f.want(err, fault.KindConflict, "code_taken")
	old := first
	first.Name = "new"
	if _, err := f.PutTeam(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	_, err = f.PutTeam(t.Context(), old)
	f.want(err, fault.KindStale, "")
}

func testTeamStrangers(t *testing.T, f *fixture) {
	_, err := f.PutTeam(t.Context(), account.Team{Code: "A", Name: "A", Members: []account.Member{{PersonID: "nobody"}}})
	f.want(err, fault.KindNotFound, "person_unknown")
	for _, text := range []string{"A", "nobody", "", "\x00", "\xff"} {
		_, err := f.TeamByID(t.Context(), text)
		f.want(err, fault.KindNotFound, "team_unknown")
	}
	_, err = f.PutTeam(t.Context(), account.Team{ID: "nobody", Code: "X", Name: "X", Version: 3})
	f.want(err, fault.KindNotFound, "team_unknown")
}
