package sqldb

import "github.com/labtide/labtide/server/booking"

// more is what a decision reads beside bookings and people. Each topic reads in its own file.
type more struct {
	teams roster
}

// moreReads gives the statements of all topics that the decision asks for.
func (b *Bookings) moreReads(d *decision) []statement {
	return b.teamReads(d)
}

// show puts what was read into the view. written are the bookings that the decisions before have written.
func (m *more) show(v *booking.View, _ booking.Ask, _ map[string]booking.Booking) {
	m.teams.show(v)
}

// moreWrites turns what is not bookings into statements.
func (b *Bookings) moreWrites(w booking.Write) []statement { return effectWrites(w.Effects) }
