package bookingtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// case04Sums compares what a store adds up with the bookings one by one, for random bookings and budgets.
func case04Sums(t *testing.T, b bench) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // chance, not secrecy
	term := booking.Term{ID: "term", Name: "term", Starts: "2026-11-01", Ends: "2026-12-10"}
	if _, err := b.Stores[0].PutDocument(t.Context(), term.Document()); err != nil {
		t.Fatal(err)
	}
	made := b.manyBookings(t, chance)
	for range 200 {
		b.compareSums(t, chance, made)
	}
	b.compareAllowances(t, chance)
}

// manyBookings stores bookings of a few people, teams and programmes, of each sort that quotas tell apart.
func (b bench) manyBookings(t *testing.T, chance *rand.Rand) []booking.Booking {
	t.Helper()
	var made []booking.Booking
	for n := range 400 {
		from := At(-20, 0, 0).Add(time.Duration(chance.IntN(40*24*12)) * 5 * time.Minute)
		x := plainBooking(fmt.Sprintf("b%03d", n), chance.IntN(Stations), from, from.Add(time.Duration(1+chance.IntN(60))*5*time.Minute))
		x.PersonID, x.Programme, x.TeamID = StudentID(chance.IntN(3)), oneOf(chance, "", "mechatronics", "welding"), oneOf(chance, "", "", "red", "blue")
		x.PartyID, x.Purpose = oneOf(chance, "", "", "", "p1", "p2"), oneOf(chance, booking.PurposePractice, booking.PurposeResearch, booking.PurposeClass)
		switch chance.IntN(6) {
		case 0:
			x.Status, x.HeldUntil = booking.StatusHeld, Now().Add(time.Duration(chance.IntN(3)-1)*time.Hour)
		case 1:
			x.Status, x.ChargedUntil = booking.StatusCancelled, oneOf(chance, x.StartsAt, x.EndsAt)
		case 2:
			x.Status, x.ChargedUntil = booking.StatusEnded, x.EndsAt.Add(time.Hour)
		}
		if err := b.force(t, x, false); errors.Is(err, booking.ErrOverlap) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		made = append(made, x)
	}
	return made
}

func oneOf[T any](chance *rand.Rand, all ...T) T { return all[chance.IntN(len(all))] }

// compareSums asks for random budgets, with and without knowing some bookings.
func (b bench) compareSums(t *testing.T, chance *rand.Rand, made []booking.Booking) {
	t.Helper()
	var ask booking.Ask
	for range 1 + chance.IntN(4) {
		from := At(-20, 0, 0).Add(time.Duration(chance.IntN(40*24*6)) * 10 * time.Minute).Unix()
		u := booking.Budget{Per: oneOf(chance, booking.PerPerson, booking.PerTeam, booking.PerProgramme), From: from, Until: from + int64(1+chance.IntN(20*24))*3600}
		u.SubjectID = map[booking.QuotaPer]string{
			booking.PerPerson: StudentID(chance.IntN(3)), booking.PerTeam: oneOf(chance, "red", "blue"), booking.PerProgramme: oneOf(chance, "mechatronics", "welding"),
		}[u.Per]
		scope := oneOf(chance, [2]string{"school"}, [2]string{"site", "site"}, [2]string{"room", "room-a"}, [2]string{"kind", "kind-plc"}, [2]string{"station", StationID(0)})
		u.Scope, u.ScopeID = booking.Scope(scope[0]), scope[1]
		if !slices.Contains(ask.Budgets, u) {
			ask.Budgets = append(ask.Budgets, u)
		}
	}
	known := map[string]bool{}
	for range chance.IntN(4) {
		id := oneOf(chance, made...).ID
		known[id], ask.BookingIDs = true, append(ask.BookingIDs, id)
	}
	view, err := b.Stores[chance.IntN(len(b.Stores))].Look(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	want := map[booking.Budget]booking.Sum{}
	for _, x := range made {
		for _, u := range ask.Budgets {
			seconds := charged(u, x)
			switch {
			case seconds == 0 || x.Purpose == booking.PurposeClass:
			case x.PartyID != "" || x.Status == booking.StatusHeld || known[x.ID]:
				shown[x.ID] = true
			case covers(u, x):
				want[u] = booking.Sum{Length: want[u].Length + time.Duration(seconds)*time.Second, Bookings: want[u].Bookings + 1}
			}
		}
	}
	for _, u := range ask.Budgets {
		if view.Sums[u] != want[u] {
			t.Errorf("the sum of %+v is %+v, want %+v", u, view.Sums[u], want[u])
		}
	}
	for _, x := range view.Spent {
		if !shown[x.ID] && x.Purpose != booking.PurposeClass {
			t.Errorf("%+v is shown, or twice", x)
		}
		delete(shown, x.ID)
	}
	if len(shown) > 0 {
		t.Errorf("not shown are %v", shown)
	}
}

// charged gives how many seconds of a booking are charged to a budget, on whatever station.
func charged(u booking.Budget, x booking.Booking) int64 {
	subject := map[booking.QuotaPer]string{booking.PerPerson: x.PersonID, booking.PerTeam: x.TeamID, booking.PerProgramme: x.Programme}[u.Per]
	if subject != u.SubjectID {
		return 0
	}
	var seconds int64
	for at := x.StartsAt.Unix(); at < x.Charged().Until.Unix(); at += 60 {
		if at >= u.From && at < u.Until {
			seconds += 60
		}
	}
	return seconds
}

// covers reports whether the budget is about the booking's station, as NewSchool has them.
func covers(u booking.Budget, x booking.Booking) bool {
	for _, s := range NewSchool().Stations {
		if s.ID == x.StationID {
			return u.ScopeID == map[booking.Scope]string{
				booking.ScopeSchool: "", booking.ScopeSite: s.SiteID, booking.ScopeRoom: s.RoomID, booking.ScopeKind: s.KindID, booking.ScopeStation: s.ID,
			}[u.Scope]
		}
	}
	return false
}

// compareAllowances compares what quotas leave with what the same quotas leave that must look at each booking, because they
// have hours: all of them.
func (b bench) compareAllowances(t *testing.T, chance *rand.Rand) {
	t.Helper()
	var quotas []booking.Quota
	for _, per := range []booking.QuotaPer{booking.PerPerson, booking.PerProgramme} {
		for _, window := range []booking.QuotaWindow{booking.WindowDay, booking.WindowWeek, booking.WindowMonth, booking.WindowTerm} {
			for _, scope := range []string{"school", "room room-a", "kind kind-plc"} {
				q := booking.Quota{Name: fmt.Sprintf("%s %s %s", per, window, scope), Per: per, Window: window}
				name, id, _ := strings.Cut(scope, " ")
				q.Scope, q.ScopeID = booking.Scope(name), id
				if most := new(1_000_000); chance.IntN(2) == 0 {
					q.MostBookings = most
				} else {
					q.MostMinutes = most
				}
				q.ID = strings.ReplaceAll(q.Name, " ", "-")
				quotas = append(quotas, q)
			}
		}
	}
	b.putQuotas(t, quotas...)
	type question struct {
		student, station int
		at               time.Time
	}
	var questions []question
	for range 50 {
		questions = append(questions, question{chance.IntN(3), chance.IntN(Stations), At(-20, 0, 0).Add(time.Duration(chance.IntN(40*24)) * time.Hour)})
	}
	ask := func() (out [][]booking.Allowance) {
		for _, q := range questions {
			left, err := b.service(0).Allowance(t.Context(), account.SignedIn(StudentID(q.student), account.RoleStudent), StudentID(q.student), StationID(q.station), q.at)
			if err != nil {
				t.Fatal(err)
			}
			for i := range left {
				left[i].Quota.Hours, left[i].Quota.Version = nil, 0
			}
			out = append(out, left)
		}
		return out
	}
	sums := ask()
	for i := range quotas {
		quotas[i].Version, quotas[i].Hours = 1, []booking.Hours{{From: 0, Until: 24 * 60}}
	}
	b.putQuotas(t, quotas...)
	for i, each := range ask() {
		if !reflect.DeepEqual(sums[i], each) {
			t.Errorf("of %+v sums leave %+v, one by one it is %+v", questions[i], sums[i], each)
		}
	}
}
