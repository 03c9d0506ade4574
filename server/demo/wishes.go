package demo

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// wishEvery is how many bookings of the past there are for each that somebody else wanted, too.
const wishEvery = 25

// WishInVain has students ask for what others had booked, the day before it began: the school sees what could not be had. All
// are refused by the rules.
func WishInVain(ctx context.Context, people []account.Person, bookings booking.Store, now time.Time) error {
	past, err := bookings.List(ctx, booking.Filter{From: now.AddDate(0, 0, -30), Until: now, Status: booking.StatusConfirmed})
	if err != nil {
		return err
	}
	var students []account.Person
	for _, p := range people {
		if p.Role == account.RoleStudent {
			students = append(students, p)
		}
	}
	for i := wishEvery; i < len(past) && len(students) > 1; i += wishEvery {
		b := past[i]
		who := students[(i/wishEvery*7)%len(students)].ID
		if slices.ContainsFunc(past, func(o booking.Booking) bool {
			return o.Involves(who) && o.StartsAt.Before(b.EndsAt) && o.EndsAt.After(b.StartsAt)
		}) {
			continue // they sat elsewhere
		}
		then := b.StartsAt.Add(-24 * time.Hour)
		_, err := booking.New(bookings, func() time.Time { return then }).Reserve(ctx, account.SignedIn(who, account.RoleStudent),
			booking.Request{StationID: b.StationID, StartsAt: b.StartsAt, EndsAt: b.EndsAt})
		if refused := (*booking.Refused)(nil); err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	return nil
}
