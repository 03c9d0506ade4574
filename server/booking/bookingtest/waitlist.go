package bookingtest

import (
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// waitlist are the tests of those who wait.
func waitlist() []suiteTest {
	return []suiteTest{
		{"what is released is offered to whoever came first", offersInOrder},
		{"who is busy or may not book is passed over, and learns why", passesOver},
		{"who has left a team gets nothing more for it", leftTheTeam},
		{"an offer that is not taken goes to the next, and survives a restart", offerExpires},
		{"an offer may be shorter than wanted but not than acceptable", offerShorter},
		{"the rest of a released time is offered to the next in line", offersTheRest},
		{"an offer is accepted once, and not after it has expired", acceptsOnce},
		{"who declines leaves the line, and the next is asked", declines},
		{"an early end, a move away and a shorter booking free time too", otherReleases},
		{"an outage that ends and a series that is cancelled free time too", widerReleases},
		{"what is free need not be waited for", freeNow},
		{"nobody waits for too much at once, however many ask at one instant", waitsAtOnce},
		{"nobody waits twice for the same, and who withdraws waits no more", withdraws},
		{"an entry that nobody could serve is unmet demand", closes},
		{"time that is free all the same is offered when somebody comes by", offersFree},
		{"a wish that finds an expired hold lets the next in line have it", lapsedHold},
		{"two releases at one instant are offered to two different people", twoReleases},
		{"releases, joins and answers at one instant leave each interval to one", waitlistStorm},
		{"pages of the waitlist go on where the last one ended", waitPages},
		{"a request is approved, declined or lapses", requests},
		{"a request is approved once, whoever approves at one instant", approveTogether},
		{"who asks for more than was approved loses nothing, and gets out of nothing", approvedStays},
		{"a request that moves to where none is needed is a booking", requestMoves},
	}
}

// clocked gives a service on some handle whose time is told by at.
func (b bench) clocked(n int, at time.Time) *booking.Service {
	return booking.New(b.Stores[n%len(b.Stores)], func() time.Time { return at })
}

func waitFor(station int, from, until time.Time, wanted, shortest int) booking.WaitRequest {
	return booking.WaitRequest{
		StationID: StationID(station), From: from, Until: until,
		Wanted: time.Duration(wanted) * time.Minute, Shortest: time.Duration(shortest) * time.Minute,
	}
}

func (b bench) join(t *testing.T, n int, r booking.WaitRequest) booking.Wait {
	t.Helper()
	w, err := b.service(n).Join(t.Context(), Student(n), r)
	if err != nil {
		t.Fatalf("student %d joins: %v", n, err)
	}
	return w
}

func (b bench) cancel(t *testing.T, actor account.Actor, id string) {
	t.Helper()
	if _, err := b.service(0).Cancel(t.Context(), actor, id, 0); err != nil {
		t.Fatalf("cancel: %v", err)
	}
}

// stands reads an entry and what it leads to.
func (b bench) stands(t *testing.T, w booking.Wait) (booking.Wait, booking.Booking) {
	t.Helper()
	now, err := b.Stores[0].WaitByID(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	if now.BookingID == "" {
		return now, booking.Booking{}
	}
	hold, err := b.Stores[0].ByID(t.Context(), now.BookingID)
	if err != nil {
		t.Fatal(err)
	}
	return now, hold
}

// offered fails unless the entry has an offer for exactly this time, and gives the hold.
func (b bench) offered(t *testing.T, w booking.Wait, station int, from, until time.Time) booking.Booking {
	t.Helper()
	now, hold := b.stands(t, w)
	if now.State != booking.WaitOffered || hold.Status != booking.StatusHeld || hold.PersonID != w.PersonID || hold.WaitID != w.ID ||
		hold.StationID != StationID(station) || !hold.StartsAt.Equal(from) || !hold.EndsAt.Equal(until) || !hold.DueAt.Equal(hold.HeldUntil) {
		t.Fatalf("the entry is %s (%s), the hold %+v; want an offer of %s from %v to %v", now.State, now.Reason, hold, StationID(station), from, until)
	}
	return hold
}

func (b bench) waits(t *testing.T, w booking.Wait, reason string) {
	t.Helper()
	if now, _ := b.stands(t, w); now.State != booking.WaitWaiting || now.Reason != reason {
		t.Fatalf("the entry is %s for %q, want it to wait for %q", now.State, now.Reason, reason)
	}
}

func (b bench) state(t *testing.T, w booking.Wait, want booking.WaitState) {
	t.Helper()
	if now, _ := b.stands(t, w); now.State != want {
		t.Fatalf("the entry is %s, want %s", now.State, want)
	}
}

func offersInOrder(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 12, 0)))
	first := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 12, 0), 120, 60))
	second := b.join(t, 2, booking.WaitRequest{KindID: "plc-bench", From: At(1, 8, 0), Until: At(1, 22, 0), Wanted: 14 * time.Hour, Shortest: 14 * time.Hour})
	third := b.join(t, 3, waitFor(0, At(1, 10, 0), At(1, 12, 0), 120, 60))
	elsewhere := b.join(t, 4, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	places, err := b.service(0).Places(t.Context(), []booking.Wait{first, second, third, elsewhere})
	if err != nil || places[first.ID] != 1 || places[third.ID] != 3 || places[elsewhere.ID] != 4 {
		t.Errorf("the places are %v, %v", places, err)
	}
	b.cancel(t, Student(0), made.ID)
	hold := b.offered(t, first, 0, At(1, 10, 0), At(1, 12, 0))
	if want := Now().Add(15 * time.Minute); !hold.HeldUntil.Equal(want) {
		t.Errorf("held until %v, want %v", hold.HeldUntil, want)
	}
	b.waits(t, second, "")
	b.waits(t, third, "")
	b.waits(t, elsewhere, "")
	_, err = b.service(1).Reserve(t.Context(), Student(9), request(0, At(1, 11, 0), At(1, 12, 0)))
	refusedFor(t, err, booking.CodeSlotTaken)
	trail, err := b.Stores[0].Trail(t.Context(), hold.ID)
	if err != nil || len(trail) != 1 || trail[0].Act != booking.ActOffered {
		t.Errorf("the trail of the hold is %+v, %v", trail, err)
	}
}

func passesOver(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	b.reserve(t, Student(1), request(1, At(1, 10, 0), At(1, 11, 0)))
	busy := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	free := b.join(t, 2, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	b.cancel(t, Student(0), made.ID)
	b.waits(t, busy, booking.CodePersonBusy)
	b.offered(t, free, 0, At(1, 10, 0), At(1, 11, 0))
}

func offerExpires(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	first := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	second := b.join(t, 2, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	b.cancel(t, Student(0), made.ID)
	hold := b.offered(t, first, 0, At(1, 10, 0), At(1, 11, 0))
	early := b.clocked(1, hold.HeldUntil.Add(-time.Second))
	if err := early.Lapse(t.Context(), hold.ID); err != nil {
		t.Fatal(err)
	}
	b.offered(t, first, 0, At(1, 10, 0), At(1, 11, 0))
	due, err := b.Stores[1%len(b.Stores)].Due(t.Context(), hold.HeldUntil, 10) // another handle: what a server finds that starts anew
	if err != nil || !slices.Equal(due, []string{hold.ID}) {
		t.Fatalf("due are %v, %v", due, err)
	}
	late := hold.HeldUntil
	atOnce(8, func(i int) {
		if err := b.clocked(i, late).Lapse(t.Context(), hold.ID); err != nil {
			t.Error(err)
		}
	})
	b.state(t, first, booking.WaitExpired)
	next := b.offered(t, second, 0, At(1, 10, 0), At(1, 11, 0))
	if err := b.clocked(0, next.HeldUntil).Lapse(t.Context(), next.ID); err != nil {
		t.Fatal(err)
	}
	b.state(t, second, booking.WaitExpired)
	b.reserve(t, Student(3), request(0, At(1, 10, 0), At(1, 11, 0)))
}

func offerShorter(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	b.reserve(t, Student(5), request(0, At(1, 8, 0), At(1, 10, 0)))
	b.reserve(t, Student(6), request(0, At(1, 11, 0), At(1, 13, 0)))
	proud := b.join(t, 1, waitFor(0, At(1, 9, 0), At(1, 12, 0), 120, 90))
	modest := b.join(t, 2, waitFor(0, At(1, 9, 0), At(1, 12, 0), 120, 45))
	b.cancel(t, Student(0), made.ID)
	b.waits(t, proud, "")
	b.offered(t, modest, 0, At(1, 10, 0), At(1, 11, 0))
}

func offersTheRest(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 13, 0)))
	first := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 13, 0), 60, 60))
	second := b.join(t, 2, waitFor(0, At(1, 10, 0), At(1, 13, 0), 60, 60))
	third := b.join(t, 3, waitFor(0, At(1, 10, 0), At(1, 13, 0), 120, 90))
	fourth := b.join(t, 4, waitFor(0, At(1, 10, 0), At(1, 13, 0), 120, 30))
	b.cancel(t, Student(0), made.ID)
	b.offered(t, first, 0, At(1, 10, 0), At(1, 11, 0))
	b.offered(t, second, 0, At(1, 11, 0), At(1, 12, 0))
	b.waits(t, third, "")
	b.offered(t, fourth, 0, At(1, 12, 0), At(1, 13, 0))
}

func acceptsOnce(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	w := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	b.cancel(t, Student(0), made.ID)
	hold := b.offered(t, w, 0, At(1, 10, 0), At(1, 11, 0))
	_, err := b.service(0).Accept(t.Context(), Student(2), hold.ID)
	wantKind(t, err, fault.KindForbidden)
	_, err = b.clocked(0, hold.HeldUntil).Accept(t.Context(), Student(1), hold.ID)
	if fault.CodeOf(err) != "offer_expired" {
		t.Errorf("after it has expired: %v", err)
	}
	got := make([]booking.Booking, 6)
	atOnce(len(got), func(i int) {
		var err error
		if got[i], err = b.service(i).Accept(t.Context(), Student(1), hold.ID); err != nil {
			t.Error(err)
		}
	})
	for _, x := range got {
		if x != got[0] || x.Status != booking.StatusConfirmed || x.Version != 2 || !x.HeldUntil.IsZero() {
			t.Errorf("one is told %+v, another %+v", got[0], x)
		}
	}
	if now, _ := b.stands(t, w); now.State != booking.WaitBooked || now.BookingID != hold.ID {
		t.Errorf("the entry is %+v", now)
	}
	if err := b.clocked(0, hold.HeldUntil.Add(time.Hour)).Lapse(t.Context(), hold.ID); err != nil {
		t.Fatal(err)
	}
	if after, err := b.Stores[0].ByID(t.Context(), hold.ID); err != nil || after.Status != booking.StatusConfirmed {
		t.Errorf("an accepted one lapsed: %+v, %v", after, err)
	}
}

func declines(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	first := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	second := b.join(t, 2, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	third := b.join(t, 3, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	b.cancel(t, Student(0), made.ID)
	hold := b.offered(t, first, 0, At(1, 10, 0), At(1, 11, 0))
	for range 2 {
		if after, err := b.service(1).Decline(t.Context(), Student(1), hold.ID); err != nil || after.Status != booking.StatusCancelled {
			t.Fatalf("declined: %+v, %v", after, err)
		}
	}
	b.state(t, first, booking.WaitWithdrawn)
	b.offered(t, second, 0, At(1, 10, 0), At(1, 11, 0))
	if after, err := b.service(0).Withdraw(t.Context(), Student(2), second.ID); err != nil || after.State != booking.WaitWithdrawn {
		t.Fatalf("withdrawn with an offer: %+v, %v", after, err)
	}
	b.offered(t, third, 0, At(1, 10, 0), At(1, 11, 0))
}

func otherReleases(t *testing.T, b bench) {
	moved := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 12, 0)))
	afterMove := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 12, 0), 120, 120))
	elsewhere := StationID(1)
	moved, err := b.service(1).Change(t.Context(), Student(0), moved.ID, 0, booking.Change{StationID: &elsewhere})
	if err != nil {
		t.Fatal(err)
	}
	b.offered(t, afterMove, 0, At(1, 10, 0), At(1, 12, 0))

	afterCut := b.join(t, 2, waitFor(1, At(1, 11, 0), At(1, 12, 0), 60, 60))
	until := At(1, 11, 0)
	if _, err := b.service(0).Change(t.Context(), Student(0), moved.ID, 0, booking.Change{EndsAt: &until}); err != nil {
		t.Fatal(err)
	}
	b.offered(t, afterCut, 1, At(1, 11, 0), At(1, 12, 0))

	running := b.reserve(t, Student(3), request(2, At(0, 10, 7), At(0, 12, 0)))
	afterEnd := b.join(t, 4, waitFor(2, At(0, 10, 0), At(0, 12, 0), 60, 30))
	later := At(0, 10, 40).Add(12 * time.Second)
	if _, err := b.clocked(1, later).Cancel(t.Context(), Student(3), running.ID, 0); err != nil {
		t.Fatal(err)
	}
	hold := b.offered(t, afterEnd, 2, At(0, 10, 40), At(0, 11, 30))
	taken, err := b.clocked(0, later.Add(9*time.Minute)).Accept(t.Context(), Student(4), hold.ID)
	if err != nil || !taken.StartsAt.Equal(At(0, 10, 49)) || !taken.EndsAt.Equal(hold.EndsAt) {
		t.Errorf("taken after its start: %+v, %v", taken, err)
	}
}

func freeNow(t *testing.T, b bench) {
	b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	_, err := b.service(0).Join(t.Context(), Student(1), waitFor(0, At(1, 10, 0), At(1, 12, 0), 60, 60))
	refused := refusedFor(t, err, booking.CodeFreeNow)
	if len(refused.Alternatives) != 1 || !refused.Alternatives[0].StartsAt.Equal(At(1, 11, 0)) || !refused.Alternatives[0].EndsAt.Equal(At(1, 12, 0)) {
		t.Errorf("told of %+v", refused.Alternatives)
	}
	_, err = b.service(0).Join(t.Context(), Student(1), booking.WaitRequest{KindID: "plc-bench", From: At(1, 10, 0), Until: At(1, 11, 0), Wanted: time.Hour})
	refusedFor(t, err, booking.CodeFreeNow)
	b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 12, 0), 90, 90))
	b.reserve(t, Student(2), request(1, At(1, 10, 0), At(1, 11, 0)))
	busy := b.join(t, 2, waitFor(3, At(1, 10, 0), At(1, 11, 0), 60, 60)) // free, but not for who sits elsewhere then
	if busy.State != booking.WaitWaiting {
		t.Errorf("the entry is %+v", busy)
	}
	for name, r := range map[string]booking.WaitRequest{
		"nothing":            {From: At(1, 10, 0), Until: At(1, 12, 0), Wanted: time.Hour},
		"two things":         {StationID: StationID(0), KindID: "plc-bench", From: At(1, 10, 0), Until: At(1, 12, 0), Wanted: time.Hour},
		"the past":           waitFor(0, At(-1, 10, 0), At(-1, 12, 0), 60, 60),
		"too long a window":  waitFor(0, At(1, 10, 0), At(60, 12, 0), 60, 60),
		"no length":          waitFor(0, At(1, 10, 0), At(1, 12, 0), 0, 0),
		"more than wanted":   waitFor(0, At(1, 10, 0), At(1, 12, 0), 30, 60),
		"more than there is": waitFor(0, At(1, 10, 0), At(1, 11, 0), 90, 90),
	} {
		if _, err := b.service(0).Join(t.Context(), Student(3), r); fault.KindOf(err) != fault.KindRule {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, r := range []booking.WaitRequest{
		{StationID: "nowhere\x00", From: At(1, 10, 0), Until: At(1, 12, 0), Wanted: time.Hour},
		{KindID: "nothing", From: At(1, 10, 0), Until: At(1, 12, 0), Wanted: time.Hour},
		{RoomID: "nowhere", From: At(1, 10, 0), Until: At(1, 12, 0), Wanted: time.Hour},
	} {
		_, err := b.service(0).Join(t.Context(), Student(3), r)
		wantKind(t, err, fault.KindNotFound)
	}
}

func withdraws(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	w := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	_, err := b.service(0).Join(t.Context(), Student(1), waitFor(0, At(1, 10, 0), At(1, 11, 0), 30, 30))
	if fault.CodeOf(err) != "already_waiting" {
		t.Errorf("twice: %v", err)
	}
	_, err = b.service(0).Withdraw(t.Context(), Student(2), w.ID)
	wantKind(t, err, fault.KindForbidden)
	_, err = b.service(0).Withdraw(t.Context(), Student(2), "nothing\xff")
	wantKind(t, err, fault.KindNotFound)
	for range 2 {
		if after, err := b.service(1).Withdraw(t.Context(), Student(1), w.ID); err != nil || after.State != booking.WaitWithdrawn || after.Version != 2 {
			t.Fatalf("withdrawn: %+v, %v", after, err)
		}
	}
	b.cancel(t, Student(0), made.ID)
	b.state(t, w, booking.WaitWithdrawn)
	b.reserve(t, Student(3), request(0, At(1, 10, 0), At(1, 11, 0)))
}

func closes(t *testing.T, b bench) {
	b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	w := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 30))
	for _, at := range []time.Time{At(1, 10, 30), At(1, 10, 30).Add(time.Second), At(1, 11, 0)} {
		if err := b.clocked(0, at).CloseWaits(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		want := booking.WaitWaiting // half an hour is left, and would do
		if at.After(At(1, 10, 30)) {
			want = booking.WaitExpired
		}
		b.state(t, w, want)
	}
	unmet, err := b.Stores[0].Unmet(t.Context(), At(1, 10, 0), At(1, 12, 0))
	if err != nil || len(unmet) != 1 || unmet[0].PersonID != w.PersonID || unmet[0].KindID != "kind-plc" || unmet[0].StationID != StationID(0) ||
		!slices.Equal(unmet[0].Codes, []string{booking.CodeWaitlistExpired}) || unmet[0].Programme != "mechatronics" {
		t.Errorf("unmet is %+v, %v", unmet, err)
	}
}

func offersFree(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	own := b.reserve(t, Student(1), request(1, At(1, 10, 0), At(1, 11, 0)))
	w := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	b.cancel(t, Student(0), made.ID)
	b.waits(t, w, booking.CodePersonBusy)
	if err := b.service(0).OfferFree(t.Context(), Now()); err != nil {
		t.Fatal(err)
	}
	b.waits(t, w, booking.CodePersonBusy)
	b.cancel(t, Student(1), own.ID)
	if err := b.service(1).OfferFree(t.Context(), Now()); err != nil {
		t.Fatal(err)
	}
	b.offered(t, w, 0, At(1, 10, 0), At(1, 11, 0))
}

func lapsedHold(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	first := b.join(t, 1, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	second := b.join(t, 2, waitFor(0, At(1, 10, 0), At(1, 11, 0), 60, 60))
	b.cancel(t, Student(0), made.ID)
	for _, w := range []booking.Wait{first, second} {
		hold := b.offered(t, w, 0, At(1, 10, 0), At(1, 11, 0))
		_, err := b.clocked(1, hold.HeldUntil).Reserve(t.Context(), Student(9), request(0, At(1, 10, 0), At(1, 11, 0)))
		b.state(t, w, booking.WaitExpired)
		if w == first {
			refusedFor(t, err, booking.CodeSlotTaken) // the second comes before who did not wait
		} else if err != nil {
			t.Errorf("nobody waits any more: %v", err)
		}
	}
}
