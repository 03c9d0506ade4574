package courier

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/webhook"
)

// Desk is what administrators see and change of the messages.
type Desk struct {
	worker *Worker
	store  Store
	now    func() time.Time
}

// Desk gives the administrators' side of the worker.
func (w *Worker) Desk() *Desk { return &Desk{worker: w, store: w.deps.Store, now: w.deps.Now} }

// Status is how messages fare.
type Status struct {
	Mail   bool // a mail server is configured
	Counts Counts
	Dead   []Delivery // the latest
}

// shownDead is how many dead deliveries a status shows.
const shownDead = 20

// Status gives how messages fare.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	counts, err := d.store.Counts(ctx)
	if err != nil {
		return Status{}, err
	}
	dead, err := d.store.Deliveries(ctx, Filter{Outcome: OutcomeDead, Limit: shownDead})
	return Status{Mail: d.worker.deps.Mail != nil, Counts: counts, Dead: dead}, err
}

// Hooks gives all of them.
func (d *Desk) Hooks(ctx context.Context) ([]Hook, error) { return d.store.Hooks(ctx) }

// Hook reads one.
func (d *Desk) Hook(ctx context.Context, id string) (Hook, error) { return d.store.Hook(ctx, id) }

// Deliveries gives the latest of a hook.
func (d *Desk) Deliveries(ctx context.Context, hookID string, limit int) ([]Delivery, error) {
	if _, err := d.store.Hook(ctx, hookID); err != nil {
		return nil, err
	}
	return d.store.Deliveries(ctx, Filter{Channel: ChannelWebhook, TargetID: hookID, Limit: limit})
}

// Add makes a hook. One of our own shape without a secret gets one, which is given back and shown once.
func (d *Desk) Add(ctx context.Context, actor account.Actor, h Hook) (made Hook, secret string, err error) {
	h.ID, h.Version, h.CreatedBy, h.CreatedAt = "", 0, actor.PersonID, d.now().UTC().Truncate(time.Second)
	if h.Shape == webhook.ShapeLabtide && h.Secret == "" {
		secret = "whsec_" + strings.ToLower(rand.Text())
		h.Secret = secret
	}
	if err := h.Check(); err != nil {
		return Hook{}, "", err
	}
	made, err = d.store.PutHook(ctx, h)
	return made, secret, err
}

// HookChange says what shall be different; nil leaves it.
type HookChange struct {
	Name     *string
	URL      *string
	Shape    *webhook.Shape
	Secret   *string
	Events   *[]booking.Event
	Disabled *bool
}

// Change changes a hook; version is the one that the caller has seen, 0 for any.
func (d *Desk) Change(ctx context.Context, id string, version int64, c HookChange) (Hook, error) {
	h, err := d.store.Hook(ctx, id)
	if err != nil {
		return Hook{}, err
	}
	if version != 0 && version != h.Version {
		return Hook{}, fault.Stale("changed_meanwhile", "it has changed since you read it; read it again and repeat the change")
	}
	set(&h.Name, c.Name)
	set(&h.URL, c.URL)
	set(&h.Shape, c.Shape)
	set(&h.Secret, c.Secret)
	set(&h.Events, c.Events)
	if c.Disabled != nil && *c.Disabled != !h.DisabledAt.IsZero() {
		h.DisabledAt = time.Time{}
		if *c.Disabled {
			h.DisabledAt = d.now().UTC().Truncate(time.Second)
		}
	}
	if err := h.Check(); err != nil {
		return Hook{}, err
	}
	return d.store.PutHook(ctx, h)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Remove removes a hook; version is the one that the caller has seen, 0 for any.
func (d *Desk) Remove(ctx context.Context, id string, version int64) error {
	if version == 0 {
		h, err := d.store.Hook(ctx, id)
		if err != nil {
			return err
		}
		version = h.Version
	}
	return d.store.DeleteHook(ctx, id, version)
}

// Test posts a message to a hook at once; the failure says why it was not taken, and is empty when it was.
func (d *Desk) Test(ctx context.Context, id string) (Failure, error) {
	h, err := d.store.Hook(ctx, id)
	if err != nil {
		return Failure{}, err
	}
	if err := d.worker.Test(ctx, h); err != nil {
		return failureOf(ChannelWebhook, err), nil
	}
	return Failure{}, nil
}
