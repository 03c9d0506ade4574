package booking

import (
	"slices"
	"strings"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Bounds of lists in documents: far more than a school writes, and few enough to be asked for each booking.
const (
	mostPeriods = 48
	mostHours   = 64
	mostNamed   = 1000 // kinds or teams of a season
)

// Validate refuses a quota that counts nothing or everything.
func (q Quota) Validate() error {
	if err := checkScope(q.Scope, q.ScopeID); err != nil {
		return err
	}
	if !slices.Contains([]QuotaPer{PerPerson, PerTeam, PerProgramme}, q.Per) {
		return fault.Invalid("quota_per_unknown", "a quota is per person, team or programme, not %q", q.Per).On("/per")
	}
	if !slices.Contains([]QuotaWindow{WindowDay, WindowWeek, WindowMonth, WindowTerm}, q.Window) {
		return fault.Invalid("quota_window_unknown", "the window of a quota is a day, week, month or term, not %q", q.Window).On("/window")
	}
	if (q.MostBookings == nil) == (q.MostMinutes == nil) {
		return fault.Invalid("quota_most_missing", "give either the most bookings or the most minutes").On("/most_minutes")
	}
	if n := q.most(); n < 0 || n > mostOfALimit {
		field := "/most_minutes"
		if q.MostBookings != nil {
			field = "/most_bookings"
		}
		return fault.Invalid("quota_most_invalid", "a quota is from 0 to %d", mostOfALimit).On(field)
	}
	return checkHours("/hours", q.Hours)
}

// Validate refuses a season without time or kinds, and limits that nobody can mean.
func (s Season) Validate() error {
	if err := checkDays(s.Starts, s.Ends); err != nil {
		return err
	}
	if len(s.Kinds) == 0 || len(s.Kinds) > mostNamed || !eachOnce(s.Kinds) {
		return fault.Invalid("season_kinds_invalid", "name from 1 to %d kinds, each once", mostNamed).On("/kinds")
	}
	if len(s.Teams) > mostNamed || !eachOnce(s.Teams) {
		return fault.Invalid("season_teams_invalid", "name up to %d teams, each once", mostNamed).On("/teams")
	}
	for _, limit := range []struct {
		field string
		value int
		most  int
	}{{"/horizon_days", s.HorizonDays, mostOfALimit}, {"/release_hours", s.ReleaseHours, 366 * 24}, {"/decay_after", s.DecayAfter, 1000}} {
		if limit.value < 0 || limit.value > limit.most {
			return fault.Invalid("season_limit_invalid", "%s must be from 0 to %d", limit.field[1:], limit.most).On(limit.field)
		}
	}
	return checkHours("/priority", s.Priority)
}

// Validate refuses a term that does not end after it starts, or lasts for more than a year.
func (t Term) Validate() error { return checkDays(t.Starts, t.Ends) }

// eachOnce reports whether each of the ids is there, and once.
func eachOnce(ids []string) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) == len(ids) && !slices.Contains(ids, "")
}

func checkScope(scope Scope, id string) error {
	if !slices.Contains(Scopes(), scope) {
		return fault.Invalid("policy_scope_unknown", "the scope is school, site, room, kind or station, not %q", scope).On("scope")
	}
	if (scope == ScopeSchool) != (id == "") {
		return fault.Invalid("policy_scope_invalid", "name the %s that it is for; the school has no id", scope).On("scope_id")
	}
	return nil
}

func checkDays(starts, ends equipment.Day) error {
	for _, day := range []struct {
		field string
		value equipment.Day
	}{{"/starts", starts}, {"/ends", ends}} {
		if _, err := equipment.ParseDay(string(day.value)); err != nil {
			return fault.Invalid("day_invalid", "%q is no day; write it like 2026-09-01", day.value).On(day.field)
		}
	}
	if ends < starts || ends > starts.Add(366) {
		return fault.Invalid("days_invalid", "the last day must not come before the first, nor more than a year later").On("/ends")
	}
	return nil
}

// checkHours refuses hours that never are. Those past midnight are two entries.
func checkHours(field string, hours []Hours) error {
	wrong := fault.Invalid("hours_of_week_invalid", "hours begin before they end, within one day, on weekdays that are named once; up to %d entries", mostHours).On(field)
	if len(hours) > mostHours {
		return wrong
	}
	for _, h := range hours {
		days := slices.Sorted(slices.Values(h.Weekdays))
		if h.From < 0 || h.From >= h.Until || h.Until > 24*60 || len(slices.Compact(days)) != len(h.Weekdays) ||
			slices.ContainsFunc(h.Weekdays, func(day int) bool { return day < 0 || day > 6 }) {
			return wrong
		}
	}
	return nil
}

// checkPeriods refuses lesson periods that overlap, are out of order, or do not lie within one day.
func checkPeriods(periods []Period) error {
	last := 0
	for _, p := range periods {
		if p.Starts < last || p.Ends <= p.Starts || p.Ends > 24*60 || len(periods) > mostPeriods {
			return fault.Invalid("policy_periods_invalid",
				"lesson periods come one after another, each ends after it starts, within one day; up to %d", mostPeriods).On("periods")
		}
		last = p.Ends
	}
	return nil
}

// checkWaives refuses codes that no rule has, or whose rule always holds.
func checkWaives(codes []string) error {
	waivable := Waivable()
	for _, code := range codes {
		if !slices.Contains(waivable, code) {
			return fault.Invalid("policy_waives_unknown", "off-peak, these rules can be waived: %s; not %q", strings.Join(waivable, ", "), code).On("off_peak_waives")
		}
	}
	return nil
}
