package booking

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
)

func TestWhoChangesABookingIsTold(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	before := Booking{ID: "b", PersonID: "li", StationID: "s-7", Status: StatusConfirmed}
	moved := before
	moved.StationID = "s-8"
	requested := before
	requested.Status = StatusRequested
	for _, test := range []struct {
		name  string
		act   Act
		after Booking
		by    string
		event Event
		from  string
	}{
		{"books", ActReserved, before, "li", EventReserved, ""},
		{"is booked for", ActReserved, before, "chen", EventReserved, ""},
		{"asks", ActReserved, requested, "li", "", ""},
		{"cancels", ActCancelled, before, "li", EventCancelled, ""},
		{"is cancelled", ActCancelled, before, "chen", EventCancelledByOther, ""},
		{"gives back", ActEnded, before, "li", EventEnded, ""},
		{"moves", ActChanged, moved, "li", EventChanged, ""},
		{"is moved", ActChanged, moved, "chen", EventMovedByOther, "s-7"},
		{"is described anew", ActChanged, before, "chen", EventChanged, ""},
		{"moves what must be approved again", ActChanged, requested, "li", EventChanged, ""},
		{"is imported", ActImported, before, "", "", ""},
	} {
		got := announce(test.act, before, test.after, account.Actor{PersonID: test.by}, now)
		if len(got) == 0 {
			got = []Effect{{}}
		}
		e := got[0]
		if e.Event != test.event || e.Body["from_station"] != test.from || (e.Event != "" && (e.Body["by"] != "") != (test.by != "li")) {
			t.Errorf("%s: %+v", test.name, e)
		}
	}
}

func TestWhoComesAlongIsToldToo(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	b := Booking{ID: "b", PersonID: "li", Companions: "chen wu", StationID: "s-7", Status: StatusCancelled}
	got := announce(ActCancelled, b, b, account.Actor{PersonID: "chen"}, now)
	if len(got) != 3 {
		t.Fatalf("%d are told", len(got))
	}
	for i, want := range []struct{ person, with, by string }{{"li", "", "chen"}, {"chen", "li", ""}, {"wu", "li", "chen"}} {
		e := got[i]
		if e.PersonID != want.person || e.Body["with"] != want.with || e.Body["by"] != want.by || e.Event != EventCancelledByOther || e.BookingID != "b" {
			t.Errorf("%+v, want %+v", e, want)
		}
	}
}
