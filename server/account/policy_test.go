package account

import (
	"slices"
	"testing"
)

// What each role may do; "own" is only with what belongs to oneself, or to nobody.
var permitted = map[Action]map[Role]string{
	ActionView:            {RoleStudent: "all", RoleInstructor: "all", RolePlanner: "all", RoleAdmin: "all"},
	ActionSeeNames:        {RoleStudent: "self", RoleInstructor: "all", RolePlanner: "all", RoleAdmin: "all"},
	ActionBook:            {RoleStudent: "own", RoleInstructor: "all", RolePlanner: "own", RoleAdmin: "all"},
	ActionBookClass:       {RoleInstructor: "all", RoleAdmin: "all"},
	ActionChooseProgramme: {RoleInstructor: "all", RolePlanner: "all", RoleAdmin: "all"},
	ActionOverrideRules:   {RoleInstructor: "all", RoleAdmin: "all"},
	ActionApprove:         {RoleInstructor: "all", RoleAdmin: "all"},
	ActionApproveAsAdmin:  {RoleAdmin: "all"},
	ActionAttendance:      {RoleInstructor: "all", RoleAdmin: "all"},
	ActionReadReports:     {RoleInstructor: "all", RolePlanner: "all", RoleAdmin: "all"},
	ActionManageOutages:   {RoleInstructor: "all", RoleAdmin: "all"},
	ActionReportFaults:    {RoleStudent: "all", RoleInstructor: "all", RolePlanner: "all", RoleAdmin: "all"},
	ActionGrant:           {RoleInstructor: "all", RoleAdmin: "all"},
	ActionReadAudit:       {RoleInstructor: "all", RolePlanner: "all", RoleAdmin: "all"},
	ActionManageTeams:     {RoleInstructor: "all", RoleAdmin: "all"},
	ActionManageEquipment: {RoleAdmin: "all"},
	ActionManagePeople:    {RoleAdmin: "all"},
	ActionManageMessages:  {RoleAdmin: "all"},
	ActionReadPolicies:    {RoleInstructor: "all", RolePlanner: "all", RoleAdmin: "all"},
	ActionManagePolicies:  {RoleAdmin: "all"},
	ActionManageTokens:    {RoleStudent: "own", RoleInstructor: "own", RolePlanner: "own", RoleAdmin: "own"},
}

// The owners that a question can be about, and for which of the words above the answer is yes.
var owners = map[string][]string{
	"":         {"all", "own"},
	"me":       {"all", "own", "self"},
	"somebody": {"all"},
}

func TestEveryRoleMayDoExactlyWhatTheTableSays(t *testing.T) {
	if len(permitted) != len(Actions()) {
		t.Fatalf("the table has %d actions, there are %d", len(permitted), len(Actions()))
	}
	for _, action := range Actions() {
		for _, role := range Roles() {
			for owner, yes := range owners {
				want := slices.Contains(yes, permitted[action][role])
				if got := Allowed(SignedIn("me", role), action, owner); got != want {
					t.Errorf("%s may %s of %q: %v, want %v", role, action, owner, got, want)
				}
			}
		}
	}
}

func TestATokenMayDoOnlyWhatItsScopesSay(t *testing.T) {
	needed := map[Action]Scope{
		ActionView: ScopeRead, ActionSeeNames: ScopeRead, ActionReadPolicies: ScopeRead,
		ActionBook: ScopeBook, ActionBookClass: ScopeBook, ActionOverrideRules: ScopeBook, ActionReportFaults: ScopeBook, ActionAttendance: ScopeBook,
		ActionApprove: ScopeBook, ActionApproveAsAdmin: ScopeBook, ActionChooseProgramme: ScopeBook,
		ActionReadReports: ScopeReport, ActionReadAudit: ScopeReport,
		ActionGrant:         ScopeAdmin,
		ActionManageOutages: ScopeAdmin, ActionManageTeams: ScopeAdmin, ActionManageEquipment: ScopeAdmin, ActionManagePeople: ScopeAdmin, ActionManageTokens: ScopeAdmin,
		ActionManagePolicies: ScopeAdmin, ActionManageMessages: ScopeAdmin,
	}
	for _, action := range Actions() {
		for _, scope := range Scopes() {
			actor := Actor{PersonID: "me", Role: RoleAdmin, Scopes: []Scope{scope}}
			if got, want := Allowed(actor, action, "me"), needed[action] == scope; got != want {
				t.Errorf("a token with %q may %s: %v, want %v", scope, action, got, want)
			}
		}
	}
}

func TestNobodyMayDoNothing(t *testing.T) {
	for _, actor := range []Actor{{}, {PersonID: "me", Role: RoleAdmin}, {Role: RoleAdmin, Scopes: Scopes()}, {PersonID: "me", Role: "king", Scopes: Scopes()}} {
		for _, action := range Actions() {
			if Allowed(actor, action, "") {
				t.Errorf("%+v may %s", actor, action)
			}
		}
	}
}
