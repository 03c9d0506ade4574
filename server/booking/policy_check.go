package booking

import "github.com/labtide/labtide/server/fault"

// Validate refuses a rule that no booking could follow or that the arithmetic does not hold for.
func (r PolicyRule) Validate() error {
	switch r.Scope {
	case ScopeSchool, ScopeSite, ScopeRoom, ScopeKind, ScopeStation:
	default:
		return fault.Invalid("policy_scope_unknown", "the scope is school, site, room, kind or station, not %q", r.Scope).On("scope")
	}
	if (r.Scope == ScopeSchool) != (r.ScopeID == "") {
		return fault.Invalid("policy_scope_invalid", "name the %s that the policy is for; the school has no id", r.Scope).On("scope_id")
	}
	if g := r.GridMinutes; g != nil && (*g < 1 || *g > 1440 || 1440%*g != 0) {
		return fault.Invalid("policy_grid_invalid", "the slot grid must divide a day: 5, 10, 15, 30, 60 … minutes").On("grid_minutes")
	}
	for _, limit := range []struct {
		field string
		value *int
		least int
	}{
		{"shortest_minutes", r.ShortestMinutes, 1}, {"longest_minutes", r.LongestMinutes, 1}, {"horizon_days", r.HorizonDays, 0},
		{"notice_minutes", r.NoticeMinutes, 0}, {"change_notice_minutes", r.ChangeNoticeMinutes, 0},
		{"cancel_notice_minutes", r.CancelNoticeMinutes, 0}, {"buffer_minutes", r.BufferMinutes, 0},
		{"class_longest_minutes", r.ClassLongestMinutes, 1}, {"class_horizon_days", r.ClassHorizonDays, 0},
		{"travel_minutes", r.TravelMinutes, 0}, {"qualification_unused_days", r.QualificationUnusedDays, 0},
		{"min_people", r.MinPeople, 1}, {"grace_minutes", r.GraceMinutes, 1}, {"strike_limit", r.StrikeLimit, 0},
		{"strike_days", r.StrikeDays, 1}, {"idle_release_minutes", r.IdleReleaseMinutes, 0},
		{"idle_warning_minutes", r.IdleWarningMinutes, 1}, {"hold_minutes", r.HoldMinutes, 1},
	} {
		if limit.value != nil && (*limit.value < limit.least || *limit.value > mostOfALimit) {
			return fault.Invalid("policy_limit_invalid", "%s must be from %d to %d", limit.field, limit.least, mostOfALimit).On(limit.field)
		}
	}
	return nil
}

// mostOfALimit keeps the arithmetic of minutes and days far from its ends: a hundred years of days, two of minutes.
const mostOfALimit = 1_000_000
