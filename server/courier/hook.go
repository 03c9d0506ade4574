package courier

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
	"github.com/labtide/labtide/server/webhook"
)

// Hook is an address that wants to be told.
type Hook struct {
	ID         string
	Name       string
	URL        string // may be a secret itself: a robot's is
	Secret     string
	Shape      webhook.Shape
	Events     []booking.Event // empty: all
	DisabledAt time.Time
	CreatedBy  string
	CreatedAt  time.Time
	Version    int64
}

// HookStore keeps hooks. An unknown id is fault.KindNotFound, an old Version fault.KindStale.
type HookStore interface {
	// Hooks gives all of them by name, then id.
	Hooks(ctx context.Context) ([]Hook, error)
	Hook(ctx context.Context, id string) (Hook, error)
	// PutHook inserts when Version is 0, else replaces and adds one to the version. An empty ID is made.
	PutHook(ctx context.Context, h Hook) (Hook, error)
	DeleteHook(ctx context.Context, id string, version int64) error
	// DisableHook notes that the target wants no more. One that is disabled already stays as it is.
	DisableHook(ctx context.Context, id string, now time.Time) error
}

// Wants reports whether the hook is to be told of the event.
func (h Hook) Wants(e booking.Event) bool {
	return h.DisabledAt.IsZero() && (len(h.Events) == 0 || slices.Contains(h.Events, e))
}

// Bounds of a hook's texts.
const (
	maxNameRunes   = 200
	maxSecretBytes = 200
)

// Check says what is wrong with a hook; the error is a fault that names the field.
func (h Hook) Check() error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(h.Name)); {
	case n == 0 || n > maxNameRunes || strings.ContainsRune(h.Name, 0):
		return fault.Invalid("webhook_name_invalid", "give the webhook a name of 1 to %d characters", maxNameRunes).On("/name")
	case !slices.Contains(webhook.Shapes(), h.Shape):
		return fault.Invalid("webhook_shape_invalid", "the shape is one of %v", webhook.Shapes()).On("/shape")
	case len(h.Secret) > maxSecretBytes || strings.ContainsFunc(h.Secret, func(r rune) bool { return r < ' ' || r > '~' }):
		return fault.Invalid("webhook_secret_invalid", "the secret has at most %d printable ASCII characters", maxSecretBytes).On("/secret")
	case h.Shape == webhook.ShapeLabtide && h.Secret == "":
		return fault.Invalid("webhook_secret_invalid", "the webhook needs a secret to sign by").On("/secret")
	}
	if err := webhook.CheckURL(h.URL); err != nil {
		return fault.Invalid("webhook_url_invalid", "%v", err).On("/url")
	}
	for i, e := range h.Events {
		if !slices.Contains(Events(), e) {
			return fault.Invalid("webhook_event_unknown", "there is no event %q", e).On(fmt.Sprintf("/events/%d", i))
		}
	}
	return nil
}
