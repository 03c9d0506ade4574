// Package live holds what every station is doing now, and tells those who watch when it changes.
//
// A Board is a projection: it can be thrown away and built again from the register, the bookings, the device states and
// the ledger, so any number of server processes may each have their own. It may not know HTTP. Invariant: a station
// whose devices are silent is Unknown, never Free.
package live

import (
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
)

// State is what a person may expect of a station right now.
type State string

// The states; the words follow the ledger's labels.
const (
	StateFree       State = "free"        // open, seen, nobody there, not booked
	StateInUse      State = "in_use"      // booked and used
	StateBookedIdle State = "booked_idle" // booked, and nobody is there
	StateHeld       State = "held"        // not booked, and kept from others: by an offer, a request, or the buffer after a booking
	StateWalkIn     State = "walk_in"     // used, and nobody booked it
	StateUnknown    State = "unknown"     // no device tells us
	StateDown       State = "down"        // an outage, or the device reports a fault
	StateClosed     State = "closed"      // outside opening hours, nobody there
)

// Slot is a booking as the board shows it. The edge decides who may see the name.
type Slot struct {
	BookingID  string
	PersonID   string
	Companions string // ids, separated by spaces
	PersonName string
	Programme  string
	Purpose    booking.Purpose
	StartsAt   time.Time
	EndsAt     time.Time
	// OccupiedUntil is the end with the buffer after it.
	OccupiedUntil time.Time
	Status        booking.Status
	Verdict       booking.Verdict
	Stranger      bool // somebody else may sit there
	WarnedAt      time.Time
	Version       int64
}

// Strip is the local day of a station: what was promised and what really happened.
type Strip struct {
	StartsAt time.Time // local midnight
	EndsAt   time.Time
	Open     []equipment.Interval
	Bookings []Slot       // those that overlap the day, in order, but no offers that have expired
	Runs     []ledger.Run // up to now
	// Outages are those that run or are planned. Until is zero: until further notice.
	Outages []equipment.Interval
}

// Card is one station on the board.
type Card struct {
	Station      equipment.Station
	State        State
	Since        time.Time // when the device entered this state; zero when unknown
	Source       string    // what gave the evidence (wire.md)
	DeviceSeenAt time.Time // when a device of the station was last heard; zero: never
	Booking      *Slot     // the running one; an offer or a request is none: nobody has promised to be there
	Next         *Slot     // the next one of today
	Held         *Slot     // what keeps the station now without being a promise: an offer, a request, or what left a buffer
	// FreeFrom is when what runs, and whatever is right behind it, is over; zero when nothing runs, or nobody knows.
	FreeFrom time.Time
	// FreeUntil is when the next booking or outage starts or the room closes; zero when it is not bookable now.
	FreeUntil time.Time
	Outage    *equipment.Outage
	// FaultReported says that somebody has reported a fault, and nobody has answered yet.
	FaultReported bool
	Day           Strip
}

// Event says that a station's card is now this one.
type Event struct {
	// ID is "<epoch>-<sequence>": the epoch is drawn when the board is made, the sequence grows by one.
	ID   string
	Card Card
}

// Snapshot is all cards, in the order of room and code, as of the event with this ID.
type Snapshot struct {
	ID    string
	At    time.Time
	Cards []Card
}
