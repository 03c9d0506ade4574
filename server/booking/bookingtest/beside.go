package bookingtest

import (
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// wantTwo has two people be there at every station.
func (b bench) wantTwo(t *testing.T) {
	t.Helper()
	rule := booking.PolicyRule{Scope: booking.ScopeSchool, MinPeople: new(2)}
	if _, err := b.Stores[0].PutDocument(t.Context(), rule.Document()); err != nil {
		t.Fatal(err)
	}
}

// seriesWithCompany: company comes along to every occurrence, and whoever does not want to be named any more stops no series.
func seriesWithCompany(t *testing.T, b bench) {
	const ann, bob, cem = 0, 1, 2
	s := NewSchool()
	b.wantTwo(t)
	series := booking.SeriesRequest{StationIDs: []string{StationID(0)}, First: "2026-11-24", Rule: "FREQ=DAILY;COUNT=3", Starts: 600, Ends: 660}
	_, err := b.service(0).CreateSeries(t.Context(), Student(ann), series, false)
	refusedFor(t, err, booking.CodeBuddyNeeded, booking.CodeBuddyNeeded, booking.CodeBuddyNeeded)
	series.Companions = []string{StudentID(bob)}
	made, err := b.service(0).CreateSeries(t.Context(), Student(ann), series, false)
	if err != nil || made.Count(booking.OutcomeBooked) != 3 || made.Occurrences[2].Bookings[0].Companions != StudentID(bob) {
		t.Fatalf("with bob: %+v, %v", made, err)
	}
	_, err = b.service(1).Reserve(t.Context(), Student(bob), with(1, 2, 10, cem))
	refusedFor(t, err, booking.CodePersonBusy)
	s.People[slices.IndexFunc(s.People, func(p account.Person) bool { return p.ID == StudentID(bob) })].Unnamed = true
	b.Put(t, s)
	_, err = b.service(1).CreateSeries(t.Context(), Student(cem), series, false)
	if fault.CodeOf(err) != "companion_declines" {
		t.Errorf("named all the same: %v", err)
	}
	longer, skip := "FREQ=DAILY;COUNT=4", booking.ConflictSkip
	after, err := b.service(1).ChangeSeries(t.Context(), Student(ann), made.Series.ID, 0, booking.SeriesChange{Rule: &longer, Conflict: &skip, From: "2026-11-24"}, false)
	if err != nil || len(after.Occurrences) != 4 || after.Occurrences[3].Outcome != booking.OutcomeSkipped {
		t.Errorf("one more, to which he does not come: %+v, %v", after.Occurrences, err)
	}
}

// waitWithCompany: who waits names who comes along: they are kept by the offer, and told when it is taken.
func waitWithCompany(t *testing.T, b bench) {
	const ann, bob, cem, dan = 0, 1, 2, 3
	b.wantTwo(t)
	join := func(who int, companions ...int) (booking.Wait, error) {
		r := booking.WaitRequest{StationID: StationID(0), From: At(1, 10, 0), Until: At(1, 11, 0), Wanted: time.Hour}
		for _, n := range companions {
			r.Companions = append(r.Companions, StudentID(n))
		}
		return b.service(who).Join(t.Context(), Student(who), r)
	}
	taken := b.reserve(t, Student(dan), with(0, 1, 10, 4))
	_, err := join(ann)
	refusedFor(t, err, booking.CodeBuddyNeeded)
	for code, named := range map[string]int{"companions_invalid": ann, "companion_unknown": 4711} {
		if _, err := join(ann, named); fault.CodeOf(err) != code {
			t.Errorf("with student %d: %v, want %s", named, err, code)
		}
	}
	first, err := join(ann, bob)
	if err != nil || first.Companions != StudentID(bob) {
		t.Fatalf("ann with bob: %+v, %v", first, err)
	}
	second, err := join(cem, 5)
	if err != nil {
		t.Fatal(err)
	}
	busy := b.reserve(t, Student(bob), with(1, 1, 10, 6)) // waiting keeps nobody
	b.cancel(t, Student(dan), taken.ID)
	wait := func(id string) booking.Wait {
		t.Helper()
		w, err := b.Stores[0].WaitByID(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	if w := wait(first.ID); w.State != booking.WaitWaiting || w.Reason != booking.CodeCompanionBusy || w.Companions != StudentID(bob) {
		t.Errorf("bob is elsewhere: %+v", w)
	}
	w := wait(second.ID)
	if w.State != booking.WaitOffered {
		t.Fatalf("cem is next: %+v", w)
	}
	_, err = b.service(1).Reserve(t.Context(), Student(5), with(2, 1, 10, 7))
	refusedFor(t, err, booking.CodePersonBusy)
	b.cancel(t, Student(bob), busy.ID)
	if _, err := b.service(1).Decline(t.Context(), Student(cem), w.BookingID); err != nil {
		t.Fatal(err)
	}
	w = wait(first.ID)
	got, err := b.service(1).Accept(t.Context(), Student(ann), w.BookingID)
	if err != nil || got.Companions != StudentID(bob) || got.Status != booking.StatusConfirmed {
		t.Errorf("ann and bob: %+v, %v", got, err)
	}
}

// partyIsCompany: those of a party who are in one room at the same time are there for each other; of a team that one person
// books for, as many as there are seats and members.
func partyIsCompany(t *testing.T, b bench) {
	b.withTeam(t)
	b.wantTwo(t)
	here, there := []string{StationID(0), StationID(1)}, StationID(3)
	for i, c := range []struct {
		r     booking.PartyRequest
		codes []string
		sides []int
	}{
		{booking.PartyRequest{StationIDs: here[:1], TeamID: "team"}, []string{booking.CodeBuddyNeeded}, nil},
		{booking.PartyRequest{StationIDs: []string{here[0], there}, TeamID: "team"}, []string{booking.CodeBuddyNeeded, booking.CodeBuddyNeeded}, nil},
		{booking.PartyRequest{StationIDs: here}, []string{booking.CodeBuddyNeeded, booking.CodeBuddyNeeded}, nil},
		{booking.PartyRequest{StationIDs: here, TeamID: "team"}, nil, []int{1, 1}},
		{booking.PartyRequest{KindID: "plc-bench", Count: 4, TeamID: "team"}, nil, []int{2, 2, 2, 2}}, // the team has three
		{booking.PartyRequest{StationIDs: here, TeamID: "team", PersonIDs: []string{StudentID(0), StudentID(1)}}, nil, []int{1, 1}},
		{booking.PartyRequest{StationIDs: here[:1], TeamID: "team", Companions: []string{StudentID(9)}}, nil, []int{0}},
		{booking.PartyRequest{StationIDs: []string{here[0], here[1], there}, TeamID: "team", Companions: []string{StudentID(1)}}, []string{booking.CodeBuddyNeeded}, nil},
		{booking.PartyRequest{StationIDs: here, TeamID: "team", Companions: []string{StudentID(9)}}, nil, []int{1, 2}},
	} {
		c.r.StartsAt, c.r.EndsAt = At(1, 8+i, 0), At(1, 9+i, 0)
		made, err := b.service(i).ReserveTogether(t.Context(), Student(0), c.r)
		if c.codes != nil {
			refusedFor(t, err, c.codes...)
			continue
		}
		var sides []int
		for _, seat := range made {
			sides = append(sides, seat.Beside)
		}
		if err != nil || !slices.Equal(sides, c.sides) {
			t.Errorf("%+v: beside each are %v, %v; want %v", c.r, sides, err, c.sides)
		}
	}
	series, err := b.service(0).CreateSeries(t.Context(), Student(0), booking.SeriesRequest{
		StationIDs: here, TeamID: "team", First: "2026-11-26", Rule: "FREQ=DAILY;COUNT=2", Starts: 600, Ends: 660,
	}, false)
	if err != nil || series.Count(booking.OutcomeBooked) != 2 {
		t.Errorf("a series of the team: %+v, %v", series, err)
	}
}

// partyIsLeft: who gives a seat back leaves the others, as company does; and nobody gets a station for themselves by it.
func partyIsLeft(t *testing.T, b bench) {
	b.withTeam(t)
	b.wantTwo(t)
	w := &Witness{}
	party := func(day, hour int) []booking.Booking {
		t.Helper()
		made, err := b.service(day).ReserveTogether(t.Context(), Student(0), booking.PartyRequest{
			StationIDs: []string{StationID(0), StationID(1), StationID(2)}, TeamID: "team", StartsAt: At(day, hour, 0), EndsAt: At(day, hour+1, 0),
		})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	seat := func(made booking.Booking, status booking.Status, beside int, short bool) booking.Booking {
		t.Helper()
		got, err := b.Stores[0].ByID(t.Context(), made.ID)
		if err != nil || got.Status != status || got.Beside != beside || got.ShortAt.IsZero() == short {
			t.Errorf("the seat at %s: %+v, %v; want it %s, %d beside, short %v", made.StationID, got, err, status, beside, short)
		}
		return got
	}
	made := party(1, 10)
	b.cancel(t, Student(0), made[0].ID)
	seat(made[1], booking.StatusConfirmed, 1, false)
	from, until := At(1, 13, 0), At(1, 14, 0)
	_, err := b.service(1).Change(t.Context(), Student(0), made[1].ID, 0, booking.Change{StartsAt: &from, EndsAt: &until})
	refusedFor(t, err, booking.CodeBuddyNeeded)
	b.cancel(t, Student(0), made[1].ID)
	seat(made[2], booking.StatusConfirmed, 0, true)
	if _, err := b.later(At(1, 10, 0), w)[0].Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	seat(made[2], booking.StatusCancelled, 0, true)

	made = party(2, 10)
	b.cancel(t, Student(0), made[0].ID)
	b.cancel(t, Student(0), made[1].ID)
	if _, err := b.service(1).Change(t.Context(), Student(0), made[2].ID, 0, booking.Change{Companions: &[]string{StudentID(9)}}); err != nil {
		t.Fatal(err)
	}
	seat(made[2], booking.StatusConfirmed, 0, false)

	made = party(3, 10)
	late := At(3, 12, 0)
	if _, err := b.service(1).ChangeParty(t.Context(), Student(0), made[0].PartyID, 0, booking.Change{EndsAt: &late}); err != nil {
		t.Fatal(err)
	}
	seat(made[0], booking.StatusConfirmed, 2, false)
	early := At(3, 11, 30)
	if _, err := b.service(1).Change(t.Context(), Student(0), made[1].ID, 0, booking.Change{EndsAt: &early, Companions: &[]string{StudentID(9)}}); err != nil {
		t.Fatal(err)
	}
	if got := seat(made[0], booking.StatusConfirmed, 1, false); got.Version != 3 {
		t.Errorf("the others' seats are of version %d", got.Version)
	}
	seat(made[1], booking.StatusConfirmed, 2, false) // the others are there as long as that
	if _, err := b.later(At(3, 9, 0), w)[0].CancelParty(t.Context(), Student(0), made[0].PartyID, 0); err != nil {
		t.Error(err)
	}
}

// withTeam has a school with the team.
func (b bench) withTeam(t *testing.T) {
	t.Helper()
	s := NewSchool()
	s.Teams = []account.Team{team()}
	b.Put(t, s)
}
