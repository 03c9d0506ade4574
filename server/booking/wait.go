package booking

import (
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// WaitState is where a waitlist entry is in its life.
type WaitState string

// The states.
const (
	WaitWaiting   WaitState = "waiting"
	WaitOffered   WaitState = "offered"   // BookingID is the hold
	WaitBooked    WaitState = "booked"    // accepted: BookingID is the booking
	WaitExpired   WaitState = "expired"   // its time is over, or an offer was not taken
	WaitWithdrawn WaitState = "withdrawn" // by the person
)

// Wait is somebody's place in the waitlist: whoever came first is offered first what becomes free.
type Wait struct {
	ID       string
	PersonID string
	TeamID   string
	// One of these is set: what would do.
	StationID string
	KindID    string
	RoomID    string
	// Any time within [FromAt, UntilAt) would do that is Wanted long, or shorter but at least Shortest.
	FromAt    time.Time
	UntilAt   time.Time
	Wanted    time.Duration
	Shortest  time.Duration
	Programme string
	Purpose   Purpose
	// Companions are ids of those who would come along, separated by spaces. They are told when it is booked, and busy from the offer on.
	Companions string
	State      WaitState
	BookingID  string
	// Reason says why the entry was passed over the last time: codes of refusals, separated by spaces.
	Reason    string
	CreatedAt time.Time
	ChangedAt time.Time
	Version   int64
}

// People gives everybody who would be there: the entry's person, and their companions.
func (w Wait) People() []string {
	return append([]string{w.PersonID}, strings.Fields(w.Companions)...)
}

// Window gives the time in which the entry would be served.
func (w Wait) Window() equipment.Interval {
	return equipment.Interval{From: w.FromAt, Until: w.UntilAt}
}

// WantsStation reports whether time of the station would do.
func (w Wait) WantsStation(s equipment.Station) bool {
	return w.StationID == s.ID || (w.KindID != "" && w.KindID == s.KindID) || (w.RoomID != "" && w.RoomID == s.RoomID)
}

// InLine puts entries into the order in which they came, each once.
func InLine(waits []Wait) []Wait {
	slices.SortFunc(waits, func(a, b Wait) int { return a.Cursor().compare(b.Cursor()) })
	return slices.CompactFunc(waits, func(a, b Wait) bool { return a.ID == b.ID })
}

// Open reports whether the entry still waits for something, be it an answer to its offer.
func (w Wait) Open() bool { return w.State == WaitWaiting || w.State == WaitOffered }

// WaitFilter narrows a list of entries; empty fields do not.
type WaitFilter struct {
	PersonID string
	States   []WaitState
	// OverAt: those of which less than the shortest acceptable time is left at that instant.
	OverAt time.Time
	After  WaitCursor // the page starts behind it
	Limit  int        // 0: all
}

// WaitCursor is a place in the order of the waitlist; the zero one is before everything.
type WaitCursor struct {
	CreatedAt time.Time
	ID        string
}

// compare tells which of two places comes first. It is the order in which people are offered what becomes free.
func (c WaitCursor) compare(other WaitCursor) int {
	if order := c.CreatedAt.Compare(other.CreatedAt); order != 0 {
		return order
	}
	return strings.Compare(c.ID, other.ID)
}

// Cursor gives the entry's place in the order of the waitlist.
func (w Wait) Cursor() WaitCursor { return WaitCursor{CreatedAt: w.CreatedAt, ID: w.ID} }

// StrikeState is where a strike is in its life.
type StrikeState string

// The states of a strike. Only standing ones count.
const (
	StrikeStanding  StrikeState = "standing"
	StrikeTakenBack StrikeState = "taken_back" // late samples showed that the person was there
	StrikeForgiven  StrikeState = "forgiven"   // an appeal was granted
)

// Strike is a mark against a person, or a team, who did not come. It is forgotten at ExpiresAt.
type Strike struct {
	ID         string
	BookingID  string // at most one strike for each booking; of the seats that one person holds in a party, for one
	PersonID   string
	TeamID     string
	At         time.Time
	ExpiresAt  time.Time
	State      StrikeState
	Appeal     string // the person's words
	AppealedAt time.Time
	Answer     string
	DecidedBy  string
	DecidedAt  time.Time
	Version    int64
}

// StrikeFilter narrows a list of strikes; empty fields do not.
type StrikeFilter struct {
	PersonID  string
	BookingID string
	// Open wants those whose appeal waits for an answer.
	Open  bool
	After StrikeCursor // the page starts behind it
	Limit int          // 0: all
}

// StrikeCursor is a place in the order of a list of strikes; the zero one is before everything.
type StrikeCursor struct {
	At time.Time
	ID string
}

// Counts reports whether the strike stands at that instant.
func (s Strike) Counts(at time.Time) bool { return s.State == StrikeStanding && at.Before(s.ExpiresAt) }

// Report says that somebody found a station at fault.
type Report struct {
	ID          string
	StationID   string
	PersonID    string
	Description string
	At          time.Time
	State       ReportState
	OutageID    string // what came of it
	ClosedBy    string
	ClosedAt    time.Time
	Answer      string // why it was dismissed
	Version     int64
}

// ReportState is where a fault report is in its life.
type ReportState string

// The states of a report.
const (
	ReportOpen      ReportState = "open"
	ReportConfirmed ReportState = "confirmed" // an outage came of it
	ReportDismissed ReportState = "dismissed"
)

// ReportFilter narrows a list of fault reports; empty fields do not.
type ReportFilter struct {
	StationID string
	PersonID  string
	State     ReportState
	After     ReportCursor // the page starts behind it
	Limit     int          // 0: all
}

// ReportCursor is a place in the order of Reports; the zero one is before everything.
type ReportCursor struct {
	Closed bool
	At     time.Time
	ID     string
}

// Cursor gives the report's place in the order of Reports.
func (r Report) Cursor() ReportCursor {
	return ReportCursor{Closed: r.State != ReportOpen, At: r.At, ID: r.ID}
}

// closed gives the next version of the report, which somebody has answered.
func (r Report) closed(state ReportState, actor account.Actor, now time.Time) Report {
	r.State, r.ClosedBy, r.ClosedAt = state, actor.PersonID, now
	r.Version++
	return r
}

// Event says what an effect tells of; webhooks subscribe to them by these names.
type Event string

// The events.
const (
	EventReserved            Event = "booking_reserved"
	EventChanged             Event = "booking_changed"
	EventCancelled           Event = "booking_cancelled"
	EventEnded               Event = "booking_ended"
	EventRequested           Event = "booking_requested" // waits for approval: to those who may approve
	EventApproved            Event = "booking_approved"
	EventDeclined            Event = "booking_declined"
	EventMovedByOther        Event = "booking_moved_by_other" // body: from_station, reason
	EventCancelledByOther    Event = "booking_cancelled_by_other"
	EventCompanyLeft         Event = "company_left"    // body: person, expires_at if too few are left
	EventCompanyMissing      Event = "company_missing" // nobody else was named: the booking was given back
	EventReleased            Event = "booking_released"
	EventReleaseWarning      Event = "release_warning"  // "still working?": to the station's device and the person
	EventOccupied            Event = "station_occupied" // somebody else may sit there: to the station, the people, and those who run the room
	EventOfferMade           Event = "offer_made"
	EventOfferExpired        Event = "offer_expired"
	EventVerdictAbsent       Event = "verdict_absent"
	EventStrikeTakenBack     Event = "strike_taken_back"
	EventAppealMade          Event = "appeal_made" // to those who may decide
	EventAppealDecided       Event = "appeal_decided"
	EventOutageReported      Event = "outage_reported" // to those who run the room
	EventOutageStarted       Event = "outage_started"
	EventOutageEnded         Event = "outage_ended"
	EventQualificationEnding Event = "qualification_ending"
	EventSeriesChanged       Event = "series_changed"
)

// Effect is something to be told to a person, a device or a program: it leaves after the transaction that it is part of,
// and never holds one up.
type Effect struct {
	ID        string // empty: the store makes one
	At        time.Time
	Event     Event
	PersonID  string // whom it is for; empty: those whose task it is
	BookingID string
	StationID string
	Body      map[string]string // what the words need beside the booking: reason, from_station …
	DueAt     time.Time         // not before; zero: at once
}

// Series is bookings made by one rule. Body is the rule and all that its occurrences share, as JSON: see series.go.
type Series struct {
	ID        string
	PersonID  string
	Body      []byte
	EndedAt   time.Time
	CreatedBy string
	CreatedAt time.Time
	Version   int64
	// LastEndsAt is when the last of its bookings that stand ends; zero: none stands. Only SeriesOf fills it in.
	LastEndsAt time.Time
}
