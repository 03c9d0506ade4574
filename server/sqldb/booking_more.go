package sqldb

import (
	"slices"

	"github.com/labtide/labtide/server/booking"
)

// more is what a decision reads beside bookings and people. Each topic reads in its own file.
type more struct {
	teams   roster
	strikes []booking.Strike
}

// moreReads gives the statements of all topics that the decision asks for.
func (b *Bookings) moreReads(d *decision) []statement {
	return slices.Concat(b.teamReads(d), b.strikeReads(d))
}

// show puts what was read into the view. written are the bookings that the decisions before have written.
func (m *more) show(v *booking.View, _ booking.Ask, _ map[string]booking.Booking) {
	m.teams.show(v)
	v.Strikes = m.strikes
}

// moreWrites turns what is not bookings into statements.
func (b *Bookings) moreWrites(w booking.Write) []statement {
	return slices.Concat(effectWrites(w.Effects), b.strikeWrites(w))
}
