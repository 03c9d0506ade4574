package account

import (
	"strings"
	"testing"
)

func TestATeamIsBookedForByItsCaptainsAndThoseWhoRunTheRoom(t *testing.T) {
	team := Team{ID: "team", Members: []Member{{PersonID: "captain", Captain: true}, {PersonID: "member"}}}
	for who, want := range map[string]bool{"captain": true, "member": false, "stranger": false} {
		for _, role := range []Role{RoleStudent, RolePlanner} {
			if got := MayBookFor(SignedIn(who, role), team); got != want {
				t.Errorf("%s, a %s: %v", who, role, got)
			}
		}
	}
	if !MayBookFor(SignedIn("stranger", RoleInstructor), team) || MayBookFor(Actor{PersonID: "captain", Role: RoleStudent, Scopes: []Scope{ScopeRead}}, team) {
		t.Error("an instructor may, and a captain with a token that only reads may not")
	}
}

func TestSeatsThatNobodyIsNamedForAreTheBookersOrACaptains(t *testing.T) {
	team := Team{Members: []Member{{PersonID: "member"}, {PersonID: "captain", Captain: true}}}
	for who, want := range map[string]string{"member": "member", "instructor": "captain"} {
		if got := team.Holder(who); got != want {
			t.Errorf("booked by %s, held by %s, want %s", who, got, want)
		}
	}
	if got := (Team{Members: team.Members[:1]}).Holder("instructor"); got != "member" {
		t.Errorf("of a team without a captain: %s", got)
	}
	if got := (Team{}).Holder("instructor"); got != "instructor" {
		t.Errorf("of a team without members: %s", got)
	}
}

func TestATeamThatCannotBeNamedIsRefused(t *testing.T) {
	for _, c := range []struct {
		team Team
		ok   bool
	}{
		{Team{Code: "WS", Name: "世赛队"}, true},
		{Team{Code: strings.Repeat("队", 40), Name: strings.Repeat("队", 120)}, true},
		{Team{Code: "", Name: "x"}, false},
		{Team{Code: "W S", Name: "x"}, false},
		{Team{Code: strings.Repeat("x", 41), Name: "x"}, false},
		{Team{Code: "WS", Name: "a\x00b"}, false},
		{Team{Code: "WS", Name: "\xff"}, false},
		{Team{Code: "WS", Name: "x", Members: make([]Member, 2)}, false},
		{Team{Code: "WS", Name: "x", Members: make([]Member, MostMembers+1)}, false},
	} {
		if err := c.team.Check(); (err == nil) != c.ok {
			t.Errorf("%q %q with %d: %v", c.team.Code, c.team.Name, len(c.team.Members), err)
		}
	}
}
