package booking

import "github.com/labtide/labtide/server/fault"

// Validate refuses a rule that no booking could follow or that the arithmetic does not hold for.
func (r PolicyRule) Validate() error {
	if err := checkScope(r.Scope, r.ScopeID); err != nil {
		return err
	}
	if g := r.GridMinutes; g != nil && (*g < 1 || *g > 1440 || 1440%*g != 0) {
		return fault.Invalid("policy_grid_invalid", "the slot grid must divide a day: 5, 10, 15, 30, 60 … minutes").On("grid_minutes")
	}
	if err := r.checkLimits(); err != nil {
		return err
	}
	if r.ShortestMinutes != nil && r.LongestMinutes != nil && *r.ShortestMinutes > *r.LongestMinutes {
		return fault.Invalid("policy_limits_contradict", "the shortest booking cannot be longer than the longest").On("longest_minutes")
	}
	if a := r.Approval; a != nil && *a != ApprovalNone && *a != ApprovalInstructor && *a != ApprovalAdmin {
		return fault.Invalid("policy_approval_unknown", "whoever approves is an instructor or an admin, not %q", *a).On("approval")
	}
	if r.Periods != nil {
		if err := checkPeriods(*r.Periods); err != nil {
			return err
		}
	}
	if r.OffPeak != nil {
		if err := checkHours("off_peak", *r.OffPeak); err != nil {
			return err
		}
	}
	if r.OffPeakWaives != nil {
		return checkWaives(*r.OffPeakWaives)
	}
	return nil
}

func (r PolicyRule) checkLimits() error {
	for _, limit := range []struct {
		field string
		value *int
		least int
		most  int
	}{
		{"shortest_minutes", r.ShortestMinutes, 1, mostOfALimit}, {"longest_minutes", r.LongestMinutes, 1, mostOfALimit},
		{"horizon_days", r.HorizonDays, 0, mostOfALimit}, {"notice_minutes", r.NoticeMinutes, 0, mostOfALimit},
		{"change_notice_minutes", r.ChangeNoticeMinutes, 0, mostOfALimit}, {"cancel_notice_minutes", r.CancelNoticeMinutes, 0, mostOfALimit},
		{"buffer_minutes", r.BufferMinutes, 0, mostAround}, {"class_longest_minutes", r.ClassLongestMinutes, 1, mostOfALimit},
		{"class_horizon_days", r.ClassHorizonDays, 0, mostOfALimit}, {"travel_minutes", r.TravelMinutes, 0, mostAround},
		{"qualification_unused_days", r.QualificationUnusedDays, 0, mostOfALimit}, {"min_people", r.MinPeople, 1, mostCompanions + 1},
		{"grace_minutes", r.GraceMinutes, 1, mostOfALimit}, {"strike_limit", r.StrikeLimit, 0, mostOfALimit},
		{"strike_days", r.StrikeDays, 1, mostOfALimit}, {"idle_release_minutes", r.IdleReleaseMinutes, 0, mostOfALimit},
		{"idle_warning_minutes", r.IdleWarningMinutes, 1, mostOfALimit}, {"hold_minutes", r.HoldMinutes, 1, mostOfALimit},
	} {
		if limit.value != nil && (*limit.value < limit.least || *limit.value > limit.most) {
			return fault.Invalid("policy_limit_invalid", "%s must be from %d to %d", limit.field, limit.least, limit.most).On(limit.field)
		}
	}
	return nil
}

const (
	// mostOfALimit keeps the arithmetic of minutes and days far from its ends: a hundred years of days, two of minutes.
	mostOfALimit = 1_000_000
	// mostAround bounds how far around a booking others matter to it: every decision reads that much more.
	mostAround = 24 * 60
	// mostCompanions bounds how many people are named beside the one who books.
	mostCompanions = 20
)
