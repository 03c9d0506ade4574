// Package calendar speaks iCalendar (RFC 5545): it writes feeds and the calendar part of mails, and reads timetables.
//
// It knows instants and zones, and nothing of bookings, stores or the network: who calls it says what an event is.
//
// Each occurrence of a series is an event of its own with a UID of its own. A series here is a list of bookings of which
// each may be moved, refused or cancelled for itself, so a rule with as many exceptions would say nothing shorter, and
// many programs get RECURRENCE-ID wrong; a single event they all understand.
//
// Invariants of writing: lines end in CR LF and have at most 75 octets, no character is cut in two, and a local time stands
// only where its VTIMEZONE makes it one instant. Invariant of reading: whatever the file holds, the work has a bound.
package calendar

import (
	"time"
)

// Status says whether an event takes place.
type Status string

// The statuses. The empty one is confirmed.
const (
	StatusConfirmed Status = "confirmed"
	StatusTentative Status = "tentative"
	StatusCancelled Status = "cancelled"
)

// Event is one booking as a calendar shows it.
type Event struct {
	UID          string // the same for as long as the booking lives, and unique in the world
	Sequence     int    // grows with each change
	Starts       time.Time
	Ends         time.Time
	Summary      string
	Description  string
	Location     string
	Status       Status
	LastModified time.Time
	URL          string
	// Organizer and Attendee are for mails; a feed leaves them out.
	Organizer Address
	Attendee  Address
}

// Address is somebody with a mailbox; without one it is nobody.
type Address struct {
	Name string
	Mail string
}

// Feed is what somebody subscribes to.
type Feed struct {
	Name string
	// Location is the zone in which times are written; nil, UTC and zones without an IANA name give times in UTC.
	Location *time.Location
	Events   []Event
}
