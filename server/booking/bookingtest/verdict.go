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
		if err != nil || told.Status != booking.StatusEnded || stands.Status != booking.StatusEnded || !told.EndsAt.Equal(now) || !stands.EndsAt.Equal(now) {
			t.Errorf("told %+v, stands %+v, %v", told, stands, err)
		}
		b.absentOnce(t, tenders[0], made)
	}
}

// absentOnce looks again, and wants one verdict and one strike, charged to the promised end.
func (b bench) absentOnce(t *testing.T, tender *booking.Tender, made booking.Booking) {
	t.Helper()
	if _, err := tender.Tend(t.Context()); err != nil {
		t.Error(err)
	}
	stands, err := b.Stores[0].ByID(t.Context(), made.ID)
	if err != nil || stands.Verdict != booking.VerdictAbsent || !stands.ChargedUntil.Equal(made.EndsAt) {
		t.Errorf("judged %+v, %v", stands, err)
	}
	found, err := b.Stores[0].Strikes(t.Context(), booking.StrikeFilter{BookingID: made.ID})
	if err != nil || len(found) != 1 || found[0].State != booking.StrikeStanding {
		t.Errorf("%q with the strikes %+v, %v", stands.Verdict, found, err)
	}
}

// case11EarlyEnd lets people who have not come give their station back: it is judged all the same, for as long as it was theirs.
func case11EarlyEnd(t *testing.T, b bench) {
	w := &Witness{}
	start, end := At(0, 10, 15), At(0, 12, 0)
	const gone, worked, unseen, class, byStaff = 0, 1, 2, 3, 4
	var all []booking.Booking
	for n := gone; n <= byStaff; n++ {
		r, actor := request(n, start, end), Student(n)
		if n == class {
			r.Purpose, actor = booking.PurposeClass, Instructor()
		}
		all = append(all, b.reserve(t, actor, r))
		if n != unseen {
			w.Saw(n, start, 20, n == worked)
		}
	}
	w.Saw(gone, start.Add(5*time.Minute), 10, true) // the next one, who found it free
	for n, made := range all {
		actor := Student(n)
		if n == class || n == byStaff {
			actor = Instructor()
		}
		if _, err := b.later(start.Add(5*time.Minute), w)[0].Cancel(t.Context(), actor, made.ID, 0); err != nil {
			t.Fatal(err)
		}
	}
	tender := b.later(start.Add(8*time.Minute), w)[1%len(b.Stores)]
	b.absentOnce(t, tender, all[gone])
	for n, want := range map[int]booking.Verdict{worked: booking.VerdictArrived, unseen: booking.VerdictUnknown, class: "", byStaff: ""} {
		got, err := b.Stores[0].ByID(t.Context(), all[n].ID)
		if err != nil || got.Verdict != want || !got.EndsAt.Equal(start.Add(5*time.Minute)) || !got.ChargedUntil.Equal(got.EndsAt) {
			t.Errorf("booking %d: %q, want %q: %+v, %v", n, got.Verdict, want, got, err)
		}
		if found, err := b.Stores[0].Strikes(t.Context(), booking.StrikeFilter{BookingID: all[n].ID}); err != nil || len(found) != 0 {
			t.Errorf("booking %d: %+v, %v", n, found, err)
		}
	}
}

// case12ByCode lets people check in by the code on the station, which a photo at home does as well: a device that sees the
// station idle for as long as the grace says otherwise, and whoever runs the room has the last word.
func case12ByCode(t *testing.T, b bench) {
	w := &Witness{}
	start, end := At(0, 10, 15), At(0, 12, 0)
	scanned := start.Add(10 * time.Minute)
	const home, late, noDevice, gaveBack = 0, 1, 2, 3
	var all []booking.Booking
	for n := home; n <= gaveBack; n++ {
		all = append(all, b.reserve(t, Student(n), request(n, start, end)))
		if n != noDevice {
			w.Saw(n, start, 40, false)
		}
		fits := booking.CheckInRequest{How: booking.CheckInQR, KeyFits: func(string) bool { return true }}
		if _, err := b.later(scanned, w)[0].CheckIn(t.Context(), Student(n), all[n].ID, fits); err != nil {
			t.Fatal(err)
		}
	}
	w.Saw(late, scanned.Add(14*time.Minute), 1, true)
	if _, err := b.later(start.Add(12*time.Minute), w)[0].Cancel(t.Context(), Student(gaveBack), all[gaveBack].ID, 0); err != nil {
		t.Fatal(err)
	}
	verdicts := func(after time.Duration, want ...booking.Verdict) {
		t.Helper()
		if _, err := b.later(scanned.Add(after), w)[1%len(b.Stores)].Tend(t.Context()); err != nil {
			t.Error(err)
		}
		for n, verdict := range want {
			if got, err := b.Stores[0].ByID(t.Context(), all[n].ID); err != nil || got.Verdict != verdict || got.CheckIn == "" {
				t.Errorf("booking %d is %q after %v, want %q: %+v, %v", n, got.Verdict, after, verdict, got, err)
			}
		}
	}
	const arrived, absent = booking.VerdictArrived, booking.VerdictAbsent
	verdicts(15*time.Minute, arrived, arrived, arrived, absent)
	verdicts(18*time.Minute, absent, arrived, arrived, absent)
	tender := b.later(scanned.Add(18*time.Minute), w)[0]
	b.absentOnce(t, tender, all[home])
	b.absentOnce(t, tender, all[gaveBack])
	after, err := tender.CheckIn(t.Context(), Instructor(), all[home].ID, booking.CheckInRequest{How: booking.CheckInInstructor})
	if err != nil || after.CheckIn != booking.CheckInInstructor {
		t.Errorf("the instructor was there: %+v, %v", after, err)
	}
	verdicts(24*time.Hour, arrived, arrived, arrived, absent)
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
