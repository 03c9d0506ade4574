package bookingtest

import (
	"context"
	"sync"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// Witness is a booking.Witness whose tests say what was seen. It may be used at once by many.
type Witness struct {
	mu      sync.Mutex
	seen    map[sight]bool // whether it was used
	outages []equipment.Outage
	// Fails makes it fail for a station, until it is taken away.
	fails map[string]error
}

type sight struct {
	station string
	minute  int64
}

// Saw notes minutes from an instant on: seen, and used or not. A minute that was used stays so.
func (w *Witness) Saw(station int, from time.Time, minutes int, used bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[sight]bool{}
	}
	for n := range minutes {
		at := sight{StationID(station), from.Truncate(time.Minute).Unix()/60 + int64(n)}
		w.seen[at] = w.seen[at] || used
	}
}

// gone notes that nobody worked in a minute after all.
func (w *Witness) gone(station int, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[sight{StationID(station), at.Unix() / 60}] = false
}

// Down notes an outage.
func (w *Witness) Down(station int, from, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outages = append(w.outages, equipment.Outage{StationID: StationID(station), StartsAt: from, EndsAt: until})
}

// Fail makes reading about a station fail; nil: no more.
func (w *Witness) Fail(station int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails == nil {
		w.fails = map[string]error{}
	}
	w.fails[StationID(station)] = err
}

// Minutes gives what was noted.
func (w *Witness) Minutes(_ context.Context, stationID string, from, until time.Time) (booking.Minutes, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := booking.Minutes{From: from}
	for m := from; m.Before(until); m = m.Add(time.Minute) {
		used, seen := w.seen[sight{stationID, m.Unix() / 60}]
		out.Seen, out.Used = append(out.Seen, seen), append(out.Used, used)
	}
	return out, w.fails[stationID]
}

// Outages gives those that were noted.
func (w *Witness) Outages(_ context.Context, stationID string, from, until time.Time) ([]equipment.Outage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []equipment.Outage
	for _, o := range w.outages {
		if o.StationID == stationID && o.StartsAt.Before(until) && o.EndsAt.After(from) {
			out = append(out, o)
		}
	}
	return out, nil
}
