package bookingtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// The lab PCs: there are two, so it is known where somebody can be moved to.
const (
	pc      = 3
	otherPC = 7
)

// down puts a station out of order.
func (b bench) down(t *testing.T, station int, from, until time.Time) booking.OutageResult {
	t.Helper()
	out, err := b.service(0).StartOutage(t.Context(), Instructor(), outage(station, from, until), false)
	if err != nil {
		t.Fatal(err)
	}
	b.noOverlaps(t)
	return out
}

func outage(station int, from, until time.Time) equipment.Outage {
	return equipment.Outage{StationID: StationID(station), StartsAt: from, EndsAt: until, Reason: "no power"}
}

// fates gives what became of each booking, in the order of the result.
func fates(out booking.OutageResult) []booking.Fate {
	var all []booking.Fate
	for _, d := range out.Displaced {
		all = append(all, d.Fate)
	}
	return all
}

func wantFates(t *testing.T, out booking.OutageResult, want ...booking.Fate) {
	t.Helper()
	if got := fates(out); !slices.Equal(got, want) {
		t.Fatalf("the bookings were %v, want %v", got, want)
	}
}

// stored gives a booking as it is now.
func (b bench) stored(t *testing.T, id string) booking.Booking {
	t.Helper()
	got, err := b.Stores[len(b.Stores)-1].ByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (b bench) lastEntry(t *testing.T, id string) booking.Entry {
	t.Helper()
	trail, err := b.service(1).Trail(t.Context(), id)
	if err != nil || len(trail) == 0 {
		t.Fatalf("%d entries of %s, %v", len(trail), id, err)
	}
	return trail[len(trail)-1]
}

func outageReseats(t *testing.T, b bench) {
	first := b.reserve(t, Student(0), request(pc, At(1, 10, 0), At(1, 11, 0)))
	second := b.reserve(t, Student(1), request(pc, At(1, 11, 0), At(1, 12, 0)))
	b.reserve(t, Student(2), request(otherPC, At(1, 11, 0), At(1, 12, 0)))
	class := request(pc, At(1, 14, 0), At(1, 16, 0))
	class.Purpose = booking.PurposeClass
	lesson := b.reserve(t, Instructor(), class)
	after := b.reserve(t, Student(3), request(pc, At(1, 17, 0), At(1, 18, 0)))

	out := b.down(t, pc, At(1, 9, 0), At(1, 17, 0))
	wantFates(t, out, booking.FateMoved, booking.FateOffered, booking.FateKept)
	if got := b.stored(t, first.ID); got.StationID != StationID(otherPC) || got.Status != booking.StatusConfirmed || got.Interval() != first.Interval() {
		t.Errorf("the first is %+v, want it at the same time on the other PC", got)
	}
	if e := b.lastEntry(t, first.ID); e.Act != booking.ActReseated || e.Reason != "no power" || e.PersonID != "instructor" {
		t.Errorf("the trail ends with %+v", e)
	}
	gone, hold := b.stored(t, second.ID), b.stored(t, out.Displaced[1].Instead.ID)
	if gone.Status != booking.StatusCancelled || gone.Charged().Until != gone.StartsAt {
		t.Errorf("the second is %+v, want it cancelled and charged to nobody", gone)
	}
	if e := b.lastEntry(t, second.ID); e.Act != booking.ActDisplaced || e.Reason != "no power" {
		t.Errorf("the trail ends with %+v", e)
	}
	if hold.Status != booking.StatusHeld || hold.PersonID != StudentID(1) || hold.StationID != StationID(otherPC) ||
		!hold.StartsAt.Equal(At(1, 12, 0)) || !hold.HeldUntil.After(Now()) || !hold.DueAt.Equal(hold.HeldUntil) {
		t.Errorf("held is %+v, want the next hour on the other PC", hold)
	}
	for _, untouched := range []booking.Booking{lesson, after} {
		if got := b.stored(t, untouched.ID); got != untouched {
			t.Errorf("%+v became %+v", untouched, got)
		}
	}
	_, err := b.service(1).Reserve(t.Context(), Student(5), request(pc, At(1, 10, 0), At(1, 11, 0)))
	refusedFor(t, err, booking.CodeOutOfOrder)
}

func outageCancels(t *testing.T, b bench) {
	b.down(t, otherPC, At(0, 0, 0), time.Time{})
	soon := b.reserve(t, Student(0), request(pc, At(1, 10, 0), At(1, 11, 0)))
	late := b.reserve(t, Student(1), request(pc, At(13, 10, 0), At(13, 11, 0)))
	out := b.down(t, pc, Now(), time.Time{})
	wantFates(t, out, booking.FateCancelled, booking.FateCancelled)
	for _, id := range []string{soon.ID, late.ID} {
		if got := b.stored(t, id); got.Status != booking.StatusCancelled {
			t.Errorf("it is %+v, want it cancelled", got)
		}
	}
}

// outageSafely: nobody is put where they may not work.
func outageSafely(t *testing.T, b bench) {
	set := func(n int, r booking.PolicyRule) {
		t.Helper()
		r.Scope, r.ScopeID = booking.ScopeStation, StationID(n)
		if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), r); err != nil {
			t.Fatal(err)
		}
	}
	set(1, booking.PolicyRule{MinPeople: new(2)})
	set(2, booking.PolicyRule{Qualification: new(true)})
	set(4, booking.PolicyRule{Approval: new(booking.ApprovalAdmin)})
	alone := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	pair := request(0, At(1, 11, 0), At(1, 12, 0))
	pair.Companions = []string{StudentID(2)}
	two := b.reserve(t, Student(1), pair)
	for _, n := range []int{5, 6} { // what is left is like home, and taken
		b.reserve(t, Student(8+n), request(n, At(1, 10, 0), At(1, 11, 0)))
		b.reserve(t, Student(8+n), request(n, At(1, 11, 0), At(1, 12, 0)))
	}
	out := b.down(t, 0, At(1, 9, 0), At(1, 17, 0))
	wantFates(t, out, booking.FateOffered, booking.FateMoved)
	if hold := out.Displaced[0].Instead; b.stored(t, alone.ID).Status != booking.StatusCancelled || hold.PersonID != StudentID(0) ||
		hold.StationID != StationID(5) && hold.StationID != StationID(6) {
		t.Errorf("whoever is alone, and has no qualification, is offered %+v", hold)
	}
	if got := b.stored(t, two.ID); got.StationID != StationID(1) || got.Status != booking.StatusConfirmed {
		t.Errorf("two people are moved to %+v", got)
	}
	// At home the rule is the same: whoever was let in may stay in.
	set(7, booking.PolicyRule{MinPeople: new(2)})
	set(pc, booking.PolicyRule{MinPeople: new(2)})
	lone := request(pc, At(2, 10, 0), At(2, 11, 0))
	lone.PersonID, lone.Override = StudentID(4), true
	b.reserve(t, Instructor(), lone)
	wantFates(t, b.down(t, pc, At(2, 9, 0), At(2, 17, 0)), booking.FateMoved)
}

func outageOpenEnded(t *testing.T, b bench) {
	far := request(pc, At(300, 10, 0), At(300, 11, 0))
	far.Override = true
	made := b.reserve(t, Instructor(), far)
	out := b.down(t, pc, Now(), time.Time{})
	wantFates(t, out, booking.FateMoved)
	if got := b.stored(t, made.ID); got.StationID != StationID(otherPC) {
		t.Errorf("a booking of next year is on %s", got.StationID)
	}
	ended, err := b.service(1).ChangeOutage(t.Context(), Instructor(), out.Outage.ID, out.Outage.Version, booking.OutageChange{EndsAt: new(At(2, 0, 0))}, false)
	if err != nil || ended.Outage.Version != 2 || len(ended.Displaced) != 0 {
		t.Fatalf("%+v, %v", ended, err)
	}
	b.reserve(t, Student(0), request(pc, At(2, 10, 0), At(2, 11, 0)))
	// It lasts longer than was thought: only who has booked since must leave.
	again, err := b.service(0).ChangeOutage(t.Context(), Instructor(), out.Outage.ID, 0, booking.OutageChange{EndsAt: &time.Time{}}, false)
	if err != nil || !again.Outage.EndsAt.IsZero() {
		t.Fatalf("%+v, %v", again, err)
	}
	wantFates(t, again, booking.FateMoved)
	_, err = b.service(0).ChangeOutage(t.Context(), Instructor(), out.Outage.ID, 1, booking.OutageChange{Reason: new("?")}, false)
	wantKind(t, err, fault.KindStale)
}

func outageEndsEarly(t *testing.T, b bench) {
	planned := b.down(t, pc, At(1, 9, 0), At(1, 17, 0))
	running := b.down(t, pc, At(0, 9, 0), At(0, 17, 0))
	waits, err := b.service(0).Join(t.Context(), Student(9), waitFor(pc, At(0, 14, 0), At(0, 16, 0), 60, 60))
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.service(1).EndOutage(t.Context(), Instructor(), running.Outage.ID, 0)
	if got, waited := b.service(0).WaitByID(t.Context(), waits.ID); waited != nil || got.State != booking.WaitOffered || b.stored(t, got.BookingID).StationID != StationID(pc) {
		t.Errorf("who waited for the time is %+v, %v", got, waited)
	}
	if err != nil || !out.Outage.EndsAt.Equal(Now().Truncate(time.Second)) {
		t.Fatalf("%+v, %v", out, err)
	}
	b.reserve(t, Student(0), request(pc, At(0, 12, 0), At(0, 13, 0)))
	if _, err := b.service(0).EndOutage(t.Context(), Instructor(), planned.Outage.ID, planned.Outage.Version); err != nil {
		t.Fatal(err)
	}
	b.reserve(t, Student(0), request(pc, At(1, 12, 0), At(1, 13, 0)))
	if _, err := b.Stores[0].OutageByID(t.Context(), planned.Outage.ID); fault.KindOf(err) != fault.KindNotFound {
		t.Errorf("an outage that was withdrawn before it began: %v", err)
	}
	if got, err := b.Stores[0].OutageByID(t.Context(), running.Outage.ID); err != nil || got.Version != 2 {
		t.Errorf("the one that ran is %+v, %v", got, err)
	}
}

func outageTwice(t *testing.T, b bench) {
	morning := b.reserve(t, Student(0), request(pc, At(1, 9, 0), At(1, 10, 0)))
	noon := b.reserve(t, Student(0), request(pc, At(1, 12, 0), At(1, 13, 0)))
	evening := b.reserve(t, Student(0), request(pc, At(1, 17, 0), At(1, 18, 0)))
	wantFates(t, b.down(t, pc, At(1, 8, 0), At(1, 11, 0)), booking.FateMoved)
	wantFates(t, b.down(t, pc, At(1, 15, 0), At(1, 20, 0)), booking.FateMoved)
	for _, c := range []struct {
		id      string
		station int
	}{{morning.ID, otherPC}, {noon.ID, pc}, {evening.ID, otherPC}} {
		if got := b.stored(t, c.id); got.StationID != StationID(c.station) {
			t.Errorf("from %v it is on %s, want %s", got.StartsAt, got.StationID, StationID(c.station))
		}
	}
}

func outageOfRunning(t *testing.T, b bench) {
	now := Now().Truncate(time.Minute)
	running := b.reserve(t, Student(0), request(pc, now, At(0, 12, 0)))
	for i, store := range b.Stores {
		b.services[i] = booking.New(store, func() time.Time { return Now().Add(30 * time.Minute) })
	}
	out := b.down(t, pc, Now(), time.Time{})
	wantFates(t, out, booking.FateMoved)
	cut := now.Add(30 * time.Minute)
	if got := b.stored(t, running.ID); got.Status != booking.StatusEnded || !got.EndsAt.Equal(cut) || !got.PlannedEnd.Equal(running.EndsAt) {
		t.Errorf("it is %+v, want that it ended at %v", got, cut)
	}
	rest := b.stored(t, out.Displaced[0].Instead.ID)
	if rest.StationID != StationID(otherPC) || !rest.StartsAt.Equal(cut) || !rest.EndsAt.Equal(running.EndsAt) || rest.Status != booking.StatusConfirmed {
		t.Errorf("its rest is %+v", rest)
	}
}

// outageShort takes ten minutes out of a booking that runs: what is offered instead leaves the station the time after its first part.
func outageShort(t *testing.T, b bench) {
	buffer := 30
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeKind, ScopeID: "kind-pc", BufferMinutes: &buffer}); err != nil {
		t.Fatal(err)
	}
	now := Now().Truncate(time.Minute)
	running := b.reserve(t, Student(0), request(pc, now, At(0, 12, 0)))
	b.reserve(t, Student(1), request(otherPC, now, At(0, 12, 0)))
	for i, store := range b.Stores {
		b.services[i] = booking.New(store, func() time.Time { return Now().Add(30 * time.Minute) })
	}
	cut := now.Add(30 * time.Minute)
	out := b.down(t, pc, Now(), cut.Add(10*time.Minute))
	wantFates(t, out, booking.FateOffered)
	if hold := b.stored(t, out.Displaced[0].Instead.ID); hold.StationID != StationID(pc) || hold.StartsAt.Before(cut.Add(30*time.Minute)) {
		t.Errorf("the offer is %+v, of %+v", hold, running)
	}
}

func outagePreview(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(pc, At(1, 10, 0), At(1, 11, 0)))
	out, err := b.service(0).StartOutage(t.Context(), Instructor(), outage(pc, At(1, 9, 0), time.Time{}), true)
	if err != nil || out.Outage.ID != "" {
		t.Fatalf("%+v, %v", out, err)
	}
	wantFates(t, out, booking.FateMoved)
	if got := b.stored(t, made.ID); got != made {
		t.Errorf("a look made it %+v", got)
	}
	b.reserve(t, Student(1), request(pc, At(1, 12, 0), At(1, 13, 0)))
	_, err = b.service(0).StartOutage(t.Context(), Student(0), outage(pc, Now(), time.Time{}), false)
	wantKind(t, err, fault.KindForbidden)
	_, err = b.service(0).StartOutage(t.Context(), Instructor(), outage(pc, At(1, 9, 0), At(1, 9, 0)), false)
	wantKind(t, err, fault.KindRule)
}

// sabotaged adds to each decision two bookings of one time, which no database takes.
type sabotaged struct{ booking.Store }

func (s sabotaged) Decide(ctx context.Context, ask booking.Ask, decide func(booking.View) (booking.Write, error)) error {
	return s.Store.Decide(ctx, ask, func(v booking.View) (booking.Write, error) {
		w, err := decide(v)
		w.Insert = append(w.Insert, plainBooking("one", 0, At(1, 10, 0), At(1, 11, 0)), plainBooking("two", 0, At(1, 10, 0), At(1, 11, 0)))
		return w, err
	})
}

func outageWhole(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(pc, At(1, 10, 0), At(1, 11, 0)))
	_, err := booking.New(sabotaged{b.Stores[0]}, Now).StartOutage(t.Context(), Instructor(), outage(pc, At(1, 9, 0), time.Time{}), false)
	wantKind(t, err, fault.KindConflict)
	if got := b.stored(t, made.ID); got != made {
		t.Errorf("it is %+v", got)
	}
	if e := b.lastEntry(t, made.ID); e.Act != booking.ActReserved {
		t.Errorf("the trail ends with %+v", e)
	}
	b.reserve(t, Student(1), request(pc, At(1, 12, 0), At(1, 13, 0)))
}
