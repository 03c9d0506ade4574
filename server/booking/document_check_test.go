package booking_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

func TestADocumentThatMakesNoSenseIsRefusedWithItsField(t *testing.T) {
	type validator interface{ Validate() error }
	policy := func(change func(*booking.PolicyRule)) validator {
		r := booking.PolicyRule{Scope: booking.ScopeSchool}
		change(&r)
		return r
	}
	quota := func(change func(*booking.Quota)) validator {
		q := booking.Quota{Name: "q", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: booking.WindowDay, MostMinutes: new(60)}
		change(&q)
		return q
	}
	season := func(change func(*booking.Season)) validator {
		s := booking.Season{Name: "s", Starts: "2026-11-01", Ends: "2026-12-31", Kinds: []string{"kind-plc"}, Teams: []string{"team"}}
		change(&s)
		return s
	}
	for _, c := range []struct {
		name, code, field string
		document          validator
	}{
		{"a policy that says nothing", "", "", policy(func(*booking.PolicyRule) {})},
		{"a policy of nowhere", "policy_scope_unknown", "scope", policy(func(r *booking.PolicyRule) { r.Scope = "moon" })},
		{"a room without id", "policy_scope_invalid", "scope_id", policy(func(r *booking.PolicyRule) { r.Scope = booking.ScopeRoom })},
		{"a buffer of a day", "", "", policy(func(r *booking.PolicyRule) { r.BufferMinutes = new(1440) })},
		{"a buffer of more than a day", "policy_limit_invalid", "buffer_minutes", policy(func(r *booking.PolicyRule) { r.BufferMinutes = new(1441) })},
		{"a way of more than a day", "policy_limit_invalid", "travel_minutes", policy(func(r *booking.PolicyRule) { r.TravelMinutes = new(1441) })},
		{"nobody there", "policy_limit_invalid", "min_people", policy(func(r *booking.PolicyRule) { r.MinPeople = new(0) })},
		{"the shortest is the longest", "", "", policy(func(r *booking.PolicyRule) { r.ShortestMinutes, r.LongestMinutes = new(45), new(45) })},
		{"the shortest is longer", "policy_limits_contradict", "longest_minutes", policy(func(r *booking.PolicyRule) { r.ShortestMinutes, r.LongestMinutes = new(46), new(45) })},
		{"approval by a friend", "policy_approval_unknown", "approval", policy(func(r *booking.PolicyRule) { r.Approval = new(booking.Approval("friend")) })},
		{"periods side by side", "", "", policy(func(r *booking.PolicyRule) {
			r.Periods = &[]booking.Period{{Starts: 480, Ends: 525}, {Starts: 525, Ends: 570}}
		})},
		{"periods that overlap", "policy_periods_invalid", "periods", policy(func(r *booking.PolicyRule) {
			r.Periods = &[]booking.Period{{Starts: 480, Ends: 525}, {Starts: 520, Ends: 570}}
		})},
		{"a period past midnight", "policy_periods_invalid", "periods", policy(func(r *booking.PolicyRule) { r.Periods = &[]booking.Period{{Starts: 1400, Ends: 1441}} })},
		{"an empty period", "policy_periods_invalid", "periods", policy(func(r *booking.PolicyRule) { r.Periods = &[]booking.Period{{Starts: 480, Ends: 480}} })},
		{"off-peak the whole of Sunday", "", "", policy(func(r *booking.PolicyRule) { r.OffPeak = &[]booking.Hours{{Weekdays: []int{0}, Until: 1440}} })},
		{"off-peak backwards", "hours_of_week_invalid", "off_peak", policy(func(r *booking.PolicyRule) { r.OffPeak = &[]booking.Hours{{From: 1320, Until: 480}} })},
		{"an eighth weekday", "hours_of_week_invalid", "off_peak", policy(func(r *booking.PolicyRule) { r.OffPeak = &[]booking.Hours{{Weekdays: []int{7}, Until: 60}} })},
		{"waived: lengths and quotas", "", "", policy(func(r *booking.PolicyRule) { r.OffPeakWaives = &[]string{"too_long", "quota_exceeded"} })},
		{"waived: what no rule says", "policy_waives_unknown", "off_peak_waives", policy(func(r *booking.PolicyRule) { r.OffPeakWaives = &[]string{"too_loud"} })},
		{"waived: an overlap", "policy_waives_unknown", "off_peak_waives", policy(func(r *booking.PolicyRule) { r.OffPeakWaives = &[]string{"slot_taken"} })},

		{"a quota", "", "", quota(func(*booking.Quota) {})},
		{"a quota of none", "", "", quota(func(q *booking.Quota) { q.MostMinutes = new(0) })},
		{"a quota of less than none", "quota_most_invalid", "/most_minutes", quota(func(q *booking.Quota) { q.MostMinutes = new(-1) })},
		{"a quota of both", "quota_most_missing", "/most_minutes", quota(func(q *booking.Quota) { q.MostBookings = new(1) })},
		{"a quota of nothing", "quota_most_missing", "/most_minutes", quota(func(q *booking.Quota) { q.MostMinutes = nil })},
		{"a quota per dog", "quota_per_unknown", "/per", quota(func(q *booking.Quota) { q.Per = "dog" })},
		{"a quota for a moment", "quota_window_unknown", "/window", quota(func(q *booking.Quota) { q.Window = "moment" })},
		{"a quota of a kind without id", "policy_scope_invalid", "scope_id", quota(func(q *booking.Quota) { q.Scope = booking.ScopeKind })},
		{"a quota at no hour", "hours_of_week_invalid", "/hours", quota(func(q *booking.Quota) { q.Hours = []booking.Hours{{From: 60, Until: 60}} })},

		{"a season", "", "", season(func(*booking.Season) {})},
		{"a season that ends before it starts", "days_invalid", "/ends", season(func(s *booking.Season) { s.Ends = "2026-10-31" })},
		{"a season of no day", "day_invalid", "/starts", season(func(s *booking.Season) { s.Starts = "2026-02-30" })},
		{"a season of no kind", "season_kinds_invalid", "/kinds", season(func(s *booking.Season) { s.Kinds = nil })},
		{"a season that names a team twice", "season_teams_invalid", "/teams", season(func(s *booking.Season) { s.Teams = []string{"a", "a"} })},
		{"a season that is released after it began", "season_limit_invalid", "/release_hours", season(func(s *booking.Season) { s.ReleaseHours = -1 })},

		{"a term of a day", "", "", booking.Term{Name: "t", Starts: "2026-09-01", Ends: "2026-09-01"}},
		{"a term of two years", "days_invalid", "/ends", booking.Term{Name: "t", Starts: "2026-09-01", Ends: "2028-09-01"}},
		{"a term of words", "day_invalid", "/ends", booking.Term{Name: "t", Starts: "2026-09-01", Ends: "soon"}},
	} {
		err := c.document.Validate()
		var wrong *fault.Error
		errors.As(err, &wrong)
		if (err != nil) != (c.code != "") || (wrong != nil && (wrong.Code != c.code || wrong.Field != c.field)) {
			t.Errorf("%s: %v, want %q on %q", c.name, err, c.code, c.field)
		}
	}
	if firm := []string{"slot_taken", "station_out_of_order", "station_not_bookable", "class_needs_instructor", "in_past"}; slices.ContainsFunc(firm, func(code string) bool {
		return slices.Contains(booking.Waivable(), code)
	}) {
		t.Errorf("these can be waived: %v", booking.Waivable())
	}
}
