package httpapi

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// text gives nil for an empty text: what does not exist is left out.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// word gives nil for an empty text, else the same as a kind of text of the API.
func word[To, From ~string](s From) *To {
	if s == "" {
		return nil
	}
	return new(To(s))
}

// instant gives nil for the zero instant, else UTC.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// given is the value of an optional field, the zero value when it was left out.
func given[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// convert turns a list of one kind of text into another: roles and scopes of the domain into those of the API.
func convert[To, From ~string](from []From) []To {
	out := make([]To, len(from))
	for i, v := range from {
		out[i] = To(v)
	}
	return out
}

func name(t equipment.Text) Text { return Text{En: t.En, Zh: t.Zh} }

func newName(t NewText) equipment.Text { return equipment.Text{En: t.En, Zh: given(t.Zh)} }

func intervals(in []equipment.Interval) []Interval {
	out := make([]Interval, len(in))
	for i, span := range in {
		out[i] = Interval{StartsAt: span.From.UTC(), EndsAt: span.Until.UTC()}
	}
	return out
}
