package bookingtest

import (
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// with asks for an hour with company.
func with(station, day, hour int, companions ...int) booking.Request {
	r := request(station, At(day, hour, 0), At(day, hour+1, 0))
	for _, n := range companions {
		r.Companions = append(r.Companions, StudentID(n))
	}
	return r
}

// companyIsBusy: who comes along is as busy as who books, whichever came first.
func companyIsBusy(t *testing.T, b bench) {
	const ann, bob, cem, dan = 0, 1, 2, 3
	try := func(handle, who int, r booking.Request) error {
		_, err := b.service(handle).Reserve(t.Context(), Student(who), r)
		return err
	}
	made := b.reserve(t, Student(ann), with(0, 1, 10, bob))
	refusedFor(t, try(1, bob, with(1, 1, 10)), booking.CodePersonBusy)
	refusedFor(t, try(1, cem, with(1, 1, 10, dan, bob)), booking.CodeCompanionBusy)
	refusedFor(t, try(1, cem, with(1, 1, 10, ann)), booking.CodeCompanionBusy)
	refusedFor(t, try(1, bob, with(1, 1, 10, ann)), booking.CodePersonBusy, booking.CodeCompanionBusy)
	free, err := b.service(1).Availability(t.Context(), Student(bob), booking.Query{StationIDs: []string{StationID(1)}, From: At(1, 9, 0), Until: At(1, 12, 0)})
	if err != nil || len(free) != 2 || !free[0].Until.Equal(At(1, 10, 0)) || !free[1].From.Equal(At(1, 11, 0)) {
		t.Errorf("free for bob is %+v, %v; want all but his hour", free, err)
	}
	b.reserve(t, Student(bob), with(1, 1, 11)) // back to back
	from, until := At(1, 10, 30), At(1, 11, 30)
	_, err = b.service(1).Change(t.Context(), Student(ann), made.ID, 0, booking.Change{StartsAt: &from, EndsAt: &until})
	refusedFor(t, err, booking.CodeCompanionBusy)
	_, err = b.service(1).Change(t.Context(), Student(ann), made.ID, 0, booking.Change{EndsAt: &until})
	refusedFor(t, err, booking.CodeCompanionBusy)
	b.cancel(t, Student(ann), made.ID)
	if err := try(1, bob, with(1, 1, 10)); err != nil {
		t.Errorf("after the cancellation: %v", err)
	}
}

// companyChanges: others may come along to what is booked, by the same rules, and whoever does leaves when they like.
func companyChanges(t *testing.T, b bench) {
	const ann, bob, cem, dan = 0, 1, 2, 3
	rule := booking.PolicyRule{Scope: booking.ScopeStation, ScopeID: StationID(0), MinPeople: new(2)}
	if _, err := b.Stores[0].PutDocument(t.Context(), rule.Document()); err != nil {
		t.Fatal(err)
	}
	made := b.reserve(t, Student(ann), with(0, 1, 10, bob))
	b.reserve(t, Student(cem), with(1, 1, 10))
	change := func(who int, companions ...string) (booking.Booking, error) {
		return b.service(1).Change(t.Context(), Student(who), made.ID, 0, booking.Change{Companions: &companions})
	}
	_, err := change(ann, StudentID(cem))
	refusedFor(t, err, booking.CodeCompanionBusy)
	_, err = change(ann)
	refusedFor(t, err, booking.CodeBuddyNeeded)
	for code, companions := range map[string][]string{
		"companion_unknown": {"nobody"}, "companions_invalid": {StudentID(ann)},
	} {
		if _, err := change(ann, companions...); fault.CodeOf(err) != code {
			t.Errorf("%v: %v, want %s", companions, err, code)
		}
	}
	after, err := change(ann, StudentID(dan))
	if err != nil || after.Companions != StudentID(dan) || after.Version != 2 {
		t.Fatalf("dan for bob: %+v, %v", after, err)
	}
	b.reserve(t, Student(bob), with(2, 1, 10)) // he is free now
	if _, err := b.service(0).Reserve(t.Context(), Student(dan), with(4, 1, 10)); err == nil {
		t.Error("dan sits twice")
	}
	if _, err := change(bob); fault.CodeOf(err) != "not_your_booking" {
		t.Errorf("bob, who does not come along any more: %v", err)
	}
	if _, err := change(dan, StudentID(10)); fault.CodeOf(err) != "not_your_booking" {
		t.Errorf("dan for somebody else: %v", err)
	}
	for who, want := range map[int]string{ann: "not_company", bob: "not_company"} {
		if _, err := b.service(1).Leave(t.Context(), Student(who), made.ID); fault.CodeOf(err) != want {
			t.Errorf("student %d leaves: %v, want %s", who, err, want)
		}
	}
	if _, err := change(ann, StudentID(dan), StudentID(10)); err != nil {
		t.Fatal(err)
	}
	if after, err = b.service(1).Leave(t.Context(), Student(dan), made.ID); err != nil || after.Companions != StudentID(10) || !after.ShortAt.IsZero() || !after.Active() {
		t.Errorf("dan leaves: %+v, %v", after, err)
	}
	b.reserve(t, Student(dan), with(4, 1, 10))
}

// companyAtOnce: of those who want the same person at one instant, as company or by the person's own booking, one has them.
func companyAtOnce(t *testing.T, b bench) {
	for round := range 12 {
		day, hour := 1+round/6, 8+2*(round%6)
		wishes := []booking.Request{with(0, day, hour, 9), with(1, day, hour, 9), with(2, day, hour)}
		actors := []int{0, 1, 9}
		errs := make([]error, len(wishes))
		atOnce(len(wishes), func(i int) { _, errs[i] = b.service(i).Reserve(t.Context(), Student(actors[i]), wishes[i]) })
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			}
		}
		if won != 1 {
			t.Errorf("round %d: %d have student 9, want 1: %v", round, won, errs)
		}
	}
}

// companyChangesAtOnce: the same, of changes.
func companyChangesAtOnce(t *testing.T, b bench) {
	for round := range 8 {
		hour := 8 + round
		one, two := b.reserve(t, Student(0), with(0, 1, hour)), b.reserve(t, Student(1), with(1, 1, hour))
		errs := make([]error, 3)
		atOnce(3, func(i int) {
			if i == 2 {
				_, errs[i] = b.service(i).Reserve(t.Context(), Student(9), with(2, 1, hour))
				return
			}
			of, ids := []booking.Booking{one, two}[i], []string{StudentID(9)}
			_, errs[i] = b.service(i).Change(t.Context(), Student(i), of.ID, 0, booking.Change{Companions: &ids})
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			}
		}
		if won != 1 {
			t.Errorf("at %v: %d have student 9, want 1: %v", one.StartsAt.Format(time.Kitchen), won, errs)
		}
	}
}

// companyLeaves: nobody is kept as company, and nobody works alone where two must be: whoever booked names somebody else in time,
// or the booking is given back as if they had cancelled it then.
func companyLeaves(t *testing.T, b bench) {
	const ann, bob, cem = 0, 1, 2
	rule := booking.PolicyRule{Scope: booking.ScopeSchool, MinPeople: new(2), CancelNoticeMinutes: new(60)}
	if _, err := b.Stores[0].PutDocument(t.Context(), rule.Document()); err != nil {
		t.Fatal(err)
	}
	w := &Witness{}
	at := func(now time.Time) *booking.Tender { return b.later(now, w)[1%len(b.Stores)] }
	leave := func(who int, made booking.Booking, now time.Time) booking.Booking {
		t.Helper()
		after, err := at(now).Leave(t.Context(), Student(who), made.ID)
		if err != nil || after.Involves(StudentID(who)) || !after.Active() {
			t.Fatalf("student %d leaves: %+v, %v", who, after, err)
		}
		return after
	}
	name := func(who int, made booking.Booking, now time.Time) {
		t.Helper()
		if _, err := at(now).Change(t.Context(), Student(ann), made.ID, 0, booking.Change{Companions: &[]string{StudentID(who)}}); err != nil {
			t.Fatalf("student %d instead: %v", who, err)
		}
	}
	stands := func(made booking.Booking, now time.Time) booking.Booking {
		t.Helper()
		if _, err := at(now).Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := b.Stores[0].ByID(t.Context(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	alone, mended, running := b.reserve(t, Student(ann), with(0, 1, 8, bob)), b.reserve(t, Student(ann), with(0, 1, 10, bob)), b.reserve(t, Student(ann), with(0, 1, 14, bob))

	leave(bob, alone, At(0, 12, 0))
	b.reserve(t, Student(bob), with(1, 1, 8, cem)) // he is free at once
	if got := stands(alone, At(1, 7, 59)); got.Status != booking.StatusConfirmed {
		t.Errorf("before the start: %+v", got)
	}
	if got := stands(alone, At(1, 8, 0)); got.Status != booking.StatusCancelled || !got.ChargedUntil.Equal(got.EndsAt) {
		t.Errorf("at the start: %+v; want it given back, and charged as given back too late", got)
	}

	leave(bob, mended, At(0, 12, 0))
	name(cem, mended, At(0, 13, 0))
	if got := stands(mended, At(1, 10, 1)); got.Status != booking.StatusConfirmed || !got.ShortAt.IsZero() {
		t.Errorf("with somebody else: %+v", got)
	}

	w.Saw(0, At(1, 14, 0), 60, true)
	leave(bob, running, At(1, 14, 20)) // the grace is a quarter of an hour
	if got := stands(running, At(1, 14, 34)); got.Status != booking.StatusConfirmed {
		t.Errorf("while somebody else may be named: %+v", got)
	}
	name(bob, running, At(1, 14, 34))
	if got := stands(running, At(1, 14, 40)); got.Status != booking.StatusConfirmed {
		t.Errorf("he is back: %+v", got)
	}
	leave(bob, running, At(1, 14, 41)) // taking turns gains no time
	if got := stands(running, At(1, 14, 41)); got.Status != booking.StatusEnded || !got.EndsAt.Equal(At(1, 14, 41)) || !got.ChargedUntil.Equal(got.EndsAt) {
		t.Errorf("he is gone again: %+v", got)
	}
}

// companySeesItsBookings: who comes along finds the booking among their own, in the order of pages.
func companySeesItsBookings(t *testing.T, b bench) {
	const ann, bob, cem = 0, 1, 2
	first := b.reserve(t, Student(ann), with(0, 1, 10, cem, bob))
	own := b.reserve(t, Student(bob), with(1, 1, 11))
	last := b.reserve(t, Student(cem), with(2, 1, 12, bob))
	b.reserve(t, Student(cem), with(2, 1, 14))
	for _, c := range []struct {
		f    booking.Filter
		want []string
	}{
		{booking.Filter{InvolvedID: StudentID(bob)}, []string{first.ID, own.ID, last.ID}},
		{booking.Filter{PersonID: StudentID(bob)}, []string{own.ID}},
		{booking.Filter{InvolvedID: StudentID(bob), From: At(1, 11, 0)}, []string{own.ID, last.ID}},
		{booking.Filter{InvolvedID: StudentID(bob), Limit: 2}, []string{first.ID, own.ID}},
		{booking.Filter{InvolvedID: StudentID(bob), Limit: 2, After: own.Cursor()}, []string{last.ID}},
		{booking.Filter{InvolvedID: StudentID(bob), StationIDs: []string{StationID(2)}, Status: booking.StatusConfirmed}, []string{last.ID}},
		{booking.Filter{InvolvedID: "student"}, nil},
	} {
		got, err := b.Stores[0].List(t.Context(), c.f)
		var ids []string
		for _, one := range got {
			ids = append(ids, one.ID)
		}
		if err != nil || !slices.Equal(ids, c.want) {
			t.Errorf("%+v: %v, %v; want %v", c.f, ids, err, c.want)
		}
	}
}

// companyDeclines: who does not want to be named is not.
func companyDeclines(t *testing.T, b bench) {
	s := NewSchool()
	at := slices.IndexFunc(s.People, func(p account.Person) bool { return p.ID == StudentID(7) })
	s.People[at].Unnamed = true
	b.Put(t, s)
	_, err := b.service(1).Reserve(t.Context(), Student(0), with(0, 1, 10, 7))
	if fault.CodeOf(err) != "companion_declines" {
		t.Errorf("named all the same: %v", err)
	}
	b.reserve(t, Student(7), with(0, 1, 10, 1))
}

// keptOnce: who says "still working" is believed once; then only what a device sees counts, or whoever runs the room.
func keptOnce(t *testing.T, b bench) {
	rule := booking.PolicyRule{Scope: booking.ScopeSchool, IdleReleaseMinutes: new(10), IdleWarningMinutes: new(5)}
	if _, err := b.Stores[0].PutDocument(t.Context(), rule.Document()); err != nil {
		t.Fatal(err)
	}
	w := &Witness{}
	start := At(1, 10, 0)
	home, works, helped := b.reserve(t, Student(0), with(0, 1, 10)), b.reserve(t, Student(1), with(1, 1, 10)), b.reserve(t, Student(2), with(2, 1, 10))
	for n := range 3 {
		w.Saw(n, start, 60, false)
		w.Saw(n, start.Add(2*time.Minute), 5, true)
	}
	w.Saw(1, start.Add(25*time.Minute), 1, true)
	said := map[string]error{}
	for minute := range 45 {
		now := start.Add(time.Duration(minute) * time.Minute)
		tender := b.later(now, w)[minute%len(b.Stores)]
		for range 3 {
			if _, err := tender.Tend(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for n, made := range []booking.Booking{home, works, helped} {
			got, err := b.Stores[0].ByID(t.Context(), made.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got.WarnedAt.IsZero() || got.Status != booking.StatusConfirmed {
				continue
			}
			_, said[made.ID] = tender.Keep(t.Context(), Student(n), made.ID)
			if said[made.ID] != nil && made.ID == helped.ID {
				if _, err := tender.Keep(t.Context(), Instructor(), made.ID); err != nil {
					t.Fatal(err)
				}
			}
			title := programme(made) // touching the booking is no work
			if _, err := tender.Change(t.Context(), Instructor(), made.ID, 0, booking.Change{Programme: &title}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		made   booking.Booking
		code   string
		status booking.Status
	}{
		{"from home", home, "keep_needs_use", booking.StatusEnded},
		{"who works in between", works, "", booking.StatusConfirmed},
		{"whom the instructor sees", helped, "keep_needs_use", booking.StatusConfirmed},
	} {
		got, err := b.Stores[0].ByID(t.Context(), c.made.ID)
		if err != nil || got.Status != c.status || fault.CodeOf(said[c.made.ID]) != c.code {
			t.Errorf("%s: %+v, said %v, %v", c.name, got, said[c.made.ID], err)
		}
	}
}

// programme gives another one than the booking has.
func programme(b booking.Booking) string { return b.Programme + "." }
