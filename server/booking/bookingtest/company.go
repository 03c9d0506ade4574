package bookingtest

import (
	"testing"
	"time"

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

// companyChanges: others may come along to what is booked, by the same rules, and whoever does may leave.
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
	end := At(1, 12, 0)
	if _, err := b.service(1).Change(t.Context(), Student(dan), made.ID, 0, booking.Change{Companions: &[]string{}, EndsAt: &end}); fault.CodeOf(err) != "not_your_booking" {
		t.Errorf("dan leaves and does more: %v", err)
	}
	_, err = change(dan)
	refusedFor(t, err, booking.CodeBuddyNeeded) // else one friend would do for everybody
	if _, err := change(ann, StudentID(dan), StudentID(10)); err != nil {
		t.Fatal(err)
	}
	if after, err = change(dan, StudentID(10)); err != nil || after.Companions != StudentID(10) || !after.Active() {
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
