package bookingtest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
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

	mu     sync.Mutex
	ids    []string // of bookings
	counts map[string]int
}

// deed is one kind of operation. It gives the ids of bookings that it made.
type deed struct {
	name   string
	weight int
	rare   bool // it need not ever succeed in a short walk
	do     func(w *world, t *testing.T, r *walker) ([]string, error)
}

func deeds() []deed {
	return []deed{
		{name: "reserve", weight: 40, do: (*world).reserveAny},
		{name: "party", weight: 4, do: (*world).partyAny},
		{name: "class", weight: 2, do: (*world).classAny},
		{name: "move", weight: 16, do: (*world).moveAny},
		{name: "extend", weight: 10, do: (*world).extendAny},
		{name: "shorten", weight: 6, do: (*world).shortenAny},
		{name: "cancel", weight: 18, do: (*world).cancelAny},
	}
}

type walker struct {
	rng *rand.Rand
	n   int
}

func newWorld(p Property, b Backend) *world {
	w := &world{Property: p, deeds: deeds(), counts: map[string]int{}, bench: bench{Backend: b}}
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
	buffer, horizon := 15, 400
	for _, rule := range []booking.PolicyRule{
		{Scope: booking.ScopeSchool, HorizonDays: &horizon}, {Scope: booking.ScopeStation, ScopeID: StationID(1), BufferMinutes: &buffer},
	} {
		if _, err := w.services[0].SetPolicy(t.Context(), Instructor(), rule); err != nil {
			t.Fatal(err)
		}
	}
}

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
		if err != nil && !expected(err) {
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

// any gives a booking that was made before, young ones more often.
func (w *world) any(t *testing.T, r *walker) (booking.Booking, bool) {
	w.mu.Lock()
	id := ""
	if n := len(w.ids); n > 0 {
		id = w.ids[n-1-min(r.rng.IntN(n), r.rng.IntN(n), 200+r.rng.IntN(n))]
	}
	w.mu.Unlock()
	if id == "" {
		return booking.Booking{}, false
	}
	b, err := w.service(r.n).ByID(t.Context(), id)
	if err != nil {
		t.Errorf("a booking that was made is gone: %v", err)
		return b, false
	}
	return b, true
}

// span gives a time on the grid within ten days, or now.
func (w *world) span(r *walker) equipment.Interval {
	from := w.now().Truncate(24 * time.Hour).Add(time.Duration(r.rng.IntN(10*96)) * 15 * time.Minute)
	if r.rng.IntN(6) == 0 {
		from = w.now().Truncate(time.Minute)
	}
	until := from.Truncate(15 * time.Minute).Add(time.Duration(1+r.rng.IntN(10)) * 15 * time.Minute)
	return equipment.Interval{From: from, Until: until}
}

func (w *world) request(r *walker) booking.Request {
	span := w.span(r)
	out := request(r.rng.IntN(Stations), span.From, span.Until)
	if r.rng.IntN(4) == 0 {
		out.StationID, out.KindID = "", []string{"plc-bench", "lab-pc"}[r.rng.IntN(2)]
	}
	return out
}

func (w *world) reserveAny(t *testing.T, r *walker) ([]string, error) {
	b, err := w.service(r.n).Reserve(t.Context(), Student(r.rng.IntN(Students)), w.request(r))
	if err != nil {
		return nil, err
	}
	return []string{b.ID}, nil
}

// partyAny asks for two or three stations, in any order.
func (w *world) partyAny(t *testing.T, r *walker) ([]string, error) {
	span := w.span(r)
	var wishes []booking.Request
	for i, station := range r.rng.Perm(Stations)[:2+r.rng.IntN(2)] {
		one := request(station, span.From, span.Until)
		one.PersonID = StudentID((r.rng.IntN(Students/4) + i*Students/4) % Students)
		wishes = append(wishes, one)
	}
	made, err := w.service(r.n).ReserveParty(t.Context(), Instructor(), wishes)
	return idsOf(made), err
}

func (w *world) classAny(t *testing.T, r *walker) ([]string, error) {
	one := w.request(r)
	one.Purpose, one.Override = booking.PurposeClass, r.rng.IntN(2) == 0
	b, err := w.service(r.n).Reserve(t.Context(), Instructor(), one)
	if err != nil {
		return nil, err
	}
	return []string{b.ID}, nil
}

func (w *world) moveAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	span, station := w.span(r), StationID(r.rng.IntN(Stations))
	_, err := w.service(r.n).Change(t.Context(), Instructor(), b.ID, 0, booking.Change{StationID: &station, StartsAt: &span.From, EndsAt: &span.Until})
	return nil, err
}

func (w *world) extendAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	until := b.EndsAt.Add(time.Duration(1+r.rng.IntN(4)) * 15 * time.Minute)
	_, err := w.service(r.n).Change(t.Context(), w.owner(b), b.ID, b.Version, booking.Change{EndsAt: &until})
	return nil, err
}

func (w *world) shortenAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	until := b.EndsAt.Add(-15 * time.Minute)
	_, err := w.service(r.n).Change(t.Context(), w.owner(b), b.ID, 0, booking.Change{EndsAt: &until})
	return nil, err
}

func (w *world) cancelAny(t *testing.T, r *walker) ([]string, error) {
	b, ok := w.any(t, r)
	if !ok {
		return nil, nil
	}
	_, err := w.service(r.n).Cancel(t.Context(), w.owner(b), b.ID, 0)
	return nil, err
}

// owner is whoever has the booking, signed in.
func (w *world) owner(b booking.Booking) account.Actor {
	if b.PersonID == Instructor().PersonID {
		return Instructor()
	}
	return account.SignedIn(b.PersonID, account.RoleStudent)
}

func idsOf(made []booking.Booking) []string {
	out := make([]string, len(made))
	for i, b := range made {
		out[i] = b.ID
	}
	return out
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

// check looks at what was done and at everything that is stored.
func (w *world) check(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	t.Log(w.counts)
	for _, d := range w.deeds {
		if !d.rare && w.counts[d.name+" ok"] == 0 {
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
	for _, problem := range w.trailsTell(t, all) {
		t.Error(problem)
	}
}

// noneOverlap: no two active bookings of a station share time, buffers and all.
func noneOverlap(t *testing.T, all []booking.Booking) {
	t.Helper()
	last := map[string]booking.Booking{}
	for _, b := range byStart(all) {
		if !b.Active() {
			continue
		}
		if before, ok := last[b.StationID]; ok && before.Occupied().Overlaps(b.Occupied()) {
			t.Errorf("%+v overlaps %+v", b, before)
		}
		last[b.StationID] = b
	}
}

// nobodyIsTwice: nobody sits at two stations at once, but for the seats of one party.
func nobodyIsTwice(t *testing.T, all []booking.Booking) {
	t.Helper()
	last := map[string]booking.Booking{}
	for _, b := range byStart(all) {
		if !b.Active() || b.Purpose == booking.PurposeClass {
			continue
		}
		before, ok := last[b.PersonID]
		if ok && before.Interval().Overlaps(b.Interval()) && (b.PartyID == "" || b.PartyID != before.PartyID) {
			t.Errorf("%s sits twice: %+v and %+v", b.PersonID, b, before)
		}
		if !ok || before.EndsAt.Before(b.EndsAt) {
			last[b.PersonID] = b
		}
	}
}

func byStart(all []booking.Booking) []booking.Booking {
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b booking.Booking) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), strings.Compare(a.ID, b.ID))
	})
	return out
}

// trailsTell: the history of a booking has every version once, and ends with what stands. One in twenty is looked at.
func (w *world) trailsTell(t *testing.T, all []booking.Booking) (problems []string) {
	t.Helper()
	for n := 0; n < len(all); n += 20 {
		b := all[n]
		entries, err := w.service(0).Trail(t.Context(), b.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries {
			if e.After.Version != int64(i+1) {
				problems = append(problems, fmt.Sprintf("line %d of %s is version %d", i, b.ID, e.After.Version))
			}
		}
		if len(entries) == 0 {
			problems = append(problems, "nothing tells of "+b.ID)
		} else if end := entries[len(entries)-1].After; end.Version != b.Version || end.Interval() != b.Interval() || end.Status != b.Status || end.StationID != b.StationID {
			problems = append(problems, fmt.Sprintf("%s stands as %+v, its history ends with %+v", b.ID, b, end))
		}
	}
	return problems
}
