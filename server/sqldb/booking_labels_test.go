package sqldb

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/ledger"
	"github.com/labtide/labtide/server/report"
)

// labelsAddUp: whatever was seen, each minute of each station has one label, and those of bookings are the minutes that their
// rows promise, counted one by one: none is lost, and none counts twice. The facts are read as reports read them.
func labelsAddUp(t *testing.T, b *Bookings, seed uint64) {
	t.Helper()
	all, err := b.List(t.Context(), booking.Filter{})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d bookings, %v", len(all), err)
	}
	first, end := ledger.Days(all[0].StartsAt, all[len(all)-1].EndsAt)
	random := rand.New(rand.NewPCG(seed, 1))
	for _, station := range bookingtest.NewSchool().Stations {
		for day := first; day < end; day++ {
			f := seenAtRandom(random, day)
			err := b.Occupied(t.Context(), []string{station.ID}, day.Start(), day.Start().AddDate(0, 0, 1), func(o *report.Occupation) error {
				if o.Class {
					f.Blocked.SetSpan(day, o.From, o.Until)
				} else {
					f.Booked.SetSpan(day, o.From, o.Until)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			minutes := map[ledger.Label]int{}
			at := day.Start()
			for _, run := range f.AppendRuns(nil, day, 0, ledger.Minutes) {
				if !run.StartsAt.Equal(at) {
					t.Errorf("%s on day %d: nothing is said of %v to %v", station.ID, day, at, run.StartsAt)
				}
				at = run.EndsAt
				minutes[run.Label] += int(run.EndsAt.Sub(run.StartsAt) / time.Minute)
			}
			known := minutes[ledger.LabelBookedUsed] + minutes[ledger.LabelBookedIdle] + minutes[ledger.LabelBlockedIdle]
			if want := promised(all, station.ID, day, &f); known != want || !at.Equal(day.Start().AddDate(0, 0, 1)) {
				t.Errorf("%s on day %d: %d minutes are labelled as booked, their rows promise %d; the labels are %v", station.ID, day, known, want, minutes)
			}
			if open := ledger.Minutes - minutes[ledger.LabelClosed]; open != f.Open.Count() {
				t.Errorf("%s on day %d: %d open minutes have a label, %d were open", station.ID, day, open, f.Open.Count())
			}
		}
	}
}

// seenAtRandom gives facts of a day, as a patchy device in a room with an odd outage would leave them.
func seenAtRandom(random *rand.Rand, day ledger.Day) (f ledger.Facts) {
	f.Open.SetRange(random.IntN(120), ledger.Minutes-random.IntN(120))
	for range 12 {
		from := day.Start().Add(time.Duration(random.IntN(ledger.Minutes)) * time.Minute)
		f.Seen.SetSpan(day, from, from.Add(time.Duration(random.IntN(300))*time.Minute))
		f.Used.SetSpan(day, from, from.Add(time.Duration(random.IntN(120))*time.Minute))
	}
	from := day.Start().Add(time.Duration(random.IntN(ledger.Minutes)) * time.Minute)
	f.Down.SetSpan(day, from, from.Add(time.Duration(random.IntN(60))*time.Minute))
	return f
}

// promised counts, booking by booking, the minutes of a day that were promised, and of which it is known what happened.
func promised(all []booking.Booking, stationID string, day ledger.Day, f *ledger.Facts) (n int) {
	for _, b := range all {
		if b.StationID != stationID || !b.Promised() {
			continue
		}
		for m := range ledger.Minutes {
			at := day.Start().Add(time.Duration(m) * time.Minute)
			if !at.Before(b.StartsAt) && at.Before(b.EndsAt) && f.Open.Has(m) && f.Seen.Has(m) && !f.Down.Has(m) {
				n++
			}
		}
	}
	return n
}
