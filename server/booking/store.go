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
	// Import inserts the rows in one transaction, all or none. It asks CheckImport on what the transaction sees, and returns
	// its *ImportError. Rows without ID or Version get them.
	Import(ctx context.Context, rows []Booking) error
	// PutPolicy inserts when Version is 0, else replaces and adds one to the version; an old Version is fault.KindStale.
	PutPolicy(ctx context.Context, r PolicyRule) (PolicyRule, error)
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
	// Active gives the active bookings that overlap [from, until) on one of the stations or of the person; neither: all.
	Active(ctx context.Context, stationIDs []string, personID string, from, until time.Time) ([]Booking, error)
	// Unmet gives the refusals recorded from From on and before Until, in the order of recording.
	Unmet(ctx context.Context, from, until time.Time) ([]Unmet, error)
	// Trail gives what happened to a booking, in order.
	Trail(ctx context.Context, bookingID string) ([]Entry, error)
}

// Ask says what a decision rests on.
type Ask struct {
	StationIDs []string
	PersonIDs  []string
	BookingIDs []string
	// From and Until bound the time that matters.
	From  time.Time
	Until time.Time
}

// View is what stands while a decision is made.
type View struct {
	Rules *Rules
	// Taken are the active bookings that overlap the asked time on an asked station or of an asked person.
	Taken []Booking
	// Bookings are the asked ones that exist, by id, whatever their status.
	Bookings map[string]Booking
	// People are the asked ones that exist, by id: ID, Programme and DisabledAt only.
	People map[string]account.Person
	// NewID makes an id.
	NewID func() string
}

// Write is what a decision changes.
type Write struct {
	Insert []Booking
	Update []Booking // by ID; the row of the version before
	Unmet  []Unmet
	Trail  []Entry
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
)

// Entry is one line of a booking's history: who did what, when, and what stood afterwards.
type Entry struct {
	BookingID string
	At        time.Time
	PersonID  string // who did it; empty: an import
	Act       Act
	After     Booking
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	PersonID   string
	StationIDs []string
	From       time.Time // those that end after it
	Until      time.Time // those that start before it
	Status     Status
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

// overlaps reports whether the booking is active and shares time with the interval.
func (b Booking) overlaps(i equipment.Interval) bool { return b.Active() && b.Interval().Overlaps(i) }

// Concerns reports whether the booking, as it is, belongs to what View.Taken shows for the ask.
func (a Ask) Concerns(b Booking) bool {
	if !b.overlaps(equipment.Interval{From: a.From, Until: a.Until}) {
		return false
	}
	return slices.Contains(a.StationIDs, b.StationID) || slices.Contains(a.PersonIDs, b.PersonID)
}
