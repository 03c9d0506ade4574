package bookingtest

import (
	"testing"

	"github.com/labtide/labtide/server/booking"
)

// case02Again fills the quota of a day with one booking, which then changes in every way: it does not stand in its own way, and its
// old row is not counted; but everything is asked again.
func case02Again(t *testing.T, b bench) {
	b.putQuotas(t, booking.Quota{ID: "day", Name: "day", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: booking.WindowDay, MostMinutes: new(120)})
	b.askFirst(t, 2, booking.ApprovalInstructor)
	b.reserve(t, Student(1), request(0, At(1, 16, 0), At(1, 17, 0)))
	mine := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 12, 0)))
	_, err := b.service(0).Reserve(t.Context(), Student(0), request(1, At(1, 19, 0), At(1, 19, 15)))
	refusedFor(t, err, booking.CodeQuotaExceeded)
	research := booking.PurposeResearch
	for _, step := range []struct {
		name   string
		change booking.Change
		code   string
	}{
		{"edit", booking.Change{Purpose: &research}, ""},
		{"extend, beyond the quota", booking.Change{EndsAt: new(At(1, 12, 15))}, booking.CodeQuotaExceeded},
		{"move, over itself", booking.Change{StartsAt: new(At(1, 11, 0)), EndsAt: new(At(1, 13, 0))}, ""},
		{"move, into another", booking.Change{StartsAt: new(At(1, 14, 30)), EndsAt: new(At(1, 16, 30))}, booking.CodeSlotTaken},
		{"move, to another station", booking.Change{StationID: new(StationID(1))}, ""},
		{"move and grow", booking.Change{StartsAt: new(At(1, 10, 0))}, booking.CodeQuotaExceeded},
		{"shorten", booking.Change{EndsAt: new(At(1, 12, 0))}, ""},
		{"extend, to where the quota is full again", booking.Change{EndsAt: new(At(1, 13, 0))}, ""},
	} {
		got, err := b.service(1).Change(t.Context(), Student(0), mine.ID, 0, step.change)
		if step.code != "" {
			t.Log(step.name)
			refusedFor(t, err, step.code)
		} else if err != nil || got.Status != booking.StatusConfirmed {
			t.Fatalf("%s: %+v, %v", step.name, got, err)
		}
	}
	b.cancel(t, Student(0), mine.ID)
	asked := b.reserve(t, Student(0), request(2, At(1, 10, 0), At(1, 12, 0)))
	if got, err := b.service(1).Approve(t.Context(), Instructor(), asked.ID, 0); err != nil || got.Status != booking.StatusConfirmed {
		t.Errorf("approve: a request is counted twice: %+v, %v", got, err)
	}
	b.cancel(t, Student(0), asked.ID)
	asked = b.reserve(t, Student(0), request(2, At(1, 10, 0), At(1, 12, 0)))
	b.putQuotas(t, booking.Quota{ID: "less", Name: "less", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: booking.WindowDay, MostMinutes: new(60)})
	_, err = b.service(1).Approve(t.Context(), Instructor(), asked.ID, 0)
	refusedFor(t, err, booking.CodeQuotaExceeded)
}
