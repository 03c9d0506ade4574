package bookingtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// noneOverlap: no two active bookings of a station share time, and between them is what its policy wants for cleaning. That
// is reckoned from the policy, and not from what is stored.
func noneOverlap(t *testing.T, all []booking.Booking) {
	t.Helper()
	last := map[string]booking.Booking{}
	for _, b := range byStart(all) {
		if !b.Active() {
			continue
		}
		if before, ok := last[b.StationID]; ok && b.StartsAt.Before(before.EndsAt.Add(cleaning(b.StationID))) {
			t.Errorf("%+v comes too soon after %+v", b, before)
		}
		last[b.StationID] = b
	}
}

// nobodyIsTwice: nobody is at two stations at once, by their own booking or as company, but for the seats of one party.
func nobodyIsTwice(t *testing.T, all []booking.Booking) {
	t.Helper()
	last := map[string]booking.Booking{}
	for _, b := range byStart(all) {
		if !b.Active() || b.Purpose == booking.PurposeClass {
			continue
		}
		for _, person := range strings.Fields(b.PersonID + " " + b.Companions) {
			before, ok := last[person]
			if ok && before.Interval().Overlaps(b.Interval()) && (b.PartyID == "" || b.PartyID != before.PartyID) {
				t.Errorf("%s is at two stations: %+v and %+v", person, b, before)
			}
			if !ok || before.EndsAt.Before(b.EndsAt) {
				last[person] = b
			}
		}
	}
}

// noProgrammeOverspends: what is charged to a programme in room B on a day is not more than the quota, added up booking by
// booking.
func noProgrammeOverspends(t *testing.T, all []booking.Booking) {
	t.Helper()
	spent := map[string]int{}
	shenzhen := time.FixedZone("Shenzhen", 8*60*60)
	for _, b := range all {
		inRoomB := b.StationID == StationID(3) || b.StationID == StationID(7)
		if !inRoomB || b.Purpose == booking.PurposeClass || b.Status == booking.StatusHeld { // an offer that has expired counts no more
			continue
		}
		for at := b.StartsAt; at.Before(b.Charged().Until); at = at.Add(time.Minute) {
			spent[b.Programme+" on "+string(equipment.DayOf(at, shenzhen))]++
		}
	}
	for whose, minutes := range spent {
		if minutes > dayMinutes {
			t.Errorf("%s has %d minutes in room B, the quota is %d", whose, minutes, dayMinutes)
		}
	}
}

// nobodyOverspends: what a person is charged for in a week is not more than the quota. Time that two seats of a party share
// counts once. It is added up minute by minute, and not as the quota does it.
func nobodyOverspends(t *testing.T, all []booking.Booking) {
	t.Helper()
	type budget struct {
		person string
		monday equipment.Day
	}
	spent := map[budget]map[int64]bool{}
	shenzhen := time.FixedZone("Shenzhen", 8*60*60)
	for _, b := range all {
		if b.Purpose == booking.PurposeClass || b.Status == booking.StatusHeld { // an offer that has expired counts no more
			continue
		}
		for at := b.StartsAt; at.Before(b.Charged().Until); at = at.Add(time.Minute) {
			day := equipment.DayOf(at, shenzhen)
			key := budget{b.PersonID, day.Add(-(int(day.Weekday()) + 6) % 7)}
			if spent[key] == nil {
				spent[key] = map[int64]bool{}
			}
			spent[key][at.Unix()/60] = true
		}
	}
	for key, minutes := range spent {
		if len(minutes) > weekMinutes {
			t.Errorf("%s is charged for %d minutes in the week of %s, the quota is %d", key.person, len(minutes), key.monday, weekMinutes)
		}
	}
}

// strikesFit: there is a standing strike for a booking exactly when its verdict is absent, and never two.
func (w *world) strikesFit(t *testing.T, all []booking.Booking) {
	t.Helper()
	strikes, err := w.service(0).Strikes(t.Context(), Instructor(), booking.StrikeFilter{})
	if err != nil {
		t.Fatal(err)
	}
	standing := map[string]int{}
	for _, s := range strikes {
		if s.State == booking.StrikeStanding {
			standing[s.BookingID]++
		}
	}
	for _, b := range all {
		want := 0
		if b.Verdict == booking.VerdictAbsent {
			want = 1
		}
		if standing[b.ID] != want {
			t.Errorf("%d strikes stand for %+v", standing[b.ID], b)
		}
	}
}

func byStart(all []booking.Booking) []booking.Booking {
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b booking.Booking) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), strings.Compare(a.ID, b.ID))
	})
	return out
}

// trailsTell: the history of a booking has every version once, and ends with what stands. One in twenty is looked at.
func (w *world) trailsTell(t *testing.T, all []booking.Booking) (problems []string) {
	t.Helper()
	for n := 0; n < len(all); n += 20 {
		b := all[n]
		entries, err := w.service(0).Trail(t.Context(), b.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries {
			if e.After.Version != int64(i+1) {
				problems = append(problems, fmt.Sprintf("line %d of %s is version %d", i, b.ID, e.After.Version))
			}
		}
		if len(entries) == 0 {
			problems = append(problems, "nothing tells of "+b.ID)
		} else if end := entries[len(entries)-1].After; end.Version != b.Version || end.Interval() != b.Interval() || end.Status != b.Status || end.StationID != b.StationID {
			problems = append(problems, fmt.Sprintf("%s stands as %+v, its history ends with %+v", b.ID, b, end))
		}
	}
	return problems
}
