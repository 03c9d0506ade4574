package booking_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
)

// TestWhateverIsOfferedIsAcceptedUnderAnyRules books random pieces of what availability offers, in schools with random rules.
func TestWhateverIsOfferedIsAcceptedUnderAnyRules(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	tried := 0
	for range 150 {
		tried += offered(t, rng, anyRules(rng))
	}
	if tried < 500 {
		t.Errorf("only %d pieces were tried", tried)
	}
}

// anyRules makes a school of two sites where each rule holds now and then.
func anyRules(rng *rand.Rand) bookingtest.School {
	some := func(share int, value int) *int {
		if rng.IntN(share) > 0 {
			return nil
		}
		return &value
	}
	s := in([]string{"Asia/Shanghai", "Europe/Helsinki", "Australia/Lord_Howe"}[rng.IntN(3)], rng.IntN(3) == 0)
	s.Sites = append(s.Sites, equipment.Site{ID: "far", Code: "FAR", TimeZone: s.Sites[0].TimeZone})
	s.Stations[1].SiteID = "far"
	rule := booking.PolicyRule{
		BufferMinutes: some(2, 15*rng.IntN(4)), TravelMinutes: some(2, 30*rng.IntN(3)), NoticeMinutes: some(3, 90), HorizonDays: some(2, rng.IntN(4)),
		LongestMinutes: some(2, 60+15*rng.IntN(8)), ShortestMinutes: some(2, 30), QualificationUnusedDays: some(2, 2), StrikeLimit: some(4, 1),
		GridMinutes: some(2, 30),
	}
	if rng.IntN(3) == 0 {
		rule.Periods = &[]booking.Period{{Starts: 480, Ends: 525}, {Starts: 535, Ends: 580}, {Starts: 840, Ends: 930}, {Starts: 1380, Ends: 1440}}
	}
	if rng.IntN(2) == 0 {
		codes := booking.Waivable()
		rng.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
		waived := codes[:rng.IntN(len(codes))]
		rule.OffPeak, rule.OffPeakWaives = &[]booking.Hours{{From: 18 * 60, Until: 24 * 60}, {Weekdays: []int{6, 0, 2}, From: 0, Until: 9*60 + 10}}, &waived
	}
	if rng.IntN(3) == 0 {
		rule.Qualification = new(true)
		s.Qualifications = []account.Qualification{{ID: "q", PersonID: bookingtest.StudentID(0), KindID: "kind-plc", GrantedAt: at(-1, 0, 0), ExpiresAt: at(2+rng.IntN(3), 11, 7)}}
	}
	s = limits(s, rule)
	var quotas []booking.Quota
	for range rng.IntN(3) {
		quota := booking.Quota{
			Per:    []booking.QuotaPer{booking.PerPerson, booking.PerTeam, booking.PerProgramme}[rng.IntN(3)],
			Window: []booking.QuotaWindow{booking.WindowDay, booking.WindowWeek, booking.WindowMonth}[rng.IntN(3)],
		}
		if rng.IntN(2) == 0 {
			quota.MostBookings = new(1 + rng.IntN(4))
		} else {
			quota.MostMinutes = new(45 * (1 + rng.IntN(8)))
		}
		if rng.IntN(2) == 0 {
			quota.Hours = []booking.Hours{{From: 9 * 60, Until: 17*60 + 20}}
		}
		quotas = append(quotas, quota)
	}
	s.Teams = []account.Team{{ID: "red", Code: "RED", Members: []account.Member{{PersonID: bookingtest.StudentID(0), Captain: true}, {PersonID: bookingtest.StudentID(1), Captain: true}}}}
	if rng.IntN(2) == 0 {
		s.Seasons = []booking.Season{{
			ID: "season", Name: "season", Starts: "2026-11-24", Ends: "2026-11-26", Kinds: []string{"kind-plc"}, Teams: []string{"red"}, HorizonDays: rng.IntN(6),
			Priority: []booking.Hours{{From: 10 * 60, Until: 12 * 60}, {From: 17 * 60, Until: 20 * 60}}, ReleaseHours: rng.IntN(30),
		}}
	}
	return with(s, quotas...)
}

// offered books some, asks what is free, and tries pieces of it; it gives how many.
func offered(t *testing.T, rng *rand.Rand, school bookingtest.School) int {
	t.Helper()
	var c clock
	s, store := c.open(school)
	team := ""
	if rng.IntN(2) == 0 {
		team = "red"
	}
	for range 15 {
		from := bookingtest.Now().Truncate(time.Hour).Add(time.Duration(rng.IntN(96*4)) * 15 * time.Minute)
		r := station(rng.IntN(2), from, from.Add(time.Duration(1+rng.IntN(8))*15*time.Minute))
		if rng.IntN(2) == 0 {
			r.TeamID = team
		}
		_, _ = s.Reserve(t.Context(), bookingtest.Student(rng.IntN(2)), r) // a refusal is as good
	}
	query := booking.Query{
		StationIDs: []string{"PLC-00"}, From: at(0, 0, 0), Until: at(4, 7, 0), Length: time.Duration(rng.IntN(5)) * 15 * time.Minute, TeamID: team,
	}
	free, err := s.Availability(t.Context(), bookingtest.Student(0), query)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, f := range free {
		for _, span := range pieces(rng, f, query.Length, school.Policies[0]) {
			r := station(0, span.From, span.Until)
			r.TeamID = team
			made, err := s.Reserve(t.Context(), bookingtest.Student(0), r)
			if err != nil {
				t.Errorf("%v to %v of %+v: %v\npolicy %+v\nquotas %+v\nseasons %+v", span.From, span.Until, f, err, school.Policies[0], school.Quotas, school.Seasons)
				continue
			}
			tried++
			store.Forget(made.ID)
		}
	}
	return tried
}

// pieces gives spans within a free interval that are as long as one may be, or as one must be.
func pieces(rng *rand.Rand, f booking.Free, least time.Duration, rule booking.PolicyRule) []equipment.Interval {
	if rule.Periods != nil { // their edges are not known here: the whole, if it is not too long
		if f.Until.Sub(f.From) > f.Longest {
			return nil
		}
		return []equipment.Interval{{From: f.From, Until: f.Until}}
	}
	grid := 15 * time.Minute
	if rule.GridMinutes != nil {
		grid = time.Duration(*rule.GridMinutes) * time.Minute
	}
	if rule.ShortestMinutes != nil {
		least = max(least, time.Duration(*rule.ShortestMinutes)*time.Minute)
	}
	least = max(least, grid)
	first := f.From.Add(grid - 1).Truncate(grid) // whole grids of these zones are whole in UTC, too
	var out []equipment.Interval
	for _, length := range []time.Duration{least.Truncate(grid), f.Longest.Truncate(grid)} {
		if room := f.Until.Sub(first) - length; length >= least && length <= f.Longest && room >= 0 {
			from := first.Add(time.Duration(rng.Int64N(int64(room/grid)+1)) * grid)
			out = append(out, equipment.Interval{From: from, Until: from.Add(length)})
		}
	}
	return out
}
