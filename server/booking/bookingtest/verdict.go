package bookingtest

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// later gives a tender on each handle, all at a time of their own.
func (b bench) later(now time.Time, w *Witness) []*booking.Tender {
	var out []*booking.Tender
	for _, store := range b.Stores {
		out = append(out, booking.NewTender(booking.New(store, func() time.Time { return now }), w))
	}
	return out
}

// case12Idempotent lets every handle tend the same bookings at the same instant, several times over.
func case12Idempotent(t *testing.T, b bench) {
	w := &Witness{}
	start := At(0, 10, 15)
	var all []booking.Booking
	for n := range Stations {
		all = append(all, b.reserve(t, Student(n), request(n, start, At(0, 12, 0))))
		w.Saw(n, start, 20, n%2 == 0)
	}
	tenders := b.later(start.Add(18*time.Minute), w)
	var looked atomic.Int64
	atOnce(8, func(i int) {
		n, err := tenders[i%len(tenders)].Tend(t.Context())
		looked.Add(int64(n))
		if err != nil {
			t.Errorf("tend: %v", err)
		}
	})
	if looked.Load() < Stations {
		t.Errorf("%d looks at %d bookings", looked.Load(), Stations)
	}
	for n, made := range all {
		got, err := b.Stores[0].ByID(t.Context(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		want, strikes := booking.VerdictArrived, 0
		if n%2 == 1 {
			want, strikes = booking.VerdictAbsent, 1
		}
		if got.Verdict != want || got.Version != 2 {
			t.Errorf("booking %d: %q in version %d, want %q in version 2", n, got.Verdict, got.Version, want)
		}
		trail, err := b.Stores[0].Trail(t.Context(), made.ID)
		if err != nil || len(trail) != 2 {
			t.Errorf("booking %d: the trail has %d entries, %v", n, len(trail), err)
		}
		found, err := b.Stores[0].Strikes(t.Context(), booking.StrikeFilter{BookingID: made.ID})
		if err != nil || len(found) != strikes {
			t.Errorf("booking %d: %d strikes, want %d; %v", n, len(found), strikes, err)
		}
	}
	if n, err := tenders[0].Tend(t.Context()); n != 0 || err != nil {
		t.Errorf("something is due still: %d, %v", n, err)
	}
}

// case11CancelAndRelease lets a person give back what is taken from them at the same instant: one wins, and both are told
// what stands.
func case11CancelAndRelease(t *testing.T, b bench) {
	w := &Witness{}
	start := At(0, 10, 15)
	for n := range Stations {
		made := b.reserve(t, Student(n), request(n, start, At(0, 12, 0)))
		w.Saw(n, start, 20, false)
		now := start.Add(18 * time.Minute)
		tenders := b.later(now, w)
		var told booking.Booking
		atOnce(2, func(i int) {
			tender := tenders[i%len(tenders)]
			var err error
			if i == 0 {
				_, err = tender.Tend(t.Context())
			} else {
				told, err = tender.Cancel(t.Context(), Student(n), made.ID, 0)
			}
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		})
		stands, err := b.Stores[0].ByID(t.Context(), made.ID)
		if err != nil || stands != told || stands.Status != booking.StatusEnded || stands.Version != 2 || !stands.EndsAt.Equal(now) {
			t.Errorf("told %+v, stands %+v, %v", told, stands, err)
		}
		found, err := b.Stores[0].Strikes(t.Context(), booking.StrikeFilter{BookingID: made.ID})
		if err != nil || (len(found) == 1) != (stands.Verdict == booking.VerdictAbsent) {
			t.Errorf("%q with %d strikes, %v", stands.Verdict, len(found), err)
		}
	}
}

func strikes(t *testing.T, b bench) {
	store := b.Stores[0]
	made := booking.Strike{
		ID: "one", BookingID: "one", PersonID: StudentID(1), TeamID: "team", At: At(0, 9, 30), ExpiresAt: At(30, 9, 0),
		State: booking.StrikeStanding, Version: 1,
	}
	newer := made
	newer.ID, newer.BookingID, newer.At, newer.TeamID = "two", "two", At(0, 10, 0), ""
	other := made
	other.ID, other.BookingID, other.PersonID, other.TeamID, other.At = "three", "three", StudentID(2), "", At(0, 9, 0)
	write := func(w booking.Write) {
		t.Helper()
		err := store.Decide(t.Context(), booking.Ask{}, func(booking.View) (booking.Write, error) { return w, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	write(booking.Write{Strikes: []booking.Strike{made, newer, other}})
	newer.State, newer.Appeal, newer.AppealedAt, newer.Version = booking.StrikeStanding, "I was ill, 病了\nsorry", At(1, 9, 0), 2
	write(booking.Write{Strikes: []booking.Strike{newer}})
	if got, err := store.StrikeByID(t.Context(), "two"); err != nil || got != newer {
		t.Errorf("by id: %+v, %v", got, err)
	}
	if _, err := store.StrikeByID(t.Context(), "nobody's"); fault.KindOf(err) != fault.KindNotFound {
		t.Errorf("an unknown one: %v", err)
	}
	for _, c := range []struct {
		name string
		f    booking.StrikeFilter
		want []booking.Strike
	}{
		{"all", booking.StrikeFilter{}, []booking.Strike{newer, made, other}},
		{"a person's", booking.StrikeFilter{PersonID: StudentID(1)}, []booking.Strike{newer, made}},
		{"open appeals", booking.StrikeFilter{Open: true}, []booking.Strike{newer}},
		{"a booking's", booking.StrikeFilter{BookingID: "one"}, []booking.Strike{made}},
		{"a page", booking.StrikeFilter{Limit: 1}, []booking.Strike{newer}},
		{"the next page", booking.StrikeFilter{After: booking.StrikeCursor{At: newer.At, ID: newer.ID}, Limit: 1}, []booking.Strike{made}},
		{"the last page", booking.StrikeFilter{After: booking.StrikeCursor{At: made.At, ID: made.ID}}, []booking.Strike{other}},
	} {
		got, err := store.Strikes(t.Context(), c.f)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	seen := func(ask booking.Ask) (ids []string) {
		t.Helper()
		stop := errors.New("seen")
		if err := store.Decide(t.Context(), ask, func(v booking.View) (booking.Write, error) {
			ids = nil
			for _, s := range v.Strikes {
				ids = append(ids, s.ID)
			}
			return booking.Write{}, stop
		}); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		return ids
	}
	for _, c := range []struct {
		ask  booking.Ask
		want int
	}{
		{booking.Ask{PersonIDs: []string{StudentID(1)}}, 0},
		{booking.Ask{PersonIDs: []string{StudentID(1)}, Strikes: true}, 2},
		{booking.Ask{TeamIDs: []string{"team"}, Strikes: true}, 1},
		{booking.Ask{StrikeIDs: []string{"three", "no"}}, 1},
	} {
		if got := seen(c.ask); len(got) != c.want {
			t.Errorf("%+v: %v", c.ask, got)
		}
	}
}

func reminders(t *testing.T, b bench) {
	made := b.reserve(t, Student(0), request(0, At(1, 10, 0), At(1, 11, 0)))
	at := At(0, 11, 0)
	if err := b.Stores[0].Remind(t.Context(), []string{made.ID, "nobody's"}, at); err != nil {
		t.Fatal(err)
	}
	got, err := b.Stores[0].ByID(t.Context(), made.ID)
	if made.DueAt = at; err != nil || got != made {
		t.Errorf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		now  time.Time
		want int
	}{{at.Add(-time.Second), 0}, {at, 1}} {
		if ids, err := b.Stores[0].Due(t.Context(), c.now, 10); err != nil || len(ids) != c.want {
			t.Errorf("at %v %v are due, %v", c.now, ids, err)
		}
	}
}
