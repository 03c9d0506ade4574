package bookingtest

import (
	"slices"

	"github.com/labtide/labtide/server/booking"
)

// showSpent shows what is charged to the asked budgets, with no more of it than a database reads.
func (m *Memory) showSpent(v *booking.View, ask booking.Ask) {
	for _, b := range m.bookings {
		if slices.ContainsFunc(ask.Budgets, func(u booking.Budget) bool { return u.Concerns(b) }) {
			v.Spent = append(v.Spent, booking.Booking{
				ID: b.ID, StationID: b.StationID, PersonID: b.PersonID, TeamID: b.TeamID, PartyID: b.PartyID, Programme: b.Programme,
				Purpose: b.Purpose, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Status: b.Status, HeldUntil: b.HeldUntil,
				ChargedUntil: b.Charged().Until,
			})
		}
	}
}
