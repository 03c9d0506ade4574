package account

// Action is something that a person may or may not do. The names are those that GET /me gives as permissions.
type Action string

// The actions.
const (
	ActionView            Action = "view"              // stations, board, ledger days, one's own bookings
	ActionSeeNames        Action = "see_names"         // whose booking it is; one's own name always
	ActionBook            Action = "book"              // reserve, move, extend or cancel a booking of owner
	ActionBookClass       Action = "book_class"        // a booking that blocks the station for a group
	ActionChooseProgramme Action = "choose_programme"  // book for a programme that is not the one of whoever it is for
	ActionOverrideRules   Action = "override_rules"    // book against a rule that may be overridden; never an overlap
	ActionApprove         Action = "approve"           // say yes or no to bookings that wait for approval
	ActionApproveAsAdmin  Action = "approve_as_admin"  // the same where the policy wants an administrator
	ActionAttendance      Action = "manage_attendance" // say that somebody came, see strikes of others, decide appeals
	ActionReadReports     Action = "read_reports"      // utilization and heatmaps
	ActionManageOutages   Action = "manage_outages"    // say that a station is out of order, or well again
	ActionReportFaults    Action = "report_faults"     // tell those who run the room that a station is at fault
	ActionGrant           Action = "grant_qualifications"
	ActionReadAudit       Action = "read_audit"        // who did what to whichever booking, and to the rules
	ActionManageTeams     Action = "manage_teams"      // teams and who is in them
	ActionManageEquipment Action = "manage_equipment"  // sites, rooms, kinds, stations, devices, enrolment, opening hours
	ActionManagePeople    Action = "manage_people"     // accounts and roles
	ActionManageMessages  Action = "manage_messages"   // webhooks, and how messages fare
	ActionManageTokens    Action = "manage_own_tokens" // API tokens of owner
	ActionReadPolicies    Action = "read_policies"     // every booking rule, who changed it, and what a change would do
	ActionManagePolicies  Action = "manage_policies"   // policies, quotas, competition seasons, terms
)

// Actions gives every action, in the order in which GET /me lists them.
func Actions() []Action {
	return []Action{
		ActionView, ActionSeeNames, ActionBook, ActionBookClass, ActionChooseProgramme, ActionOverrideRules,
		ActionApprove, ActionApproveAsAdmin,
		ActionAttendance, ActionReadReports,
		ActionManageOutages, ActionReportFaults,
		ActionGrant,
		ActionReadAudit,
		ActionManageTeams,
		ActionManageEquipment, ActionManagePeople, ActionManageMessages, ActionManageTokens,
		ActionReadPolicies, ActionManagePolicies,
	}
}

// Allowed answers whether the actor may do this to what belongs to owner (a person's id; empty where nothing belongs to
// anybody). It is the only place that knows: nothing else compares roles.
func Allowed(actor Actor, action Action, owner string) bool {
	if actor.PersonID == "" || !actor.Role.Valid() || !actor.Has(scopeFor(action)) {
		return false
	}
	own := owner == "" || owner == actor.PersonID
	switch action {
	case ActionView, ActionReportFaults:
		return true
	case ActionManageTokens:
		return own
	case ActionBook:
		return own || teaches(actor.Role)
	case ActionBookClass, ActionManageOutages, ActionManageTeams, ActionOverrideRules, ActionApprove, ActionAttendance, ActionGrant:
		return teaches(actor.Role)
	case ActionSeeNames:
		return actor.Role != RoleStudent || owner == actor.PersonID
	case ActionReadReports, ActionReadAudit, ActionReadPolicies, ActionChooseProgramme:
		return actor.Role != RoleStudent
	case ActionApproveAsAdmin:
		return actor.Role == RoleAdmin
	case ActionManageEquipment, ActionManagePeople, ActionManageMessages, ActionManagePolicies:
		return actor.Role == RoleAdmin
	}
	return false
}

// teaches: whoever runs the room may act for those in it. A planner looks at the whole school and changes nobody's plans.
func teaches(r Role) bool { return r == RoleInstructor || r == RoleAdmin }

// scopeFor names the scope that a token needs for the action.
func scopeFor(action Action) Scope {
	switch action {
	case ActionView, ActionSeeNames, ActionReadPolicies:
		return ScopeRead
	case ActionBook, ActionBookClass, ActionChooseProgramme, ActionOverrideRules, ActionApprove, ActionApproveAsAdmin, ActionAttendance, ActionReportFaults:
		return ScopeBook
	case ActionReadReports, ActionReadAudit:
		return ScopeReport
	default:
		return ScopeAdmin
	}
}
