// Package booking holds the rules of who may have a station when.
//
// Every path that ends in a booking asks one validator, which gives all refusals at once. The package may not know HTTP,
// SQL or MQTT. Invariant: no two active bookings of a station overlap, whatever the code does: the store refuses it.
package booking

import (
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Status is where a booking is in its life.
type Status string

// The statuses. All but cancelled ones are active: they block the station.
const (
	StatusConfirmed Status = "confirmed"
	StatusRequested Status = "requested" // waits for somebody to approve it
	StatusHeld      Status = "held"      // a Hold: an offer from the waitlist, until HeldUntil
	StatusCancelled Status = "cancelled" // before its start: it never occupied the station
	StatusEnded     Status = "ended"     // given back after its start: EndsAt is the instant of giving back
)

// Purpose is what the use is for; the large-equipment form splits by it.
type Purpose string

// The purposes. A class blocks the station for a whole group: only instructors and administrators may book it.
const (
	PurposePractice    Purpose = "practice"
	PurposeClass       Purpose = "class"
	PurposeCompetition Purpose = "competition"
	PurposeResearch    Purpose = "research"
	PurposeService     Purpose = "service"
)

// Booking is a half-open interval [StartsAt, EndsAt) on one station. All instants are whole seconds.
type Booking struct {
	ID        string
	StationID string
	PersonID  string
	Programme string
	Purpose   Purpose
	StartsAt  time.Time
	EndsAt    time.Time
	Status    Status
	// PlannedEnd is what was promised, when the booking was given back early; else zero.
	PlannedEnd time.Time
	CreatedBy  string // person; empty: an import
	CreatedAt  time.Time
	ChangedAt  time.Time
	Version    int64 // grows with each change: the ETag

	// OccupiedUntil is the end with the buffer after it, which is applied once, here.
	OccupiedUntil time.Time
	// ChargedUntil says what quotas count: [StartsAt, ChargedUntil). StartsAt: nothing; the planned end: all of it, though
	// it was cancelled late or nobody came.
	ChargedUntil time.Time
	// DueAt is when the booking is to be looked at again by whichever process comes first; zero: never.
	DueAt time.Time

	TeamID      string // the team that it is for
	PartyID     string // the party that it is part of
	SeriesID    string
	SeriesStart time.Time // the start that the series' rule gave it: what exceptions are known by
	Companions  string    // ids of those who are there too, separated by spaces
	Beside      int       // how many more people its party has in the same room for all of its time
	HeldUntil   time.Time // of a hold
	WaitID      string    // the waitlist entry that a hold is, or was, for
	CheckedInAt time.Time
	CheckedInBy string // person; empty: the device
	CheckIn     CheckIn
	Verdict     Verdict
	VerdictAt   time.Time
	Evidence    Evidence
	WarnedAt    time.Time // when the station last asked whether somebody is still there
	KeptAt      time.Time // when somebody said so themselves, and no device has since
	ShortAt     time.Time // when somebody who was to come along left, so that too few stay
}

// CheckIn is how an arrival was made known.
type CheckIn string

// The ways to check in.
const (
	CheckInEvidence   CheckIn = "evidence"   // the station's device saw use
	CheckInQR         CheckIn = "qr"         // the page behind the code on the station
	CheckInInstructor CheckIn = "instructor" // somebody who runs the room says so
)

// Verdict says whether whoever booked came. Empty: not judged yet, or not to be judged.
type Verdict string

// The verdicts.
const (
	VerdictArrived Verdict = "arrived"
	VerdictAbsent  Verdict = "absent"  // seen through the whole grace, never used
	VerdictUnknown Verdict = "unknown" // not seen enough to say
)

// Evidence is what a verdict rests on. Minutes are those of the grace.
type Evidence struct {
	GraceMinutes int
	SeenMinutes  int
	UsedMinutes  int
	FirstUsedAt  time.Time // the first minute of use; zero: none
	Down         bool      // the station was out of order meanwhile
	WalkedIn     bool      // somebody who had not booked was there before, and did not leave
}

// Interval gives the time that the booking is for.
func (b Booking) Interval() equipment.Interval {
	return equipment.Interval{From: b.StartsAt, Until: b.EndsAt}
}

// Occupied gives the time that the booking keeps its station from others: with the buffer.
func (b Booking) Occupied() equipment.Interval {
	return equipment.Interval{From: b.StartsAt, Until: later(b.EndsAt, b.OccupiedUntil)}
}

// Charged gives the time that quotas count.
func (b Booking) Charged() equipment.Interval {
	charged := equipment.Interval{From: b.StartsAt, Until: b.ChargedUntil}
	if charged.Until.IsZero() && b.Active() {
		charged.Until = b.EndsAt
	}
	charged.Until = later(b.StartsAt, charged.Until)
	return charged
}

// Active reports whether the booking blocks, or blocked, its station. A cancelled one never did.
func (b Booking) Active() bool { return b.Status != StatusCancelled && b.Status != "" }

// Promised reports whether the booking is, or was, a promise to somebody: what the ledger calls booked. A hold and a request
// block the station, but nobody has promised to be there.
func (b Booking) Promised() bool { return b.Status == StatusConfirmed || b.Status == StatusEnded }

// Lapsed reports whether b is a hold that has expired: it blocks nobody, and goes with the next decision about its time.
func (b Booking) Lapsed(now time.Time) bool {
	return b.Status == StatusHeld && !now.Before(b.HeldUntil)
}

// People gives everybody who is there by this booking: its person and their companions.
func (b Booking) People() []string {
	return append([]string{b.PersonID}, strings.Fields(b.Companions)...)
}

// Involves reports whether the person is there by this booking: it is theirs, or they come along.
func (b Booking) Involves(personID string) bool {
	return b.PersonID == personID || (b.Companions != "" && slices.Contains(strings.Fields(b.Companions), personID))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Valid reports whether p is one of the purposes.
func (p Purpose) Valid() bool {
	switch p {
	case PurposePractice, PurposeClass, PurposeCompetition, PurposeResearch, PurposeService:
		return true
	}
	return false
}
