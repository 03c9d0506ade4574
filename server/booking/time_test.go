package booking_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
)

// in gives a school whose clocks on the wall show the time of a zone, open from 8 to 22 or the whole day.
func in(zone string, always bool) bookingtest.School {
	s := bookingtest.NewSchool()
	s.Sites[0].TimeZone = zone
	if always {
		s.Hours = nil
	}
	return s
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestLengthsAreCountedByInstantsWhenClocksChange(t *testing.T) {
	helsinki := zone(t, "Europe/Helsinki")
	var c clock
	s, _ := c.open(in("Europe/Helsinki", true))
	for i, x := range []struct {
		name        string
		from, until time.Time
		codes       []string
	}{
		// 2027-03-28 03:00 becomes 04:00: from 1:00 to 6:00 are four hours.
		{"four hours on a short night", time.Date(2027, 3, 28, 1, 0, 0, 0, helsinki), time.Date(2027, 3, 28, 6, 0, 0, 0, helsinki), nil},
		{"five hours on a short night", time.Date(2027, 3, 28, 1, 0, 0, 0, helsinki), time.Date(2027, 3, 28, 7, 0, 0, 0, helsinki), []string{"too_long"}},
		// 2027-10-31 04:00 becomes 03:00: from 1:00 to 5:00 are five hours.
		{"five hours on a long night", time.Date(2027, 10, 31, 1, 0, 0, 0, helsinki), time.Date(2027, 10, 31, 5, 0, 0, 0, helsinki), []string{"too_long"}},
		{"four hours on a long night", time.Date(2027, 10, 31, 1, 0, 0, 0, helsinki), time.Date(2027, 10, 31, 4, 0, 0, 0, helsinki), nil},
	} {
		c.now = x.from.Add(-20 * time.Hour)
		_, err := s.Reserve(t.Context(), bookingtest.Student(i), station(i, x.from, x.until))
		if !slices.Equal(codes(err), x.codes) {
			t.Errorf("%s (%s): %v, want %v", x.name, x.until.Sub(x.from), err, x.codes)
		}
	}
}

func TestOpeningHoursAreThoseOfTheClockOnTheWall(t *testing.T) {
	for _, name := range []string{"Asia/Shanghai", "Europe/Helsinki", "America/New_York", "Australia/Lord_Howe"} {
		loc := zone(t, name)
		for _, day := range []string{"2027-03-14", "2027-03-28", "2027-04-04", "2027-10-03", "2027-10-31", "2027-11-07", "2027-06-01"} {
			midnight := equipment.Day(day).Start(loc)
			wall := func(hour, minute int) time.Time {
				return time.Date(midnight.Year(), midnight.Month(), midnight.Day(), hour, minute, 0, 0, loc)
			}
			var c clock
			s, _ := c.open(in(name, false))
			c.now = midnight.Add(-30 * time.Hour)
			if _, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, wall(8, 0), wall(9, 0))); err != nil {
				t.Errorf("%s on %s from 8:00: %v", name, day, err)
			}
			if _, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, wall(21, 0), wall(22, 0))); err != nil {
				t.Errorf("%s on %s until 22:00: %v", name, day, err)
			}
			if _, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, wall(7, 45), wall(8, 0))); !slices.Equal(codes(err), []string{"outside_opening_hours"}) {
				t.Errorf("%s on %s from 7:45: %v", name, day, err)
			}
		}
	}
}

func TestTheGridFollowsTheClockOnTheWallWhereItMovesByHalfAnHour(t *testing.T) {
	howe := zone(t, "Australia/Lord_Howe") // 2027-10-03: 02:00 becomes 02:30
	var c clock
	s, _ := c.open(in("Australia/Lord_Howe", true))
	hour := 60
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, GridMinutes: &hour}); err != nil {
		t.Fatal(err)
	}
	from, until := time.Date(2027, 10, 3, 1, 0, 0, 0, howe), time.Date(2027, 10, 3, 3, 0, 0, 0, howe)
	c.now = from.Add(-3 * time.Hour)
	if got := until.Sub(from); got != 90*time.Minute {
		t.Fatalf("from 1:00 to 3:00 are %s", got)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, from, until)); err != nil {
		t.Errorf("from 1:00 to 3:00: %v", err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Student(1), station(1, from, from.Add(time.Hour))); !slices.Equal(codes(err), []string{"off_grid"}) {
		t.Errorf("from 1:00 to 2:30, which the clock calls it: %v", err)
	}
	free, err := s.Availability(t.Context(), bookingtest.Student(1), booking.Query{StationIDs: []string{"PLC-01"}, From: from, Until: from.Add(95 * time.Minute)})
	if err != nil || len(free) != 1 || !free[0].From.Equal(from) || !free[0].Until.Equal(until) {
		t.Errorf("free is %v, %v", free, err)
	}
}

func TestTomorrowIsADayOfTheCalendarNotTwentyFourHours(t *testing.T) {
	helsinki := zone(t, "Europe/Helsinki")
	var c clock
	s, _ := c.open(in("Europe/Helsinki", true))
	one := 1
	if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeSite, ScopeID: "site", HorizonDays: &one}); err != nil {
		t.Fatal(err)
	}
	// The day of 25 hours is tomorrow: all of it may be booked.
	c.now = time.Date(2027, 10, 30, 0, 30, 0, 0, helsinki)
	end := time.Date(2027, 11, 1, 0, 0, 0, 0, helsinki)
	if _, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, end.Add(-time.Hour), end)); err != nil {
		t.Errorf("the last hour of tomorrow: %v", err)
	}
	if _, err := s.Reserve(t.Context(), bookingtest.Student(1), station(1, end.Add(-time.Hour), end.Add(15*time.Minute))); !slices.Equal(codes(err), []string{"too_far_ahead"}) {
		t.Errorf("beyond tomorrow: %v", err)
	}
}

// TestAvailabilityIsExactlyWhatTheValidatorAccepts tries every slot of four days on random schools.
func TestAvailabilityIsExactlyWhatTheValidatorAccepts(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 12 {
		zones := []string{"Asia/Shanghai", "Europe/Helsinki", "Australia/Lord_Howe"}
		school := in(zones[rng.IntN(len(zones))], rng.IntN(4) == 0)
		days := []time.Time{bookingtest.Now(), time.Date(2027, 3, 27, 9, 10, 2, 0, time.UTC), time.Date(2027, 10, 2, 9, 10, 2, 0, time.UTC)}
		now := days[rng.IntN(len(days))]
		start := now.Add(time.Duration(rng.IntN(48)) * time.Hour)
		school.Outages = []equipment.Outage{{StationID: bookingtest.StationID(0), StartsAt: start, EndsAt: start.Add(time.Duration(1+rng.IntN(300)) * time.Minute)}}
		var c clock
		s, store := c.open(school)
		c.now = now
		horizon, notice := rng.IntN(4), rng.IntN(2)*45
		if _, err := s.SetPolicy(t.Context(), bookingtest.Instructor(), booking.PolicyRule{Scope: booking.ScopeSchool, HorizonDays: &horizon, NoticeMinutes: &notice}); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			from := now.Truncate(time.Hour).Add(time.Duration(rng.IntN(96*4)) * 15 * time.Minute)
			r := station(rng.IntN(2), from, from.Add(time.Duration(1+rng.IntN(8))*15*time.Minute))
			_, _ = s.Reserve(t.Context(), bookingtest.Student(rng.IntN(2)), r) // a refusal is as good
		}
		compare(t, s, store, now)
	}
}

// compare asks about one station and tries all slots on it.
func compare(t *testing.T, s *booking.Service, store *bookingtest.Memory, now time.Time) {
	t.Helper()
	from, until := now.Add(-12*time.Hour).Truncate(time.Hour), now.Add(84*time.Hour).Truncate(time.Hour)
	const length = 45 * time.Minute
	free, err := s.Availability(t.Context(), bookingtest.Student(0), booking.Query{StationIDs: []string{"PLC-00"}, From: from, Until: until, Length: length})
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for at := from; !at.Add(length).After(until); at = at.Add(15 * time.Minute) {
		offered := slices.ContainsFunc(free, func(f booking.Free) bool { return !at.Before(f.From) && !at.Add(length).After(f.Until) })
		made, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, at, at.Add(length)))
		if offered != (err == nil) {
			t.Errorf("now %v: %v is offered: %v, the validator says %v; free %v", now, at, offered, err, free)
		}
		if err == nil {
			accepted++
			store.Forget(made.ID)
		}
	}
	t.Logf("%d slots accepted, %d gaps", accepted, len(free))
}
