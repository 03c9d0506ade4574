// Package booking holds the rules of who may have a station when.
//
// Every path that ends in a booking asks one validator, which gives all refusals at once. The package may not know HTTP,
// SQL or MQTT. Invariant: no two active bookings of a station overlap, whatever the code does: the store refuses it.
package booking

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Status is where a booking is in its life.
type Status string

// The statuses. Active ones occupy the station.
const (
	StatusConfirmed Status = "confirmed"
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

// Booking is a half-open interval [StartsAt, EndsAt) on one station.
type Booking struct {
	ID        string
	StationID string
	PersonID  string
	Programme string
	Purpose   Purpose
	StartsAt  time.Time // whole seconds
	EndsAt    time.Time
	Status    Status
	// PlannedEnd is what was promised, when the booking was given back early; else zero.
	PlannedEnd time.Time
	CreatedBy  string // person
	CreatedAt  time.Time
	ChangedAt  time.Time
	Version    int64 // grows with each change: the ETag
}

// Interval gives the time that the booking occupies.
func (b Booking) Interval() equipment.Interval {
	return equipment.Interval{From: b.StartsAt, Until: b.EndsAt}
}

// Active reports whether the booking occupies, or occupied, its station. A cancelled one never did.
func (b Booking) Active() bool { return b.Status == StatusConfirmed || b.Status == StatusEnded }

// Valid reports whether p is one of the purposes.
func (p Purpose) Valid() bool {
	switch p {
	case PurposePractice, PurposeClass, PurposeCompetition, PurposeResearch, PurposeService:
		return true
	}
	return false
}
