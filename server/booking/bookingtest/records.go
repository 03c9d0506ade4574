package bookingtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func othersChangeRules(t *testing.T, b bench) {
	r := request(0, At(1, 10, 0), At(1, 11, 0))
	b.reserve(t, Student(0), r)
	for i := range b.services { // all of them know the rules now
		if _, err := b.service(i).PolicyFor(t.Context(), "PLC-00"); err != nil {
			t.Fatal(err)
		}
	}
	s := NewSchool()
	s.Outages = []equipment.Outage{{ID: "outage", StationID: StationID(1), StartsAt: At(1, 8, 0), Version: 1}}
	b.Put(t, s)
	for i := range b.services {
		_, err := b.service(i).Reserve(t.Context(), Student(1), request(1, At(1, 10, 0), At(1, 11, 0)))
		refusedFor(t, err, booking.CodeOutOfOrder)
	}
	grid := 60
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeRoom, ScopeID: "room-a", GridMinutes: &grid}); err != nil {
		t.Fatal(err)
	}
	for i := range b.services {
		_, err := b.service(i).Reserve(t.Context(), Student(1), request(2, At(1, 10, 15), At(1, 11, 0)))
		refusedFor(t, err, booking.CodeOffGrid)
	}
}

func pages(t *testing.T, b bench) {
	var want []string
	for n := range 6 {
		x := plainBooking(fmt.Sprintf("b%d", n), n, At(1, 10, 0), At(1, 11, 0)) // the same start: the id decides
		if err := b.force(t, x, false); err != nil {
			t.Fatal(err)
		}
		want = append(want, x.ID)
	}
	var got []string
	var after booking.Cursor
	for {
		page, err := b.Stores[0].List(t.Context(), booking.Filter{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, x := range page {
			got = append(got, x.ID)
		}
		after = page[len(page)-1].Cursor()
		early := plainBooking(fmt.Sprintf("early%d", len(got)), 0, At(1, 8, len(got)), At(1, 8, len(got)+1))
		if err := b.force(t, early, false); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages have %v, want %v", got, want)
	}
}

func filters(t *testing.T, b bench) {
	mine := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	other := b.reserve(t, Student(1), request(1, At(1, 10, 0), At(1, 11, 0)))
	gone := b.reserve(t, Student(0), request(2, At(2, 10, 0), At(2, 11, 0)))
	if _, err := b.service(0).Cancel(t.Context(), Student(0), gone.ID, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		f    booking.Filter
		want []string
	}{
		{"all", booking.Filter{}, []string{mine.ID, other.ID, gone.ID}},
		{"person", booking.Filter{PersonID: StudentID(0)}, []string{mine.ID, gone.ID}},
		{"person and status", booking.Filter{PersonID: StudentID(0), Status: booking.StatusConfirmed}, []string{mine.ID}},
		{"stations", booking.Filter{StationIDs: []string{StationID(1), StationID(2)}}, []string{other.ID, gone.ID}},
		{"some", booking.Filter{IDs: []string{gone.ID, mine.ID, "nobody's"}}, []string{mine.ID, gone.ID}},
		{"ends after", booking.Filter{From: At(1, 11, 0)}, []string{gone.ID}},
		{"starts before", booking.Filter{Until: At(2, 10, 0)}, []string{mine.ID, other.ID}},
	} {
		found, err := b.Stores[0].List(t.Context(), c.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range found {
			got = append(got, x.ID)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	active, err := b.Stores[0].Active(t.Context(), []string{StationID(1)}, StudentID(0), At(1, 0, 0), At(3, 0, 0))
	if err != nil || len(active) != 2 {
		t.Errorf("on the station or of the person: %v, %v", active, err)
	}
	stored, err := b.Stores[0].ByID(t.Context(), mine.ID)
	if err != nil || stored != mine {
		t.Errorf("stored %+v, %v; want %+v", stored, err, mine)
	}
}

func unmetDemand(t *testing.T, b bench) {
	r := request(0, At(1, 10, 0), At(1, 11, 0))
	b.reserve(t, Student(0), r)
	_, err := b.service(0).Reserve(t.Context(), Student(1), r)
	refusedFor(t, err, booking.CodeSlotTaken)
	_, err = b.service(0).Reserve(t.Context(), Student(2), booking.Request{KindID: "lab-pc", StartsAt: At(1, 21, 0), EndsAt: At(1, 23, 7)})
	refusedFor(t, err, booking.CodeOffGrid, booking.CodeOutsideOpeningTime)
	got, err := b.Stores[0].Unmet(t.Context(), Now().Add(-time.Minute), Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b booking.Unmet) int { return len(a.Codes) - len(b.Codes) })
	if len(got) != 2 || got[0].StationID != StationID(0) || got[0].KindID != "kind-plc" || got[0].PersonID != StudentID(1) ||
		got[0].Programme != "mechatronics" || got[1].StationID != "" || got[1].KindID != "kind-pc" ||
		!slices.Equal(got[1].Codes, []string{booking.CodeOffGrid, booking.CodeOutsideOpeningTime}) || !got[1].EndsAt.Equal(At(1, 23, 7)) {
		t.Errorf("recorded %+v", got)
	}
}

func wanted(t *testing.T, b bench) {
	r := request(0, At(1, 10, 0), At(1, 11, 0))
	b.reserve(t, Student(0), r)
	later := request(0, At(2, 10, 0), At(2, 11, 7))
	for _, asked := range []booking.Request{r, later, r} {
		if _, err := b.service(0).Reserve(t.Context(), Student(1), asked); err == nil {
			t.Fatal("it was to be refused")
		}
	}
	b.reserve(t, Student(1), request(1, At(1, 10, 30), At(1, 11, 30)))
	cancelled := b.reserve(t, Student(1), request(1, At(2, 10, 0), At(2, 11, 0)))
	if _, err := b.service(0).Cancel(t.Context(), Student(1), cancelled.ID, cancelled.Version); err != nil {
		t.Fatal(err)
	}
	get := func(f booking.WantedFilter) []booking.Wanted {
		t.Helper()
		got, err := b.Stores[0].Wanted(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	all := get(booking.WantedFilter{})
	if len(all) != 3 || !all[0].Elsewhere || !all[1].Elsewhere || all[2].Elsewhere || !all[2].EndsAt.Equal(later.EndsAt) {
		t.Fatalf("wanted was %+v", all)
	}
	if page := get(booking.WantedFilter{After: all[0].Cursor(), Limit: 1}); len(page) != 1 || page[0].ID != all[1].ID {
		t.Errorf("the second page is %+v", page)
	}
	for _, narrow := range []struct {
		f    booking.WantedFilter
		want int
	}{
		{booking.WantedFilter{From: At(2, 10, 0)}, 1}, {booking.WantedFilter{Until: At(2, 10, 0)}, 2},
		{booking.WantedFilter{KindID: "kind-pc"}, 0}, {booking.WantedFilter{KindID: "kind-plc", StationIDs: []string{StationID(0)}}, 3},
		{booking.WantedFilter{StationIDs: []string{StationID(1)}}, 0}, {booking.WantedFilter{KindID: "no\x00kind"}, 0},
	} {
		if got := get(narrow.f); len(got) != narrow.want {
			t.Errorf("%+v finds %d, want %d", narrow.f, len(got), narrow.want)
		}
	}
}

func trail(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	later := At(1, 12, 0)
	moved, err := b.service(0).Change(t.Context(), Instructor(), made.ID, made.Version, booking.Change{EndsAt: &later})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.service(0).Cancel(t.Context(), Student(0), made.ID, moved.Version); err != nil {
		t.Fatal(err)
	}
	got, err := b.Stores[0].Trail(t.Context(), made.ID)
	if err != nil || len(got) != 3 {
		t.Fatalf("%d lines, %v", len(got), err)
	}
	acts := []booking.Act{got[0].Act, got[1].Act, got[2].Act}
	if !slices.Equal(acts, []booking.Act{booking.ActReserved, booking.ActChanged, booking.ActCancelled}) ||
		got[1].PersonID != "instructor" || !got[1].After.EndsAt.Equal(later) || got[2].After.Status != booking.StatusCancelled || !got[2].At.Equal(Now()) {
		t.Errorf("the trail is %+v", got)
	}
}

func imports(t *testing.T, b bench) {
	past := func(station, hour int) booking.Booking {
		x := plainBooking("", station, At(-30, hour, 7), At(-30, hour+1, 7))
		x.CreatedAt, x.ChangedAt, x.Version = time.Time{}, time.Time{}, 0
		return x
	}
	var good []booking.Booking
	for hour := range 20 { // 120 rows: more than one INSERT carries
		for station := range 6 {
			good = append(good, past(station, hour))
		}
	}
	cancelled := past(0, 10)
	cancelled.Status = booking.StatusCancelled
	good = append(good, cancelled)

	unknown, empty := past(0, 3), past(6, 3)
	unknown.StationID, empty.EndsAt = "nowhere", empty.StartsAt
	n := len(good)
	err := b.service(0).Import(t.Context(), append(slices.Clone(good), past(2, 10), unknown, empty))
	var refused *booking.ImportError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want an import error", err)
	}
	var got []string
	for _, f := range refused.Faults {
		got = append(got, fmt.Sprint(f.Row, f.Code))
	}
	// Of two rows that overlap, the later one in the order of time and file is to blame.
	if want := []string{fmt.Sprint(n, booking.CodeSlotTaken), fmt.Sprint(n+1, booking.CodeStationUnknown), fmt.Sprint(n+2, booking.CodeEmptyInterval)}; !slices.Equal(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
	if all, err := b.Stores[0].List(t.Context(), booking.Filter{}); err != nil || len(all) != 0 {
		t.Fatalf("a refused import left %d rows, %v", len(all), err)
	}
	if err := b.service(0).Import(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if all, err := b.Stores[0].List(t.Context(), booking.Filter{}); err != nil || len(all) != n || all[0].ID == "" || all[0].Version != 1 {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	err = b.service(0).Import(t.Context(), []booking.Booking{past(3, 4)})
	if !errors.As(err, &refused) || refused.Faults[0].Code != booking.CodeSlotTaken {
		t.Errorf("the same again: %v", err)
	}
}

func importsAhead(t *testing.T, b bench) {
	buffer, longest := 30, 120
	rule := booking.PolicyRule{Scope: booking.ScopeKind, ScopeID: "kind-plc", BufferMinutes: &buffer, LongestMinutes: &longest}
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), rule); err != nil {
		t.Fatal(err)
	}
	row := func(from, until time.Time) booking.Booking {
		x := plainBooking("", 0, from, until)
		x.CreatedAt, x.ChangedAt, x.Version = time.Time{}, time.Time{}, 0
		return x
	}
	bring := func(override bool, rows ...booking.Booking) []string {
		t.Helper()
		err := b.Stores[0].Import(t.Context(), booking.Bulk{Rows: rows, Now: Now(), Override: override})
		var refused *booking.ImportError
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		var got []string
		for _, f := range given(refused).Faults {
			got = append(got, fmt.Sprint(f.Row, f.Code))
		}
		return got
	}
	early, next := row(At(1, 10, 0), At(1, 11, 0)), row(At(1, 11, 15), At(1, 12, 0)) // into the buffer
	long := row(At(2, 10, 0), At(2, 15, 0))
	over := row(At(-2, 10, 0), At(-2, 15, 0))
	if got := bring(false, early, next, long, over); !slices.Equal(got, []string{"1" + booking.CodeSlotTaken, "2" + booking.CodeTooLong}) {
		t.Errorf("the faults are %v", got)
	}
	if got := bring(true, early, long, over); got != nil {
		t.Errorf("with override: %v", got)
	}
	if got := bring(true, next); !slices.Equal(got, []string{"0" + booking.CodeSlotTaken}) {
		t.Errorf("nobody may override an overlap with a buffer that is stored: %v", got)
	}
	all, err := b.Stores[0].List(t.Context(), booking.Filter{From: Now()})
	if err != nil || len(all) != 2 || !all[0].OccupiedUntil.Equal(At(1, 11, 30)) || !all[0].DueAt.Equal(early.StartsAt) {
		t.Errorf("stored is %+v, %v", all, err)
	}
}

// given gives what an error holds; nothing for none.
func given(e *booking.ImportError) booking.ImportError {
	if e == nil {
		return booking.ImportError{}
	}
	return *e
}

func stalePolicy(t *testing.T, b bench) {
	four, eight := 4*60, 8*60
	rule := booking.PolicyRule{Scope: booking.ScopeKind, ScopeID: "kind-plc", LongestMinutes: &four}
	stored, err := b.service(0).SetPolicy(t.Context(), Instructor(), rule)
	if err != nil || stored.Version != 1 {
		t.Fatalf("%+v, %v", stored, err)
	}
	if _, err := b.service(1).SetPolicy(t.Context(), Instructor(), rule); fault.KindOf(err) != fault.KindStale {
		t.Errorf("a second first version: %v", err)
	}
	stored.LongestMinutes = &eight
	if _, err := b.service(1).SetPolicy(t.Context(), Instructor(), stored); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), stored); fault.KindOf(err) != fault.KindStale {
		t.Errorf("an old version: %v", err)
	}
	for i := range b.services {
		p, err := b.service(i).PolicyFor(t.Context(), StationID(0))
		if err != nil || p.LongestMinutes != eight || p.GridMinutes != booking.DefaultPolicy().GridMinutes {
			t.Errorf("the policy is %+v, %v", p, err)
		}
	}
	zero := 0
	if _, err := b.service(0).SetPolicy(t.Context(), Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, GridMinutes: &zero}); fault.KindOf(err) != fault.KindInvalid {
		t.Errorf("a grid of nothing: %v", err)
	}
}

func oddTexts(t *testing.T, b bench) {
	s, actor := b.service(0), Student(0)
	for _, odd := range []string{"\x00", "\xff\xfe", "no such thing", "'; DROP TABLE bookings; --", "$1"} {
		r := request(0, At(1, 10, 0), At(1, 11, 0))
		r.PersonID = odd
		_, err := s.Reserve(t.Context(), Instructor(), r)
		wantKind(t, err, fault.KindNotFound)
		r = request(0, At(1, 10, 0), At(1, 11, 0))
		r.StationID = odd
		_, err = s.Reserve(t.Context(), actor, r)
		wantKind(t, err, fault.KindNotFound)
		r.StationID, r.KindID = "", odd
		_, err = s.Reserve(t.Context(), actor, r)
		wantKind(t, err, fault.KindNotFound)
		_, err = s.Cancel(t.Context(), actor, odd, 0)
		wantKind(t, err, fault.KindNotFound)
		_, err = s.Availability(t.Context(), actor, booking.Query{StationIDs: []string{odd}, From: Now(), Until: At(1, 0, 0)})
		wantKind(t, err, fault.KindNotFound)
		if list, err := s.List(t.Context(), booking.Filter{PersonID: odd}); err != nil || len(list) != 0 {
			t.Errorf("bookings of %q: %v, %v", odd, list, err)
		}
	}
	r := request(0, At(1, 10, 0), At(1, 11, 0))
	r.Programme = "a\x00b"
	_, err := s.Reserve(t.Context(), actor, r)
	wantKind(t, err, fault.KindInvalid)
	r.Programme, r.StartsAt, r.EndsAt = "", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err = s.Reserve(t.Context(), actor, r); fault.KindOf(err) != fault.KindRule {
		t.Errorf("the end of time: %v", err)
	}
	r.StartsAt, r.EndsAt = r.EndsAt, r.StartsAt
	if _, err = s.Reserve(t.Context(), actor, r); fault.KindOf(err) != fault.KindRule {
		t.Errorf("all of time: %v", err)
	}
}
