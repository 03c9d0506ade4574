package bookingtest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// twoReleases cancels bookings of two stations at the same instant, on different handles where there are some, while people
// wait for any station of the kind: each release goes to somebody else.
func twoReleases(t *testing.T, b bench) {
	for round := range rounds {
		from := At(1+round%10, 8+round/10*2, 0)
		until := from.Add(2 * time.Hour)
		var made []booking.Booking
		for n := range Stations {
			if n%4 != 3 {
				made = append(made, b.reserve(t, Student(n), request(n, from, until)))
			}
		}
		var waits []booking.Wait
		for n := range 3 {
			waits = append(waits, b.join(t, 20+n, booking.WaitRequest{KindID: "plc-bench", From: from, Until: until, Wanted: 2 * time.Hour, Shortest: time.Hour}))
		}
		atOnce(2, func(i int) {
			if _, err := b.service(i).Cancel(t.Context(), Instructor(), made[i].ID, 0); err != nil {
				t.Error(err)
			}
		})
		held := map[string]bool{}
		for n, w := range waits {
			now, hold := b.stands(t, w)
			if want := map[bool]booking.WaitState{true: booking.WaitOffered, false: booking.WaitWaiting}[n < 2]; now.State != want {
				t.Fatalf("round %d: entry %d is %s for %q, want %s: %v", round, n, now.State, now.Reason, want, b.told(t, waits))
			}
			if n < 2 {
				held[hold.StationID] = true
			}
		}
		if !held[made[0].StationID] || !held[made[1].StationID] {
			t.Errorf("round %d: held are %v", round, held)
		}
	}
	b.noOverlaps(t)
}

// told gives what each entry has been told, in the order of joining.
func (b bench) told(t *testing.T, waits []booking.Wait) (out []string) {
	t.Helper()
	for _, w := range waits {
		now, hold := b.stands(t, w)
		out = append(out, now.ID+" "+string(now.State)+" "+hold.StationID+" "+hold.StartsAt.String()+" "+hold.EndsAt.String())
	}
	return out
}

// waitlistStorm lets people cancel, join, accept, decline and let offers lapse at random, all at once.
func waitlistStorm(t *testing.T, b bench) {
	var mu sync.Mutex
	counts := map[string]int{}
	note := func(what string, err error) {
		mu.Lock()
		defer mu.Unlock()
		counts[what+" "+outcome(err)]++
		if err != nil && !expected(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	atOnce(12, func(worker int) {
		s := b.service(worker)
		person := func(n int) account.Actor { return Student((worker*5 + n) % Students) }
		last := ""
		for n := range 25 {
			from := At(1, 8+2*(n%7), 0)
			r := request((worker+n)%3, from, from.Add(2*time.Hour))
			if made, err := s.Reserve(t.Context(), person(n), r); err == nil {
				note("reserve", err)
				if last != "" {
					_, err = s.Cancel(t.Context(), Instructor(), last, 0)
					note("cancel", err)
				}
				last = made.ID
			} else {
				note("reserve", err)
				_, err := s.Join(t.Context(), person(n), booking.WaitRequest{
					StationID: r.StationID, From: r.StartsAt, Until: r.EndsAt, Wanted: 2 * time.Hour, Shortest: 30 * time.Minute,
				})
				note("join", err)
				if last != "" && n%2 == 0 {
					_, err = s.Cancel(t.Context(), Instructor(), last, 0)
					note("cancel", err)
					last = ""
				}
			}
			open, err := b.Stores[0].Waits(t.Context(), booking.WaitFilter{States: []booking.WaitState{booking.WaitOffered}})
			if err != nil {
				t.Error(err)
			}
			for i, w := range open {
				switch (i + n) % 3 {
				case 0:
					_, err = s.Accept(t.Context(), account.SignedIn(w.PersonID, account.RoleStudent), w.BookingID)
					note("accept", err)
				case 1:
					_, err = s.Decline(t.Context(), account.SignedIn(w.PersonID, account.RoleStudent), w.BookingID)
					note("decline", err)
				case 2:
					note("lapse", b.clocked(worker, Now().Add(time.Hour)).Lapse(t.Context(), w.BookingID))
				}
			}
		}
	})
	t.Log(counts)
	b.noOverlaps(t)
	for _, what := range []string{"join ok", "cancel ok", "accept ok", "decline ok", "lapse ok"} {
		if counts[what] == 0 {
			t.Errorf("never: %s", what)
		}
	}
	b.entriesAgree(t)
}

// entriesAgree checks that each entry says what became of its offer, and each hold has its entry.
func (b bench) entriesAgree(t *testing.T) {
	t.Helper()
	all, err := b.Stores[0].Waits(t.Context(), booking.WaitFilter{})
	if err != nil {
		t.Fatal(err)
	}
	offers := map[string]bool{}
	for _, w := range all {
		if w.BookingID == "" {
			continue
		}
		now, hold := b.stands(t, w)
		want := map[booking.WaitState][]booking.Status{
			booking.WaitOffered: {booking.StatusHeld}, booking.WaitBooked: {booking.StatusConfirmed, booking.StatusCancelled, booking.StatusEnded},
			booking.WaitExpired: {booking.StatusCancelled}, booking.WaitWithdrawn: {booking.StatusCancelled},
		}[now.State]
		if hold.WaitID != w.ID || !slices.Contains(want, hold.Status) {
			t.Errorf("an entry is %s, its booking %s of entry %s", now.State, hold.Status, hold.WaitID)
		}
		offers[hold.ID] = true
	}
	held, err := b.Stores[0].List(t.Context(), booking.Filter{Status: booking.StatusHeld})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range held {
		if h.WaitID != "" && !offers[h.ID] { // one without is of an outage
			t.Errorf("the hold %s has no entry", h.ID)
		}
	}
}

// waitsAtOnce lets one person ask for more places in line than anybody may have, in two processes at once.
func waitsAtOnce(t *testing.T, b bench) {
	const most = 20
	for day := range 5 {
		class := plainBooking("class-"+At(1+day, 8, 0).Format(time.DateOnly), 0, At(1+day, 8, 0), At(1+day, 16, 0))
		class.PersonID, class.Purpose = Instructor().PersonID, booking.PurposeClass
		if err := b.force(t, class, false); err != nil {
			t.Fatal(err)
		}
	}
	errs := make([]error, 2*most)
	atOnce(len(errs), func(i int) {
		from := At(1+i/8, 8+i%8, 0)
		r := booking.WaitRequest{StationID: StationID(0), From: from, Until: from.Add(time.Hour), Wanted: 2 * time.Minute, Shortest: 2 * time.Minute}
		_, errs[i] = b.service(i).Join(t.Context(), Student(0), r)
	})
	for _, err := range errs {
		if err != nil && fault.CodeOf(err) != "too_many_waits" {
			t.Error(err)
		}
	}
	got, err := b.Stores[0].Waits(t.Context(), booking.WaitFilter{PersonID: StudentID(0)})
	if err != nil || len(got) != most {
		t.Errorf("%d places in line, want %d; %v", len(got), most, err)
	}
	if b.join(t, 1, waitFor(0, At(1, 8, 0), At(1, 9, 0), 2, 2)).ID == "" {
		t.Error("another person waits for nothing")
	}
}
