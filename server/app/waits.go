package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// waitsEvery is how often the server looks at the whole waitlist. What is released is offered at once and needs none of this.
const waitsEvery = 30 * time.Second

// tendWaits closes waitlist entries whose time is over, and offers what became free without a release, until ctx ends. Any
// number of processes may do so.
func tendWaits(ctx context.Context, bookings *booking.Service, log *slog.Logger) error {
	ticker := time.NewTicker(waitsEvery)
	defer ticker.Stop()
	for {
		now := time.Now()
		for _, look := range []func(context.Context, time.Time) error{bookings.CloseWaits, bookings.OfferFree} {
			if err := look(ctx, now); err != nil && ctx.Err() == nil {
				log.Error("the waitlist could not be looked at; it is tried again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
