package bookingtest

import (
	"sync"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// rounds is how often people fight.
const rounds = 20

func oneWins(t *testing.T, b bench) {
	for round := range rounds {
		from := At(1+round/6, 8+2*(round%6), 0)
		r := request(round%Stations, from, from.Add(time.Hour))
		errs := make([]error, Students)
		atOnce(Students, func(i int) {
			_, errs[i] = b.service(i).Reserve(t.Context(), Student(i), r)
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			refusedFor(t, err, booking.CodeSlotTaken)
			wantKind(t, err, fault.KindConflict)
		}
		if won != 1 {
			t.Errorf("round %d: %d won", round, won)
		}
	}
	b.noOverlaps(t)
	if all, err := b.Stores[0].Active(t.Context(), nil, "", At(0, 0, 0), At(9, 0, 0)); err != nil || len(all) != rounds {
		t.Errorf("%d are stored, %v; want %d", len(all), err, rounds)
	}
}

func anyBench(t *testing.T, b bench) {
	const benches = Stations - Stations/4
	var mu sync.Mutex
	got := map[string]int{}
	atOnce(Students, func(i int) {
		made, err := b.service(i).Reserve(t.Context(), Student(i), booking.Request{KindID: "plc-bench", StartsAt: At(1, 10, 0), EndsAt: At(1, 11, 0)})
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			wantKind(t, err, fault.KindConflict)
			return
		}
		got[made.StationID]++
	})
	if len(got) != benches {
		t.Errorf("%d of %d benches were booked: %v", len(got), benches, got)
	}
	b.noOverlaps(t)
}

func parties(t *testing.T, b bench) {
	for round := range rounds {
		from := At(1+round, 10, 0)
		if round > 12 {
			from = At(round-12, 14, 0)
		}
		errs := make([]error, 16)
		atOnce(len(errs), func(i int) {
			stations := []int{0, 1}
			if i%2 == 1 {
				stations = []int{1, 0}
			}
			party := []booking.Request{request(stations[0], from, from.Add(time.Hour)), request(stations[1], from, from.Add(time.Hour))}
			party[1].PersonID = StudentID(i + 20)
			party[0].PersonID = StudentID(i)
			_, errs[i] = b.service(i/2).ReserveParty(t.Context(), Instructor(), party)
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				refusedFor(t, err, booking.CodeSlotTaken, booking.CodeSlotTaken)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d parties won", round, won)
		}
	}
	b.noOverlaps(t)
}

func oneSeat(t *testing.T, b bench) {
	for round := range rounds {
		from := At(1+round%10, 10+round/10*2, 0)
		errs := make([]error, Stations)
		atOnce(Stations, func(i int) {
			_, errs[i] = b.service(i).Reserve(t.Context(), Student(0), request(i, from, from.Add(time.Hour)))
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				refusedFor(t, err, booking.CodePersonBusy)
			}
		}
		if won != 1 {
			t.Errorf("round %d: one person sits at %d stations", round, won)
		}
	}
}

func cancelTogether(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	results := make([]booking.Booking, 8)
	atOnce(len(results), func(i int) {
		var err error
		if results[i], err = b.service(i).Cancel(t.Context(), Student(0), made.ID, made.Version); err != nil {
			t.Error(err)
		}
	})
	for _, r := range results {
		if r != results[0] || r.Status != booking.StatusCancelled || r.Version != 2 {
			t.Errorf("one is told %+v, another %+v", results[0], r)
		}
	}
}

func changeTogether(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	errs := make([]error, 8)
	atOnce(len(errs), func(i int) {
		until := At(1, 12, 15*(i%4))
		_, errs[i] = b.service(i).Change(t.Context(), Student(0), made.ID, made.Version, booking.Change{EndsAt: &until})
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantKind(t, err, fault.KindStale)
		}
	}
	if won != 1 {
		t.Errorf("%d changed the same version", won)
	}
}
