package bookingtest

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
)

// strangers: who sat at a station without having booked, and goes on when the booking of somebody else begins, is noticed once:
// whoever booked, those who run the room and the station are told. Nobody is suspected who follows another booking, came just
// before, or has booked where they sit; and who is there says so by the code, or the instructor does.
func strangers(t *testing.T, b bench) {
	w, start := &Witness{}, At(1, 10, 0)
	const taken, follows, early, checked, said = 0, 1, 2, 3, 4
	var all []booking.Booking
	for n := taken; n <= said; n++ {
		all = append(all, b.reserve(t, Student(n), with(n, 1, 10)))
		w.Saw(n, start.Add(-40*time.Minute), 60, true)
	}
	b.reserve(t, Student(9), with(follows, 1, 9))
	late := request(5, At(0, 10, 7), At(0, 12, 0)) // it is 10:07:20
	sits := b.reserve(t, Student(5), late)
	w.Saw(5, At(0, 9, 0), 120, true)
	w.gone(early, start.Add(-10*time.Minute))
	scan := booking.CheckInRequest{How: booking.CheckInQR, KeyFits: func(string) bool { return true }}
	if _, err := b.later(start.Add(-5*time.Minute), w)[0].CheckIn(t.Context(), Student(checked), all[checked].ID, scan); err != nil {
		t.Fatal(err)
	}
	ears := make([]*listener, len(b.Stores))
	for i, store := range b.Stores {
		ears[i] = &listener{Store: store}
	}
	look := func(now time.Time) {
		t.Helper()
		if err := booking.New(ears[0], func() time.Time { return now }).Reconsider(t.Context(), news(start, said)); err != nil {
			t.Fatal(err)
		}
		for _, ear := range ears {
			if _, err := booking.NewTender(booking.New(ear, func() time.Time { return now }), w).Tend(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	strange := func(now time.Time, made booking.Booking, want bool) {
		t.Helper()
		got, err := b.Stores[0].ByID(t.Context(), made.ID)
		if err != nil || got.Stranger(now) != want || got.Verdict != booking.VerdictArrived {
			t.Errorf("station %s: a stranger is %v, want %v: %+v, %v", made.StationID, !want, want, got, err)
		}
	}
	look(At(0, 10, 30))
	strange(At(0, 10, 30), sits, false)
	look(start.Add(2 * time.Minute))
	look(start.Add(4 * time.Minute))
	now := start.Add(4 * time.Minute)
	for n, want := range []bool{taken: true, follows: false, early: false, checked: false, said: true} {
		strange(now, all[n], want)
	}
	told := 0
	for _, ear := range ears {
		told += ear.heard(booking.EventOccupied)
	}
	if told != 4 { // two stations: whoever booked it, and those who run the room
		t.Errorf("%d are told of strangers, want 4", told)
	}
	if _, err := b.later(now, w)[0].CheckIn(t.Context(), Student(taken), all[taken].ID, scan); err != nil {
		t.Error(err)
	}
	if _, err := b.later(now, w)[0].CheckIn(t.Context(), Instructor(), all[said].ID, booking.CheckInRequest{How: booking.CheckInInstructor}); err != nil {
		t.Error(err)
	}
	look(start.Add(25 * time.Minute))
	strange(now, all[taken], false)
	strange(now, all[said], false)
}

// news says that stations up to one were used from an instant on.
func news(from time.Time, last int) []booking.News {
	var out []booking.News
	for n := range last + 1 {
		out = append(out, booking.News{StationID: StationID(n), From: from, Until: from.Add(2 * time.Minute), Used: true})
	}
	return out
}
