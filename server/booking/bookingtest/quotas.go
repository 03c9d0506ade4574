package bookingtest

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

func (b bench) putQuotas(t *testing.T, quotas ...booking.Quota) {
	t.Helper()
	for _, q := range quotas {
		if _, err := b.Stores[0].PutDocument(t.Context(), q.Document()); err != nil {
			t.Fatal(err)
		}
	}
}

// spendTogether has everybody spend of one budget at the same instant: each is 60 of the 240 minutes that it has for a day.
func spendTogether(t *testing.T, b bench, per booking.QuotaPer, who func(i int) account.Actor, team string) {
	b.putQuotas(t, booking.Quota{ID: "shared", Name: "shared", Scope: booking.ScopeSchool, Per: per, Window: booking.WindowDay, MostMinutes: new(240)})
	for day := 1; day <= 6; day++ {
		const tries = 16
		errs := make([]error, tries)
		atOnce(tries, func(i int) {
			from := At(day, 8+2*(i%7), 0) // nobody is in another's way but by the budget
			r := request(i%Stations, from, from.Add(time.Hour))
			if per == booking.PerPerson {
				r = request(i%Stations, At(day, 8, 0).Add(time.Duration(i%14)*time.Hour), At(day, 9, 0).Add(time.Duration(i%14)*time.Hour))
			}
			r.TeamID = team
			_, errs[i] = b.service(i).Reserve(t.Context(), who(i), r)
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			}
		}
		if won != 4 {
			t.Errorf("day %d: %d were booked, want 4: %v", day, won, errs)
		}
	}
	all, err := b.Stores[0].Active(t.Context(), nil, "", At(1, 0, 0), At(7, 0, 0))
	if err != nil || len(all) != 24 {
		t.Errorf("%d are stored, %v; want 24", len(all), err)
	}
}

func case04Person(t *testing.T, b bench) {
	spendTogether(t, b, booking.PerPerson, func(int) account.Actor { return Student(0) }, "")
}

func case04Programme(t *testing.T, b bench) {
	spendTogether(t, b, booking.PerProgramme, Student, "")
}

func case04Team(t *testing.T, b bench) {
	s := NewSchool()
	red := account.Team{ID: "red", Code: "RED", Name: "Red", Version: 1}
	for n := range 16 {
		red.Members = append(red.Members, account.Member{PersonID: StudentID(n), Captain: true})
	}
	s.Teams = []account.Team{red}
	b.Put(t, s)
	spendTogether(t, b, booking.PerTeam, Student, red.ID)
}

// case04Spent compares what the store says is spent with what was booked, cancelled and moved.
func case04Spent(t *testing.T, b bench) {
	quota := booking.Quota{ID: "week", Name: "week", Scope: booking.ScopeSchool, Per: booking.PerPerson, Window: booking.WindowWeek, MostMinutes: new(180)}
	b.putQuotas(t, quota)
	first := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	b.reserve(t, Student(0), request(1, At(6, 21, 0), At(6, 22, 0)))
	b.reserve(t, Student(0), request(1, At(7, 8, 0), At(7, 11, 0))) // next week
	if _, err := b.service(1).Reserve(t.Context(), Student(0), request(2, At(2, 10, 0), At(2, 11, 15))); err == nil {
		t.Error("75 of 60 minutes are booked")
	} else {
		refusedFor(t, err, booking.CodeQuotaExceeded)
	}
	second := b.reserve(t, Student(0), request(2, At(2, 10, 0), At(2, 11, 0)))
	until := At(1, 11, 15)
	_, err := b.service(1).Change(t.Context(), Student(0), first.ID, 0, booking.Change{EndsAt: &until})
	refusedFor(t, err, booking.CodeQuotaExceeded)
	if _, err := b.service(1).Cancel(t.Context(), Student(0), second.ID, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service(0).Change(t.Context(), Student(0), first.ID, 0, booking.Change{EndsAt: &until}); err != nil {
		t.Errorf("after giving an hour back: %v", err)
	}
	ask := booking.Ask{Budgets: []booking.Budget{
		{Per: booking.PerPerson, SubjectID: StudentID(0), From: At(0, 0, 0).Unix(), Until: At(7, 0, 0).Unix(), Scope: booking.ScopeSchool},
		{Per: booking.PerProgramme, SubjectID: "mechatronics", From: At(0, 0, 0).Unix(), Until: At(7, 0, 0).Unix(), Scope: booking.ScopeSchool},
	}}
	view, err := b.Stores[0].Look(t.Context(), ask)
	if both := (booking.Sum{Length: 135 * time.Minute, Bookings: 2}); err != nil || len(view.Spent) > 0 || view.Sums[ask.Budgets[0]] != both || view.Sums[ask.Budgets[1]] != both {
		t.Errorf("spent is %+v and %+v, %v; want sums of %+v", view.Spent, view.Sums, err, both)
	}
	ask.BookingIDs = []string{first.ID}
	view, err = b.Stores[0].Look(t.Context(), ask)
	if rest := (booking.Sum{Length: time.Hour, Bookings: 1}); err != nil || len(view.Spent) != 1 || view.Spent[0].ID != first.ID || view.Sums[ask.Budgets[0]] != rest {
		t.Errorf("when the first is known, spent is %+v and %+v, %v", view.Spent, view.Sums, err)
	}
	ask.EachSpent = true
	view, err = b.Stores[0].Look(t.Context(), ask)
	if err != nil || len(view.Spent) != 2 || len(view.Sums) > 0 {
		t.Errorf("one by one, spent is %+v and %+v, %v; want two, each once", view.Spent, view.Sums, err)
	}
}
