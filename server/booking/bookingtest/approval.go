package bookingtest

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// askFirst makes bookings of station n wait for approval.
func (b bench) askFirst(t *testing.T, n int, by booking.Approval) {
	t.Helper()
	_, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeStation, ScopeID: StationID(n), Approval: &by})
	if err != nil {
		t.Fatal(err)
	}
}

func requests(t *testing.T, b bench) {
	b.askFirst(t, 0, booking.ApprovalInstructor)
	b.askFirst(t, 1, booking.ApprovalAdmin)
	asked := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	if asked.Status != booking.StatusRequested || !asked.DueAt.Equal(asked.StartsAt) {
		t.Fatalf("made %+v", asked)
	}
	_, err := b.service(1).Reserve(t.Context(), Student(1), request(0, At(1, 10, 30), At(1, 11, 30)))
	refusedFor(t, err, booking.CodeSlotTaken)
	if made := b.reserve(t, Instructor(), request(0, At(1, 12, 0), At(1, 13, 0))); made.Status != booking.StatusConfirmed {
		t.Errorf("whoever may approve waits for approval: %+v", made)
	}
	forAdmin := b.reserve(t, Instructor(), request(1, At(1, 14, 0), At(1, 15, 0)))
	admin := account.SignedIn("instructor", account.RoleAdmin)
	for n, actor := range []account.Actor{Student(0), Instructor(), admin} {
		if got, err := b.service(0).Requests(t.Context(), actor); err != nil || len(got) != n {
			t.Errorf("%s sees %v, %v", actor.Role, got, err)
		}
	}
	_, err = b.service(0).Approve(t.Context(), Student(0), asked.ID, 0)
	wantKind(t, err, fault.KindForbidden)
	_, err = b.service(0).Approve(t.Context(), Instructor(), forAdmin.ID, 0)
	wantKind(t, err, fault.KindForbidden)
	got, err := b.service(1).Approve(t.Context(), Instructor(), asked.ID, asked.Version)
	if err != nil || got.Status != booking.StatusConfirmed || got.Version != 2 || got.DueAt.Equal(asked.DueAt) {
		t.Fatalf("approved: %+v, %v", got, err)
	}
	later := got.EndsAt.Add(30 * time.Minute)
	_, err = b.clocked(0, got.StartsAt.Add(time.Minute)).Change(t.Context(), Student(0), got.ID, 0, booking.Change{EndsAt: &later})
	refusedFor(t, err, booking.CodeApprovalNeeded)
	w := b.join(t, 5, waitFor(1, At(1, 14, 0), At(1, 15, 0), 60, 60))
	_, err = b.service(0).DeclineRequest(t.Context(), admin, forAdmin.ID, 0, "")
	wantKind(t, err, fault.KindRule)
	no, err := b.service(0).DeclineRequest(t.Context(), admin, forAdmin.ID, 0, "the bench is for the skills team")
	if err != nil || no.Status != booking.StatusCancelled {
		t.Fatalf("declined: %+v, %v", no, err)
	}
	trail, err := b.Stores[0].Trail(t.Context(), no.ID)
	if err != nil || len(trail) != 2 || trail[0].Act != booking.ActRequested || trail[1].Act != booking.ActDeclined || trail[1].Reason == "" {
		t.Errorf("the trail is %+v, %v", trail, err)
	}
	hold := b.offered(t, w, 1, At(1, 14, 0), At(1, 15, 0))
	taken, err := b.service(0).Accept(t.Context(), Student(5), hold.ID)
	if err != nil || taken.Status != booking.StatusRequested {
		t.Fatalf("what needs approval is accepted as %+v, %v", taken, err)
	}
	for _, at := range []time.Time{taken.StartsAt.Add(-time.Second), taken.StartsAt} {
		if err := b.clocked(1, at).Lapse(t.Context(), taken.ID); err != nil {
			t.Fatal(err)
		}
	}
	if after, err := b.Stores[0].ByID(t.Context(), taken.ID); err != nil || after.Status != booking.StatusCancelled {
		t.Errorf("nobody approved it: %+v, %v", after, err)
	}
}

func approveTogether(t *testing.T, b bench) {
	b.askFirst(t, 0, booking.ApprovalInstructor)
	for round := range rounds {
		from := At(1+round%10, 8+round/10*2, 0)
		asked := b.reserve(t, Student(0), request(0, from, from.Add(time.Hour)))
		errs := make([]error, 6)
		atOnce(len(errs), func(i int) {
			if i%2 == 0 {
				_, errs[i] = b.service(i).Approve(t.Context(), Instructor(), asked.ID, 0)
			} else {
				_, errs[i] = b.service(i).DeclineRequest(t.Context(), Instructor(), asked.ID, 0, "no")
			}
		})
		after, err := b.Stores[0].ByID(t.Context(), asked.ID)
		if err != nil || after.Version != 2 {
			t.Fatalf("after all: %+v, %v", after, err)
		}
		for i, err := range errs {
			approved := after.Status == booking.StatusConfirmed
			if want := approved == (i%2 == 0); (err == nil) != want {
				t.Errorf("round %d: it is %s, and number %d is told %v", round, after.Status, i, err)
			}
		}
	}
}

// approvedStays: whoever asks for more than was approved loses nothing by it, and gets out of nothing.
func approvedStays(t *testing.T, b bench) {
	_, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{
		Scope: booking.ScopeStation, ScopeID: StationID(0), Approval: new(booking.ApprovalInstructor), CancelNoticeMinutes: new(120),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.askFirst(t, 1, booking.ApprovalAdmin)
	asked := b.reserve(t, Student(0), request(0, At(0, 11, 0), At(0, 13, 0)))
	approved, err := b.service(0).Approve(t.Context(), Instructor(), asked.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := b.reserve(t, Student(1), request(2, At(1, 10, 0), At(1, 11, 0)))
	for _, c := range []struct {
		name   string
		id     string
		who    account.Actor
		change booking.Change
	}{
		{"a quarter of an hour more", approved.ID, Student(0), booking.Change{EndsAt: new(At(0, 13, 15))}},
		{"to a station that needs approval", elsewhere.ID, Student(1), booking.Change{StationID: new(StationID(0))}},
		{"by an instructor who insists, where an administrator approves", elsewhere.ID, Instructor(), booking.Change{StationID: new(StationID(1)), Override: true}},
	} {
		before := b.stored(t, c.id)
		_, err := b.service(1).Change(t.Context(), c.who, c.id, 0, c.change)
		refusedFor(t, err, booking.CodeApprovalNeeded)
		if got := b.stored(t, c.id); got != before {
			t.Errorf("%s: refused, and it became %+v", c.name, got)
		}
	}
	if got, err := b.service(1).Change(t.Context(), Student(0), approved.ID, 0, booking.Change{EndsAt: new(At(0, 12, 0))}); err != nil || got.Status != booking.StatusConfirmed {
		t.Errorf("part of what was approved: %+v, %v", got, err)
	}
	got, err := b.service(1).Change(t.Context(), Instructor(), approved.ID, 0, booking.Change{EndsAt: new(At(0, 13, 0))})
	if err != nil || got.Status != booking.StatusConfirmed {
		t.Errorf("whoever may approve extends it: %+v, %v", got, err)
	}
	if got, err = b.service(1).Cancel(t.Context(), Student(0), approved.ID, 0); err != nil || got.Charged() != approved.Interval() {
		t.Errorf("cancelled too late, it is charged %v, %v", got.Charged(), err)
	}
}

// requestMoves: what need not be approved does not wait for it.
func requestMoves(t *testing.T, b bench) {
	b.askFirst(t, 0, booking.ApprovalInstructor)
	b.askFirst(t, 1, booking.ApprovalInstructor)
	asked := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	still, err := b.service(1).Change(t.Context(), Student(0), asked.ID, 0, booking.Change{StationID: new(StationID(1))})
	if err != nil || still.Status != booking.StatusRequested {
		t.Fatalf("where approval is needed, too, it is %+v, %v", still, err)
	}
	moved, err := b.service(1).Change(t.Context(), Student(0), asked.ID, 0, booking.Change{StationID: new(StationID(2))})
	if err != nil || moved.Status != booking.StatusConfirmed || moved.Charged() != moved.Interval() {
		t.Fatalf("where none is needed it is %+v, %v", moved, err)
	}
	if got, err := b.service(0).Requests(t.Context(), Instructor()); err != nil || len(got) != 0 {
		t.Errorf("these wait: %+v, %v", got, err)
	}
}
