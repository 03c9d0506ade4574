package booking

import "github.com/labtide/labtide/server/equipment"

// Quota bounds how much one person, team or programme may book in a window of time. Every quota whose scope a station lies
// in holds. A booking is split at the edges of windows, which are those of the site's clock; what counts is what it is
// charged for (Booking.ChargedUntil).
type Quota struct {
	ID      string `json:"-"`
	Version int64  `json:"-"`

	Name    string      `json:"name"`
	Scope   Scope       `json:"scope"` // the stations that it is about
	ScopeID string      `json:"scope_id,omitempty"`
	Per     QuotaPer    `json:"per"`
	Window  QuotaWindow `json:"window"`
	// One of the two is set: a number of bookings, of which one counts in each window that it touches, or of minutes.
	MostBookings *int `json:"most_bookings,omitempty"`
	MostMinutes  *int `json:"most_minutes,omitempty"`
	// Hours bounds the quota to some hours; none: all.
	Hours []Hours `json:"hours,omitempty"`
}

// QuotaPer is who a quota is for.
type QuotaPer string

// The subjects of quotas.
const (
	PerPerson    QuotaPer = "person"
	PerTeam      QuotaPer = "team"
	PerProgramme QuotaPer = "programme"
)

// QuotaWindow is the time in which a quota is counted. Weeks start on Monday.
type QuotaWindow string

// The windows.
const (
	WindowDay   QuotaWindow = "day"
	WindowWeek  QuotaWindow = "week"
	WindowMonth QuotaWindow = "month"
	WindowTerm  QuotaWindow = "term" // of the term calendar; outside of every term the quota does not hold
)

// Term is a time of teaching: its weeks are counted from 1, the one that Starts lies in, and begin on Monday.
type Term struct {
	ID      string `json:"-"`
	Version int64  `json:"-"`

	SiteID string        `json:"site,omitempty"` // empty: all sites
	Name   string        `json:"name"`
	Starts equipment.Day `json:"starts"`
	Ends   equipment.Day `json:"ends"` // the last day
}

// Season is the time before a competition, in which its teams come first.
type Season struct {
	ID      string `json:"-"`
	Version int64  `json:"-"`

	Name   string        `json:"name"`
	SiteID string        `json:"site,omitempty"` // empty: all sites
	Starts equipment.Day `json:"starts"`
	Ends   equipment.Day `json:"ends"` // the last day
	Kinds  []string      `json:"kinds"`
	Teams  []string      `json:"teams"`
	// HorizonDays is how early its teams may book; it stands in for the policy's when it is larger.
	HorizonDays int `json:"horizon_days"`
	// Priority are the hours that are kept for its teams until ReleaseHours before they begin.
	Priority     []Hours `json:"priority,omitempty"`
	ReleaseHours int     `json:"release_hours"`
	// After DecayAfter absences a team has no priority until they are forgotten; 0: it keeps it.
	DecayAfter int `json:"decay_after,omitempty"`
}
