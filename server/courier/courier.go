// Package courier tells people, devices and programs what happened: by mail, by a notice on a station's screen, and by
// webhooks.
//
// What is to be told is written by the transaction that changed something, as an effect. The courier turns each effect
// into deliveries, one for each target, and tries each of them until it is taken, refused for good, or too late. It may
// not know SQL, MQTT or HTTP's handlers, and decides nothing about bookings. Invariants: an effect that was stored is
// delivered at least once or is dead where administrators see it, whichever process dies; and nobody who books waits for
// a mail server.
package courier

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// Channel is a way to reach somebody.
type Channel string

// The channels.
const (
	ChannelMail    Channel = "mail"    // the target is a person
	ChannelWebhook Channel = "webhook" // the target is a hook
	ChannelNotice  Channel = "notice"  // the target is a station: whoever sits there
)

// Channels gives every channel.
func Channels() []Channel { return []Channel{ChannelMail, ChannelWebhook, ChannelNotice} }

// Outcome is how a delivery ended; empty: it has not.
type Outcome string

// The outcomes.
const (
	OutcomeSent    Outcome = "sent"
	OutcomeSkipped Outcome = "skipped" // there is nobody to tell: no address, or the webhook is gone
	OutcomeDead    Outcome = "dead"    // refused for good, or too late
)

// Delivery is one effect on its way to one target.
type Delivery struct {
	ID       string         // made by the store; the same at each attempt
	Effect   booking.Effect // its DueAt is left out
	Channel  Channel
	TargetID string
	// Lane is what it has to itself while it is tried: deliveries of one lane go one after another, so a target that
	// hangs holds up only those behind it.
	Lane      string
	GiveUpAt  time.Time
	Attempts  int // with the one under way
	CreatedAt time.Time
	DueAt     time.Time // of the next attempt
	Outcome   Outcome
	EndedAt   time.Time
	Error     string // of the last attempt
}

// Counts is what waits and what failed.
type Counts struct {
	Effects int // not yet turned into deliveries
	Waiting map[Channel]int
	Dead    map[Channel]int // of those that are still remembered
	// OldestAt is when the oldest delivery that waits was made; zero: none waits.
	OldestAt time.Time
}

// Store keeps effects, deliveries and hooks.
type Store interface {
	Queue
	HookStore
}

// Queue is worked on by any number of processes.
type Queue interface {
	// Plan shows the function at most n effects that are due and not planned, and in the same transaction stores the
	// deliveries that it gives and marks the effects as planned. A delivery that exists (same effect, channel and target)
	// stays as it is. The function may run several times and must not block.
	Plan(ctx context.Context, now time.Time, n int, route func([]booking.Effect) []Delivery) (planned int, err error)
	// Claim lends at most n deliveries that are due, one of each lane at most and none of a busy one, the longest due
	// first. Each has one more attempt, and nobody else gets it before the lease is over.
	Claim(ctx context.Context, now time.Time, lease time.Duration, n int, busy []string) ([]Delivery, error)
	// Retry makes the delivery due again; Finish ends it. Both do nothing when it has been claimed anew meanwhile.
	Retry(ctx context.Context, d Delivery, at time.Time, reason string) error
	Finish(ctx context.Context, d Delivery, now time.Time, outcome Outcome, reason string) error
	Counts(ctx context.Context) (Counts, error)
	// Deliveries gives those of a filter, the newest first.
	Deliveries(ctx context.Context, f Filter) ([]Delivery, error)
}

// Filter narrows a list of deliveries; empty fields do not.
type Filter struct {
	Channel  Channel
	TargetID string
	Outcome  Outcome
	Limit    int // 0: all
}
