package booking

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Policy is the set of limits that hold for one station.
type Policy struct {
	GridMinutes int // bookings start and end at multiples of this after local midnight; divides 1440
	// Periods are the school's lesson periods (节次): a booking starts where one starts and ends where one ends. Some: the
	// grid does not matter.
	Periods         []Period
	ShortestMinutes int
	LongestMinutes  int
	// HorizonDays is how early one may book: the whole booking lies in today or the next so many local days.
	HorizonDays int
	// NoticeMinutes is how late one may book: at least this long before the start. 0 allows to book now.
	NoticeMinutes int
	// ChangeNoticeMinutes is how late one may move a booking or its start: at least this long before the start that stands, and
	// no later than one may cancel without being charged.
	ChangeNoticeMinutes int
	// CancelNoticeMinutes: whoever cancels later than this before the start is charged as if they had come.
	CancelNoticeMinutes int
	BufferMinutes       int // after each use, for set-up and cleaning
	// ClassLongestMinutes and ClassHorizonDays stand in for LongestMinutes and HorizonDays when the purpose is a class.
	ClassLongestMinutes int
	ClassHorizonDays    int
	ManyStations        bool // one person may hold several stations at the same time. Classes and parties always may.
	TravelMinutes       int  // between a station here and one on another site, for the same person

	Qualification           bool // a qualification for the kind is needed, which still holds when the booking ends
	QualificationUnusedDays int  // after so many days without real use it lapses; 0: never
	MinPeople               int  // so many must be there: the buddy rule
	Approval                Approval

	GraceMinutes       int  // how late one may come
	FreesAbsent        bool // the rest of the slot goes to others when nobody came
	StrikeAbsent       bool // and a strike to whoever did not come
	StrikeLimit        int  // with so many strikes one cannot book; 0: never
	StrikeDays         int  // after so many days a strike is forgotten
	CheckInQR          bool // the page behind the code on the station counts as coming
	IdleReleaseMinutes int  // after so long without use the rest goes to others; 0: never
	IdleWarningMinutes int  // between asking "still working?" and the release
	HoldMinutes        int  // how long an offer from the waitlist stands

	OffPeak       []Hours  // the hours at which
	OffPeakWaives []string // rules with these codes do not hold
}

// Period is a lesson period, in minutes after local midnight.
type Period struct {
	Starts int `json:"starts"`
	Ends   int `json:"ends"`
}

// Hours is a time of the week: on these weekdays (Sunday is 0; none: all), from and until minutes after local midnight.
type Hours struct {
	Weekdays []int `json:"weekdays,omitempty"`
	From     int   `json:"from"`
	Until    int   `json:"until"`
}

// Approval says whether a booking waits for somebody to approve it.
type Approval string

// The values of Approval. Whoever could approve a booking needs no approval for their own.
const (
	ApprovalNone       Approval = ""
	ApprovalInstructor Approval = "instructor"
	ApprovalAdmin      Approval = "admin"
)

// DefaultPolicy holds where the school has said nothing.
func DefaultPolicy() Policy {
	return Policy{
		GridMinutes: 15, ShortestMinutes: 15, LongestMinutes: 4 * 60, HorizonDays: 14,
		ClassLongestMinutes: 12 * 60, ClassHorizonDays: 400, MinPeople: 1,
		GraceMinutes: 15, FreesAbsent: true, StrikeAbsent: true, StrikeDays: 30, CheckInQR: true, IdleWarningMinutes: 5,
		HoldMinutes: 15,
	}
}

// longest gives the longest length for a purpose.
func (p Policy) longest(purpose Purpose) time.Duration {
	if purpose == PurposeClass {
		return minutes(p.ClassLongestMinutes)
	}
	return minutes(p.LongestMinutes)
}

func (p Policy) shortest() time.Duration { return minutes(p.ShortestMinutes) }

func (p Policy) buffer() time.Duration { return minutes(p.BufferMinutes) }

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

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

// Scopes gives them from the widest to the narrowest.
func Scopes() []Scope { return []Scope{ScopeSchool, ScopeSite, ScopeRoom, ScopeKind, ScopeStation} }

// PolicyRule sets some limits for a scope; nil leaves a limit to the next wider scope. In JSON it is the body of its document.
type PolicyRule struct {
	Scope   Scope  `json:"-"`
	ScopeID string `json:"-"` // id of the site, room, kind or station; empty for the school
	Version int64  `json:"-"`

	GridMinutes             *int      `json:"grid_minutes,omitempty"`
	Periods                 *[]Period `json:"periods,omitempty"`
	ShortestMinutes         *int      `json:"shortest_minutes,omitempty"`
	LongestMinutes          *int      `json:"longest_minutes,omitempty"`
	HorizonDays             *int      `json:"horizon_days,omitempty"`
	NoticeMinutes           *int      `json:"notice_minutes,omitempty"`
	ChangeNoticeMinutes     *int      `json:"change_notice_minutes,omitempty"`
	CancelNoticeMinutes     *int      `json:"cancel_notice_minutes,omitempty"`
	BufferMinutes           *int      `json:"buffer_minutes,omitempty"`
	ClassLongestMinutes     *int      `json:"class_longest_minutes,omitempty"`
	ClassHorizonDays        *int      `json:"class_horizon_days,omitempty"`
	ManyStations            *bool     `json:"many_stations,omitempty"`
	TravelMinutes           *int      `json:"travel_minutes,omitempty"`
	Qualification           *bool     `json:"qualification,omitempty"`
	QualificationUnusedDays *int      `json:"qualification_unused_days,omitempty"`
	MinPeople               *int      `json:"min_people,omitempty"`
	Approval                *Approval `json:"approval,omitempty"`
	GraceMinutes            *int      `json:"grace_minutes,omitempty"`
	FreesAbsent             *bool     `json:"frees_absent,omitempty"`
	StrikeAbsent            *bool     `json:"strike_absent,omitempty"`
	StrikeLimit             *int      `json:"strike_limit,omitempty"`
	StrikeDays              *int      `json:"strike_days,omitempty"`
	CheckInQR               *bool     `json:"check_in_qr,omitempty"`
	IdleReleaseMinutes      *int      `json:"idle_release_minutes,omitempty"`
	IdleWarningMinutes      *int      `json:"idle_warning_minutes,omitempty"`
	HoldMinutes             *int      `json:"hold_minutes,omitempty"`
	OffPeak                 *[]Hours  `json:"off_peak,omitempty"`
	OffPeakWaives           *[]string `json:"off_peak_waives,omitempty"`
}

// over lays the rule over a policy of a wider scope.
func (r PolicyRule) over(p Policy) Policy {
	set(&p.GridMinutes, r.GridMinutes)
	set(&p.Periods, r.Periods)
	set(&p.ShortestMinutes, r.ShortestMinutes)
	set(&p.LongestMinutes, r.LongestMinutes)
	set(&p.HorizonDays, r.HorizonDays)
	set(&p.NoticeMinutes, r.NoticeMinutes)
	set(&p.ChangeNoticeMinutes, r.ChangeNoticeMinutes)
	set(&p.CancelNoticeMinutes, r.CancelNoticeMinutes)
	set(&p.BufferMinutes, r.BufferMinutes)
	set(&p.ClassLongestMinutes, r.ClassLongestMinutes)
	set(&p.ClassHorizonDays, r.ClassHorizonDays)
	set(&p.ManyStations, r.ManyStations)
	set(&p.TravelMinutes, r.TravelMinutes)
	set(&p.Qualification, r.Qualification)
	set(&p.QualificationUnusedDays, r.QualificationUnusedDays)
	set(&p.MinPeople, r.MinPeople)
	set(&p.Approval, r.Approval)
	set(&p.GraceMinutes, r.GraceMinutes)
	set(&p.FreesAbsent, r.FreesAbsent)
	set(&p.StrikeAbsent, r.StrikeAbsent)
	set(&p.StrikeLimit, r.StrikeLimit)
	set(&p.StrikeDays, r.StrikeDays)
	set(&p.CheckInQR, r.CheckInQR)
	set(&p.IdleReleaseMinutes, r.IdleReleaseMinutes)
	set(&p.IdleWarningMinutes, r.IdleWarningMinutes)
	set(&p.HoldMinutes, r.HoldMinutes)
	set(&p.OffPeak, r.OffPeak)
	set(&p.OffPeakWaives, r.OffPeakWaives)
	return p
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}
