package bookingtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Property is a walk of random operations, after which everything that must always hold is checked. Alone (Workers is 1), the
// same seed gives the same walk.
type Property struct {
	Seed    uint64
	Workers int
	Each    int // operations of one worker
	// Clock tells the time, where several processes walk together; nil: it goes on with each operation, a week in 20,000.
	Clock func() time.Time
	// Step is called after each operation; nil: not.
	Step func()
}

// RunProperty walks on a backend. newBackend gives an empty database that holds the school.
func RunProperty(t *testing.T, p Property, newBackend func(tb testing.TB, s School) Backend) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d, %d workers, %d operations each", p.Seed, p.Workers, p.Each)
		}
	})
	w := newWorld(p, newBackend(t, NewSchool()))
	w.lay(t)
	w.all(t)
	w.check(t)
}

// Lay puts the rules of the walk into a database that holds the school.
func Lay(t *testing.T, b Backend) {
	t.Helper()
	newWorld(Property{}, b).lay(t)
}

// Walk only walks: other processes walk in the same school, where Lay has been called, and one calls Check in the end.
func Walk(t *testing.T, p Property, b Backend) {
	t.Helper()
	newWorld(p, b).all(t)
}

// Check looks at everything that is stored.
func Check(t *testing.T, p Property, b Backend) {
	t.Helper()
	newWorld(p, b).checkStored(t)
}

// world is the school that is walked in.
type world struct {
	bench
	Property
	seconds atomic.Int64 // since Now
	deeds   []deed
	weights int

	mu      sync.Mutex
	ids     []string // of bookings
	outages []string
	counts  map[string]int
}

type walker struct {
	rng *rand.Rand
	n   int
}

func newWorld(p Property, b Backend) *world {
	w := &world{Property: p, deeds: slices.Concat(deeds(), waitDeeds()), counts: map[string]int{}, bench: bench{Backend: b}}
	for _, store := range w.Stores {
		w.services = append(w.services, booking.New(store, w.now))
	}
	for _, d := range w.deeds {
		w.weights += d.weight
	}
	return w
}

func (w *world) lay(t *testing.T) {
	t.Helper()
	rules := []booking.PolicyRule{{Scope: booking.ScopeSchool, HorizonDays: new(400), IdleReleaseMinutes: new(20)}}
	for station := range Stations {
		if minutes := int(cleaning(StationID(station)).Minutes()); minutes > 0 {
			rules = append(rules, booking.PolicyRule{Scope: booking.ScopeStation, ScopeID: StationID(station), BufferMinutes: &minutes})
		}
	}
	for _, rule := range rules {
		if _, err := w.services[0].SetPolicy(t.Context(), Instructor(), rule); err != nil {
			t.Fatal(err)
		}
	}
	w.putQuotas(t,
		booking.Quota{
			ID: "week", Name: "a week", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: booking.WindowWeek, MostMinutes: new(weekMinutes),
		},
		booking.Quota{
			ID: "day", Name: "a programme's day", Scope: booking.ScopeRoom, ScopeID: "room-b", Per: booking.PerProgramme, Window: booking.WindowDay,
			MostMinutes: new(dayMinutes),
		})
}

// What the walk lays down: how long one person may book in a week, and one programme in room B on a day.
const (
	weekMinutes = 8 * 60
	dayMinutes  = 6 * 60
)

// cleaning is the time that a station needs after each use.
func cleaning(stationID string) time.Duration {
	return map[string]time.Duration{
		StationID(1): 15 * time.Minute, StationID(3): 10 * time.Minute, StationID(4): 30 * time.Minute, StationID(6): 5 * time.Minute,
	}[stationID]
}

// alone reports whether nobody else is in a decision's way: then each is settled at once.
func (w *world) alone() bool { return w.Workers == 1 && w.Clock == nil }

// now is the clock of the world.
func (w *world) now() time.Time {
	if w.Clock != nil {
		return w.Clock()
	}
	return Now().Add(time.Duration(w.seconds.Load()) * time.Second)
}

func (w *world) all(t *testing.T) {
	var walkers sync.WaitGroup
	for n := range w.Workers {
		walkers.Go(func() { w.walk(t, &walker{rng: rand.New(rand.NewPCG(w.Seed, uint64(n))), n: n}) })
	}
	walkers.Wait()
}

func (w *world) walk(t *testing.T, r *walker) {
	for range w.Each {
		w.seconds.Add(int64(r.rng.IntN(61)))
		d := w.choose(r)
		made, err := d.do(w, t, r)
		w.mu.Lock()
		w.counts[d.name+" "+outcome(err)]++
		w.ids = append(w.ids, made...)
		w.mu.Unlock()
		if err != nil && (!expected(err) || w.alone() && fault.CodeOf(err) == "booking_unsettled") {
			t.Errorf("%s: %v", d.name, err)
			return
		}
		if w.Step != nil {
			w.Step()
		}
	}
}

func (w *world) choose(r *walker) deed {
	n := r.rng.IntN(w.weights)
	for _, d := range w.deeds {
		if n -= d.weight; n < 0 {
			return d
		}
	}
	return w.deeds[0]
}

func outcome(err error) string {
	var refused *booking.Refused
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refused):
		return "refused"
	default:
		return string(fault.KindOf(err))
	}
}

// expected reports whether an error is an answer, and not a failure.
func expected(err error) bool {
	var refused *booking.Refused
	switch fault.KindOf(err) {
	case fault.KindConflict, fault.KindRule, fault.KindStale:
		return true
	}
	return errors.As(err, &refused)
}

// longWalk is how many operations a walk needs before each deed must have succeeded: in a short one chance decides.
const longWalk = 10_000

// check looks at what was done and at everything that is stored.
func (w *world) check(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	t.Log(w.counts)
	for _, d := range w.deeds {
		if w.Workers*w.Each >= longWalk && w.counts[d.name+" ok"] == 0 {
			t.Errorf("%s never succeeded: %v", d.name, w.counts)
		}
	}
	w.checkStored(t)
}

// checkStored looks at what is stored from another handle than the one that wrote most.
func (w *world) checkStored(t *testing.T) {
	t.Helper()
	all, err := w.service(1).List(t.Context(), booking.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	noneOverlap(t, all)
	nobodyIsTwice(t, all)
	w.entriesAgree(t)
	nobodyOverspends(t, all)
	noProgrammeOverspends(t, all)
	w.strikesFit(t, all)
	for _, problem := range w.trailsTell(t, all) {
		t.Error(problem)
	}
}

// eyes is a witness that has always seen the same, whichever process asks: most minutes, and use by the half hour.
type eyes struct{}

// Minutes gives what was seen.
func (eyes) Minutes(_ context.Context, stationID string, from, until time.Time) (booking.Minutes, error) {
	out := booking.Minutes{From: from}
	for m := from; m.Before(until); m = m.Add(time.Minute) {
		half := rand.New(rand.NewPCG(1, uint64(m.Unix()/1800)^uint64(stationID[len(stationID)-1])<<32))
		out.Seen, out.Used = append(out.Seen, half.IntN(8) > 0), append(out.Used, half.IntN(8) > 0 && half.IntN(3) > 0)
	}
	return out, nil
}

// Outages gives none: those that stand are in the rules.
func (eyes) Outages(context.Context, string, time.Time, time.Time) ([]equipment.Outage, error) {
	return nil, nil
}
