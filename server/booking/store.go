package booking

import (
	"context"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
)

// Store keeps bookings. Errors are faults; an unknown id is fault.KindNotFound.
type Store interface {
	Decider
	Reader
	Documents
	Waitlist
	SeriesReader
	Faults
	// Remind makes bookings due at an instant, those that are due already and those that never would be, too. It waits for
	// decisions about them that are under way.
	Remind(ctx context.Context, bookingIDs []string, at time.Time) error
	// Import inserts the rows in one transaction, all or none. It asks Bulk.Check on what the transaction sees, and returns
	// its *ImportError. Rows without ID or Version get them.
	Import(ctx context.Context, in Bulk) error
}

// Documents keeps what the school decides: policies, quotas, seasons, terms.
type Documents interface {
	// PutDocument inserts when Version is 0, else replaces, or removes when Body is empty, and adds one to the version. An old
	// Version is fault.KindStale "document_changed". It keeps what was. An id that was removed goes on from its last version.
	PutDocument(ctx context.Context, d Document) (Document, error)
	// PutDocuments does so for all, or for none.
	PutDocuments(ctx context.Context, all []Document) error
	// Documents gives those of a kind as they stand, by id; no kind: all.
	Documents(ctx context.Context, kind DocumentKind) ([]Document, error)
	// DocumentHistory gives every version of one, oldest first; an empty id: of all of that kind, by instant.
	DocumentHistory(ctx context.Context, kind DocumentKind, id string) ([]Document, error)
}

// Faults keeps what is wrong with stations; Decide writes it.
type Faults interface {
	// OutageByID reads an outage; an unknown one is fault.KindNotFound "outage_unknown".
	OutageByID(ctx context.Context, id string) (equipment.Outage, error)
	// ReportByID reads a fault report; an unknown one is fault.KindNotFound "report_unknown".
	ReportByID(ctx context.Context, id string) (Report, error)
	// Reports gives those of a filter: open ones first, then the newest first.
	Reports(ctx context.Context, f ReportFilter) ([]Report, error)
}

// Decider lets the rules decide on what is true at that moment.
type Decider interface {
	// Decide locks the stations and people that ask names (stations first, each in id order), shows the function what
	// stands, and makes durable what it returns. Nothing on those stations or of those people changes meanwhile, in any process.
	//
	// The function may run several times, and only what its last run returns is written; it must not block. Several decisions
	// may share a transaction: each sees those before it, and none fails for another. An error of the function is returned,
	// and nothing is written. An overlap that the database refuses though the function did not see it is ErrOverlap.
	Decide(ctx context.Context, ask Ask, decide func(View) (Write, error)) error
	// Rules gives the rules as they stand.
	Rules(ctx context.Context) (*Rules, error)
	// KnownRules gives the rules that were read last, which may be old: only to find out what to ask, never to decide.
	KnownRules(ctx context.Context) (*Rules, error)
}

// Reader reads what is stored.
type Reader interface {
	ByID(ctx context.Context, id string) (Booking, error)
	// List gives the bookings of a filter ordered by start, then id.
	List(ctx context.Context, f Filter) ([]Booking, error)
	// Active gives the active bookings that overlap [from, until), buffer and all, on one of the stations or involving the
	// person; neither: all.
	Active(ctx context.Context, stationIDs []string, personID string, from, until time.Time) ([]Booking, error)
	// Unmet gives the refusals recorded from From on and before Until, in the order of recording.
	Unmet(ctx context.Context, from, until time.Time) ([]Unmet, error)
	// Wanted gives the refusals of a filter ordered by the start that was wanted, then id.
	Wanted(ctx context.Context, f WantedFilter) ([]Wanted, error)
	// Look shows what stands, as Decide does, but locks nothing: to tell somebody what would be, never to decide.
	Look(ctx context.Context, ask Ask) (View, error)
	// StrikeByID reads one; an unknown id is fault.KindNotFound.
	StrikeByID(ctx context.Context, id string) (Strike, error)
	// Strikes gives those of a filter, the latest first.
	Strikes(ctx context.Context, f StrikeFilter) ([]Strike, error)
	// Busy gives by station, in any order, when active bookings keep it from others, buffer and all, within [from, until).
	Busy(ctx context.Context, stationIDs []string, from, until time.Time) (map[string][]equipment.Interval, error)
	// Due gives the ids of bookings that are due at now, the longest due first.
	Due(ctx context.Context, now time.Time, limit int) ([]string, error)
	// Trail gives what happened to a booking, in order.
	Trail(ctx context.Context, bookingID string) ([]Entry, error)
	// Audit gives what was done to bookings, rules and stations: the newest first, of the same second by source, id, and the
	// latest version first.
	Audit(ctx context.Context, f AuditFilter) ([]AuditLine, error)
}

// Waitlist reads who waits. Entries are written by decisions, which lock the entry's person.
type Waitlist interface {
	// WaitByID reads one entry; an unknown id is fault.KindNotFound "wait_unknown".
	WaitByID(ctx context.Context, id string) (Wait, error)
	// Waits gives entries in the order in which they came.
	Waits(ctx context.Context, f WaitFilter) ([]Wait, error)
}

// Ask says what a decision rests on. Stations, people, teams and budgets are locked, each in order of their ids.
type Ask struct {
	StationIDs []string
	PersonIDs  []string
	BookingIDs []string
	// From and Until bound the time that matters.
	From  time.Time
	Until time.Time

	PartyIDs  []string // all bookings of these parties come in View.Bookings
	SeriesIDs []string // all bookings of these series too, and the series in View.Series
	TeamIDs   []string
	Budgets   []Budget
	EachSpent bool // show each booking that is charged to the budgets, and no sums
	StrikeIDs []string
	WaitIDs   []string
	ReportIDs []string
	OutageIDs []string
	// OpenReports asks for the open fault reports of the asked people and stations.
	OpenReports bool
	// Qualifications and Strikes ask for those of the people and teams.
	Qualifications bool
	Strikes        bool
	// Waiting asks for the entries that wait for time of these stations, their kinds or rooms, within Awaited: the oldest
	// MaxWaiting of them.
	Waiting bool
	Awaited equipment.Interval // empty: From and Until
	// OwnWaits asks for the entries of the asked people that wait or have an offer.
	OwnWaits bool
	// Alone has a transaction of its own: what it writes changes the rules, or rests on more than bookings.
	Alone bool
}

// MaxWaiting bounds how many entries one decision looks at.
const MaxWaiting = 200

// View is what stands while a decision is made.
type View struct {
	Rules *Rules
	// Taken are the active bookings that overlap, buffer and all, the asked time on an asked station or involve an asked person.
	Taken []Booking
	// Bookings are the asked ones that exist, by id, whatever their status.
	Bookings map[string]Booking
	// People are the asked ones that exist, by id: ID, Role, Programme, Unnamed and DisabledAt only.
	People map[string]account.Person
	// Spent are bookings that are charged to an asked budget: with Ask.EachSpent all of them, else those that are Apart and
	// those that Taken or Bookings show. They have ID, StationID, PersonID, TeamID, PartyID, Programme, Purpose, StartsAt,
	// EndsAt, Status, HeldUntil and ChargedUntil only.
	Spent []Booking
	// Sums are what all others come to, by asked budget.
	Sums map[Budget]Sum
	// Teams are the asked ones that exist, by id.
	Teams map[string]account.Team
	// Qualifications are those of the asked people, whatever their state: ID, PersonID, KindID and the instants only.
	Qualifications []account.Qualification
	// Strikes are the standing ones, expired or not, of the asked people and teams, and those asked for by id.
	Strikes []Strike
	// Waits are the asked entries and those that wait, in the order in which they came.
	Waits   []Wait
	Series  map[string]Series
	Reports map[string]Report           // by id
	Outages map[string]equipment.Outage // the asked ones that exist, by id
	// NewID makes an id.
	NewID func() string
}

// Write is what a decision changes. Updates come before inserts: what they free may be taken at once.
type Write struct {
	Insert  []Booking
	Update  []Booking // by ID; the row of the version before
	Unmet   []Unmet
	Trail   []Entry
	Effects []Effect
	Waits   []Wait             // inserted when Version is 1, else replaced
	Strikes []Strike           // the same
	Series  []Series           // the same
	Reports []Report           // the same
	Outages []equipment.Outage // the same, and removed when they end as they start; needs Ask.Alone
	// Deeds are for the audit: of what else the decision changes, who did it and why.
	Deeds []Deed
	// Used notes real use of a kind by a person: their qualification for it does not lapse.
	Used []Use
}

// Use is real use of a kind of station by a person, that a device saw.
type Use struct {
	PersonID string
	KindID   string
	At       time.Time
}

// Plain reports whether the write is of bookings and what goes with each: others in the same transaction can see it all.
func (w Write) Plain() bool {
	return len(w.Waits)+len(w.Strikes)+len(w.Series)+len(w.Reports)+len(w.Outages)+len(w.Used) == 0
}

// WaitingFor gives the time that Waiting is about.
func (a Ask) WaitingFor() equipment.Interval {
	if a.Awaited.Empty() {
		return equipment.Interval{From: a.From, Until: a.Until}
	}
	return a.Awaited
}

// Plain reports whether the ask rests on nothing that Write.Plain does not show.
func (a Ask) Plain() bool {
	return !a.Alone && !a.Qualifications && !a.Strikes && !a.Waiting && !a.OwnWaits && !a.OpenReports &&
		len(a.PartyIDs)+len(a.SeriesIDs)+len(a.TeamIDs)+len(a.StrikeIDs)+len(a.WaitIDs)+len(a.ReportIDs)+len(a.OutageIDs) == 0
}

// Unmet is a wish that was refused: the planner counts them.
type Unmet struct {
	At        time.Time
	PersonID  string
	StationID string // empty: any of the kind
	KindID    string
	StartsAt  time.Time
	EndsAt    time.Time
	Programme string
	Purpose   Purpose
	Codes     []string // of the refusals
	Seats     int      // how many stations of the kind at once; 0: one
}

// Act says what was done to a booking.
type Act string

// The acts.
const (
	ActReserved  Act = "reserved"
	ActChanged   Act = "changed" // moved, extended, shortened or described anew
	ActCancelled Act = "cancelled"
	ActEnded     Act = "ended" // given back after its start
	ActImported  Act = "imported"
	ActRequested Act = "requested" // waits for approval
	ActApproved  Act = "approved"
	ActDeclined  Act = "declined"
	ActOffered   Act = "offered" // from the waitlist
	ActAccepted  Act = "accepted"
	ActLapsed    Act = "lapsed" // an offer was not taken, or nobody approved in time
	ActCheckedIn Act = "checked_in"
	ActJudged    Act = "judged"    // a verdict
	ActReleased  Act = "released"  // nobody came, or nobody works: the rest goes to others
	ActReseated  Act = "reseated"  // to another station, because of an outage
	ActDisplaced Act = "displaced" // cancelled because of an outage or a class
	ActWarned    Act = "warned"    // "still working?"
	ActKept      Act = "kept"      // "still working"
	ActLeft      Act = "left"      // does not come along any more
)

// Entry is one line of a booking's history: who did what, when, and what stood afterwards.
type Entry struct {
	BookingID string
	At        time.Time
	PersonID  string // who did it; empty: an import
	Act       Act
	Reason    string // in whoever's words, or a code
	After     Booking
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	IDs        []string
	PersonID   string
	InvolvedID string // whose they are, or who comes along
	StationIDs []string
	From       time.Time // those that end after it
	Until      time.Time // those that start before it
	Status     Status
	PartyID    string
	SeriesID   string
	TeamID     string
	After      Cursor // the page starts behind it
	Limit      int    // 0: all
}

// Cursor is a place in the order of List; the zero one is before everything.
type Cursor struct {
	StartsAt time.Time
	ID       string
}

// Cursor gives the booking's place in the order of List.
func (b Booking) Cursor() Cursor { return Cursor{StartsAt: b.StartsAt, ID: b.ID} }

// blocks reports whether the booking is active and keeps its station for some of the interval.
func (b Booking) blocks(i equipment.Interval) bool { return b.Active() && b.Occupied().Overlaps(i) }

// Concerns reports whether the booking, as it is, belongs to what View.Taken shows for the ask.
func (a Ask) Concerns(b Booking) bool {
	if !b.blocks(equipment.Interval{From: a.From, Until: a.Until}) {
		return false
	}
	return slices.Contains(a.StationIDs, b.StationID) || slices.ContainsFunc(a.PersonIDs, b.Involves)
}
