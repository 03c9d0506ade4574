package bookingtest

import (
	"slices"

	"github.com/labtide/labtide/server/booking"
)

// showSpent shows what is charged to the asked budgets, with no more of it than a database reads.
func (m *Memory) showSpent(v *booking.View, ask booking.Ask) {
	v.Sums = map[booking.Budget]booking.Sum{}
	for _, b := range m.bookings {
		if ask.EachSpent || b.Apart() || shown(v, b.ID) {
			if slices.ContainsFunc(ask.Budgets, func(u booking.Budget) bool { return u.Concerns(b) }) {
				v.Spent = append(v.Spent, booking.Booking{
					ID: b.ID, StationID: b.StationID, PersonID: b.PersonID, TeamID: b.TeamID, PartyID: b.PartyID, Programme: b.Programme,
					Purpose: b.Purpose, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Status: b.Status, HeldUntil: b.HeldUntil,
					ChargedUntil: b.Charged().Until,
				})
			}
			continue
		}
		for _, u := range ask.Budgets {
			if add, ok := v.Rules.Adds(u, b); ok {
				v.Sums[u] = booking.Sum{Length: v.Sums[u].Length + add.Length, Bookings: v.Sums[u].Bookings + add.Bookings}
			}
		}
	}
}

// shown reports whether a decision sees the booking itself.
func shown(v *booking.View, id string) bool {
	_, asked := v.Bookings[id]
	return asked || slices.ContainsFunc(v.Taken, func(b booking.Booking) bool { return b.ID == id })
}
