package booking

import (
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/fault"
)

// The codes of refusals: stable, and keys of translations.
const (
	CodeSlotTaken            = "slot_taken"
	CodeEmptyInterval        = "empty_interval"
	CodeNotBookable          = "station_not_bookable"
	CodeOutOfOrder           = "station_out_of_order"
	CodeClassNeedsStaff      = "class_needs_instructor"
	CodeInPast               = "in_past"
	CodeAlreadyStarted       = "already_started"
	CodeTooLittleNotice      = "too_little_notice"
	CodeTooFarAhead          = "too_far_ahead"
	CodeOffGrid              = "off_grid"
	CodeOffPeriods           = "off_periods"
	CodeTooShort             = "too_short"
	CodeTooLong              = "too_long"
	CodeOutsideOpeningTime   = "outside_opening_hours"
	CodePersonBusy           = "person_busy"
	CodeTravelTime           = "travel_time"
	CodeCompanionBusy        = "companion_busy"
	CodeBuddyNeeded          = "buddy_needed"
	CodeQualificationMissing = "qualification_missing"
	CodeQualificationExpired = "qualification_expired"
	CodeSuspended            = "suspended"
	CodeCompanionSuspended   = "companion_suspended"
	CodeTeamDisabled         = "team_disabled"
	CodeNotInTeam            = "not_in_team"
	CodeProgrammeNotYours    = "programme_not_yours"
	CodeStationTwice         = "station_twice" // of a party
	CodeKeptForTeams         = "kept_for_teams"
	CodeQuotaExceeded        = "quota_exceeded"
	CodeTooLateToChange      = "too_late_to_change"
	CodeStationUnknown       = "station_unknown"  // only from an import
	CodeApprovalNeeded       = "approval_needed"  // to change what was approved
	CodeFreeNow              = "free_now"         // only to who would wait: it need not be waited for
	CodeWaitlistExpired      = "waitlist_expired" // only of unmet demand: nothing became free in time
	CodeTooFewStations       = "too_few_stations" // of a party
	CodeNotAdjacent          = "not_adjacent"     // the same
)

// Refusal is one reason why a booking cannot be.
type Refusal struct {
	Code      string
	Detail    string // English
	StationID string
	Seat      int // of a party, counted from 1; 0: the party as a whole, or no party
	// Limit is the rule's value and Actual what was asked for: whole minutes ("240"), an instant in RFC 3339, an interval
	// of two instants with a slash between, or a number of things ("3 bookings"). Empty where there is nothing to compare.
	Limit  string
	Actual string
	// OverridableBy lists the roles that may book all the same, by Request.Override. Nobody may override an overlap.
	OverridableBy []account.Role
}

// Alternative is a booking that would be accepted now.
type Alternative struct {
	StationID  string
	StationIDs string // of a party: all its stations, separated by spaces
	StartsAt   time.Time
	EndsAt     time.Time
	Why        Why
}

// Why says how an alternative differs from what was asked for.
type Why string

// The ways in which an alternative differs.
const (
	WhyOtherStation Why = "other_station" // an equivalent station at the same time
	WhyLater        Why = "later"
	WhyEarlier      Why = "earlier"
	WhyShorter      Why = "shorter"
	WhyFree         Why = "free"  // it need not be waited for
	WhyApart        Why = "apart" // a party that is not side by side, or not in one room
	WhyFewer        Why = "fewer" // a party with fewer seats
)

// Refused is the error of a booking that rules or other bookings do not allow: all reasons at once, and up to three ways out.
// Its fault has KindConflict when the slot is taken, else KindRule.
type Refused struct {
	Refusals     []Refusal
	Alternatives []Alternative
}

// Error lists the reasons.
func (r *Refused) Error() string {
	details := make([]string, len(r.Refusals))
	for i, refusal := range r.Refusals {
		details[i] = refusal.Code + ": " + refusal.Detail
	}
	return strings.Join(details, "; ")
}

// Unwrap gives the fault that decides the status.
func (r *Refused) Unwrap() error {
	if len(r.Refusals) == 0 {
		return nil
	}
	first := r.Refusals[0]
	kind := fault.KindRule
	if r.has(CodeSlotTaken) {
		kind = fault.KindConflict
	}
	return fault.New(kind, first.Code, "%s", first.Detail)
}

func (r *Refused) has(code string) bool {
	return slices.ContainsFunc(r.Refusals, func(refusal Refusal) bool { return refusal.Code == code })
}

// hopeless reports whether no other time or station would help: it is about who asks, and for what.
func (r *Refused) hopeless() bool {
	return r.has(CodeTeamDisabled) || r.has(CodeNotInTeam) || r.has(CodeProgrammeNotYours)
}

func (r *Refused) codes() []string {
	out := make([]string, 0, len(r.Refusals))
	for _, refusal := range r.Refusals {
		if !slices.Contains(out, refusal.Code) {
			out = append(out, refusal.Code)
		}
	}
	return out
}

// overriders gives the roles that may override rules at all.
func overriders() []account.Role {
	return slices.DeleteFunc(account.Roles(), func(role account.Role) bool {
		return !account.Allowed(account.SignedIn("anybody", role), account.ActionOverrideRules, "")
	})
}
