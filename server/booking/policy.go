package booking

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Policy is the set of limits that hold for one station.
type Policy struct {
	GridMinutes     int // bookings start and end at multiples of this after local midnight; divides 1440
	ShortestMinutes int
	LongestMinutes  int
	// HorizonDays is how early one may book: the whole booking lies in today or the next so many local days.
	HorizonDays int
	// NoticeMinutes is how late one may book: at least this long before the start. 0 allows to book now.
	NoticeMinutes int
	// ClassLongestMinutes and ClassHorizonDays stand in for the two above when the purpose is a class.
	ClassLongestMinutes int
	ClassHorizonDays    int
	// ManyStations lets one person hold several stations at the same time. Classes may always.
	ManyStations bool
}

// DefaultPolicy holds where the school has said nothing.
func DefaultPolicy() Policy {
	return Policy{
		GridMinutes: 15, ShortestMinutes: 15, LongestMinutes: 4 * 60, HorizonDays: 14,
		ClassLongestMinutes: 12 * 60, ClassHorizonDays: 400,
	}
}

// longest gives the longest length for a purpose.
func (p Policy) longest(purpose Purpose) time.Duration {
	if purpose == PurposeClass {
		return time.Duration(p.ClassLongestMinutes) * time.Minute
	}
	return time.Duration(p.LongestMinutes) * time.Minute
}

func (p Policy) shortest() time.Duration { return time.Duration(p.ShortestMinutes) * time.Minute }

// horizon gives the instant at which every booking must have ended: the end of the last local day that may be booked.
func (p Policy) horizon(purpose Purpose, now time.Time, loc *time.Location) time.Time {
	days := p.HorizonDays
	if purpose == PurposeClass {
		days = p.ClassHorizonDays
	}
	return equipment.DayOf(now, loc).Add(days + 1).Start(loc)
}

// Scope is what a policy rule is about.
type Scope string

// The scopes, from the widest to the narrowest.
const (
	ScopeSchool  Scope = "school"
	ScopeSite    Scope = "site"
	ScopeRoom    Scope = "room"
	ScopeKind    Scope = "kind"
	ScopeStation Scope = "station"
)

// PolicyRule sets some limits for a scope; nil leaves a limit to the next wider scope.
type PolicyRule struct {
	Scope               Scope
	ScopeID             string // id of the site, room, kind or station; empty for the school
	GridMinutes         *int
	ShortestMinutes     *int
	LongestMinutes      *int
	HorizonDays         *int
	NoticeMinutes       *int
	ClassLongestMinutes *int
	ClassHorizonDays    *int
	ManyStations        *bool
	Version             int64
}

// Validate refuses a rule that no booking could follow or that the grid arithmetic does not hold for.
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
		{"notice_minutes", r.NoticeMinutes, 0}, {"class_longest_minutes", r.ClassLongestMinutes, 1}, {"class_horizon_days", r.ClassHorizonDays, 0},
	} {
		if limit.value != nil && *limit.value < limit.least {
			return fault.Invalid("policy_limit_invalid", "%s must be at least %d", limit.field, limit.least).On(limit.field)
		}
	}
	return nil
}

// over lays the rule over a policy of a wider scope.
func (r PolicyRule) over(p Policy) Policy {
	set(&p.GridMinutes, r.GridMinutes)
	set(&p.ShortestMinutes, r.ShortestMinutes)
	set(&p.LongestMinutes, r.LongestMinutes)
	set(&p.HorizonDays, r.HorizonDays)
	set(&p.NoticeMinutes, r.NoticeMinutes)
	set(&p.ClassLongestMinutes, r.ClassLongestMinutes)
	set(&p.ClassHorizonDays, r.ClassHorizonDays)
	set(&p.ManyStations, r.ManyStations)
	return p
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}
