package bookingtest

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// team is one that student 0 leads; the school must have it.
func team() account.Team {
	t := account.Team{ID: "team", Code: "WS", Name: "WS", Programme: "worldskills", Version: 1}
	for n := range 3 {
		t.Members = append(t.Members, account.Member{PersonID: StudentID(n), Captain: n == 0})
	}
	return t
}

// bigParties lets parties that name the same stations in different order, and parties that take any, fight at once.
func bigParties(t *testing.T, b bench) {
	for round := range rounds {
		from := At(1+round%10, 8+round/10*4, 0)
		var mu sync.Mutex
		seats := map[string]string{}
		atOnce(12, func(i int) {
			rng := rand.New(rand.NewPCG(uint64(round), uint64(i)))
			wish := booking.PartyRequest{StartsAt: from, EndsAt: from.Add(2 * time.Hour), PersonIDs: []string{StudentID(i)}}
			if i%3 == 0 {
				wish.KindID, wish.Count, wish.Adjacent = "plc-bench", 3, booking.AdjacentPreferred
			} else {
				for _, n := range rng.Perm(4) {
					wish.StationIDs = append(wish.StationIDs, StationID(n))
				}
			}
			made, err := b.service(i).ReserveTogether(t.Context(), Instructor(), wish)
			if err != nil {
				wantKind(t, err, fault.KindConflict)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, seat := range made {
				if other := seats[seat.StationID]; other != "" {
					t.Errorf("round %d: %s went to %s and to %s", round, seat.StationID, other, seat.PartyID)
				}
				seats[seat.StationID] = seat.PartyID
			}
		})
		b.wholeParties(t, from, seats)
	}
	b.noOverlaps(t)
}

// wholeParties checks that what is stored are the parties that were answered, each whole.
func (b bench) wholeParties(t *testing.T, from time.Time, answered map[string]string) {
	t.Helper()
	stored, err := b.Stores[0].Active(t.Context(), nil, "", from, from.Add(2*time.Hour))
	if err != nil || len(stored) != len(answered) || len(stored) == 0 {
		t.Fatalf("%d seats are stored and %d were answered, %v", len(stored), len(answered), err)
	}
	sizes := map[string]int{}
	for _, seat := range stored {
		sizes[seat.PartyID]++
	}
	for id, size := range sizes {
		if size != 3 && size != 4 {
			t.Errorf("the party %q has %d seats", id, size)
		}
	}
}

// partyTogether moves, extends and cancels a party from several handles at once: it stays in one piece.
func partyTogether(t *testing.T, b bench) {
	for round := range rounds {
		from := At(1+round%5, 8+round/5*3, 0)
		made, err := b.service(0).ReserveTogether(t.Context(), Instructor(), booking.PartyRequest{
			KindID: "plc-bench", Count: 3, PersonIDs: []string{StudentID(0)}, StartsAt: from, EndsAt: from.Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		id, version := made[0].PartyID, booking.PartyVersion(made)
		atOnce(6, func(i int) {
			var err error
			if i == 5 {
				_, err = b.service(i).CancelParty(t.Context(), Student(0), id, 0)
			} else {
				until := from.Add(time.Hour + time.Duration(15*i)*time.Minute)
				_, err = b.service(i).ChangeParty(t.Context(), Student(0), id, version, booking.Change{EndsAt: &until})
			}
			if err != nil && fault.KindOf(err) != fault.KindStale {
				wantKind(t, err, fault.KindConflict)
			}
		})
		seats, err := b.service(1).Party(t.Context(), id)
		if err != nil || len(seats) != 3 {
			t.Fatalf("%d seats, %v", len(seats), err)
		}
		for _, seat := range seats {
			if seat.Status != booking.StatusCancelled || !seat.EndsAt.Equal(seats[0].EndsAt) || seat.Version != seats[0].Version {
				t.Errorf("round %d: one seat is %s until %v (%d), another %s until %v (%d)", round,
					seats[0].Status, seats[0].EndsAt, seats[0].Version, seat.Status, seat.EndsAt, seat.Version)
			}
		}
	}
}

// teams lets every handle see who is in a team at that moment.
func teams(t *testing.T, b bench) {
	s := NewSchool()
	s.Teams = []account.Team{team()}
	b.Put(t, s)
	wish := booking.PartyRequest{KindID: "plc-bench", Count: 3, TeamID: "team", StartsAt: At(1, 10, 0), EndsAt: At(1, 11, 0)}
	for n := range 3 {
		wish.PersonIDs = append(wish.PersonIDs, StudentID(n))
	}
	made, err := b.service(1).ReserveTogether(t.Context(), Student(0), wish)
	if err != nil {
		t.Fatal(err)
	}
	for i, seat := range made {
		if seat.TeamID != "team" || seat.PersonID != StudentID(i) || seat.Programme != "worldskills" || seat.CreatedBy != StudentID(0) {
			t.Errorf("seat %d is %+v", i, seat)
		}
	}
	seen, err := b.Stores[0].List(t.Context(), booking.Filter{TeamID: "team"})
	if err != nil || !slices.Equal(seen, made) && len(seen) != 3 {
		t.Errorf("the team has %+v, %v", seen, err)
	}
	if _, err := b.service(0).Cancel(t.Context(), Student(2), made[2].ID, 0); err != nil {
		t.Errorf("a member gives their own seat back: %v", err)
	}
	if _, err := b.service(0).Cancel(t.Context(), Student(2), made[1].ID, 0); fault.CodeOf(err) != "not_captain" {
		t.Errorf("a member gives another's seat back: %v", err)
	}
	if _, err := b.service(0).Cancel(t.Context(), Student(0), made[1].ID, 0); err != nil {
		t.Errorf("the captain gives another's seat back: %v", err)
	}
	s.Teams[0].Members[0].Captain = false
	b.Put(t, s)
	if _, err := b.service(1).CancelParty(t.Context(), Student(0), made[0].PartyID, 0); fault.CodeOf(err) != "not_captain" {
		t.Errorf("who is captain no more: %v", err)
	}
}
