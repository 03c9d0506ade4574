package sqldb

import "github.com/labtide/labtide/server/booking"

// more is what a decision reads beside bookings and people. Each topic reads in its own file.
type more struct{}

// moreReads gives the statements of all topics that the decision asks for.
func (b *Bookings) moreReads(*decision) []statement { return nil }

// show puts what was read into the view. written are the bookings that the decisions before have written.
func (m *more) show(*booking.View, booking.Ask, map[string]booking.Booking) {}

// moreWrites turns what is not bookings into statements.
func (b *Bookings) moreWrites(w booking.Write) []statement { return effectWrites(w.Effects) }
