package booking_test

import (
	"errors"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/booking/bookingtest"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

func TestLessonPeriodsAreTheGridAndARunningOneMayBeJoined(t *testing.T) {
	clockOf := func(hour, minute int) int { return hour*60 + minute }
	periods := []booking.Period{{clockOf(8, 0), clockOf(8, 45)}, {clockOf(8, 55), clockOf(9, 40)}, {clockOf(10, 0), clockOf(10, 45)}, {clockOf(21, 30), clockOf(24, 0)}}
	school := limits(bookingtest.NewSchool(), booking.PolicyRule{Periods: &periods})
	school.Hours = nil
	for _, c := range []struct {
		name        string
		from, until time.Time
		codes       []string
	}{
		{"one period", at(1, 8, 0), at(1, 8, 45), nil},
		{"two, and the break between them", at(1, 8, 0), at(1, 9, 40), nil},
		{"it starts in the break", at(1, 8, 45), at(1, 9, 40), []string{"off_periods"}},
		{"it ends where one starts", at(1, 8, 0), at(1, 8, 55), []string{"off_periods"}},
		{"by the old grid", at(1, 8, 15), at(1, 8, 30), []string{"off_periods"}},
		{"until midnight", at(1, 21, 30), at(2, 0, 0), nil},
		{"over the night", at(1, 21, 30), at(2, 0, 45), []string{"off_periods"}},
		{"the period that runs", at(0, 10, 7), at(0, 10, 45), nil}, // it is 10:07:20
		{"the period that runs, to a wrong end", at(0, 10, 7), at(0, 10, 30), []string{"off_periods"}},
	} {
		_, err := open(school).Reserve(t.Context(), bookingtest.Student(0), station(0, c.from, c.until))
		wantCodes(t, c.name, err, c.codes...)
	}
	s := open(school)
	free, err := s.Availability(t.Context(), bookingtest.Student(0), booking.Query{StationIDs: []string{"PLC-00"}, From: at(0, 0, 0), Until: at(1, 12, 0)})
	if err != nil || len(free) != 1 || !free[0].From.Equal(at(0, 10, 7)) || !free[0].Until.Equal(at(1, 10, 45)) {
		t.Errorf("free is %v, %v", free, err)
	}
	_, err = s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(1, 8, 50), at(1, 9, 35)))
	for _, way := range alternatives(t, err) {
		if _, err := open(school).Reserve(t.Context(), bookingtest.Student(0), station(0, way.StartsAt, way.EndsAt)); err != nil {
			t.Errorf("%+v: %v", way, err)
		}
	}
}

func TestABookingIsMovedInTimeOrNotAtAll(t *testing.T) {
	var c clock
	s, _ := c.open(limits(bookingtest.NewSchool(), booking.PolicyRule{ChangeNoticeMinutes: new(24*60 + 30)}))
	mine := reserve(t, s, 0, station(0, at(2, 10, 0), at(2, 11, 0)))
	c.now = at(1, 9, 30)
	mine, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, to(at(2, 10, 15), at(2, 11, 15)))
	if err != nil {
		t.Fatalf("in the last minute: %v", err)
	}
	c.now = at(1, 9, 46) // less than a day and a half hour
	elsewhere := bookingtest.StationID(1)
	_, err = s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, booking.Change{StationID: &elsewhere})
	wantCodes(t, "to another station", err, "too_late_to_change")
	_, err = s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, to(at(3, 10, 0), at(3, 11, 0)))
	wantCodes(t, "to another day", err, "too_late_to_change")
	longer := at(2, 11, 30)
	if _, err := s.Change(t.Context(), bookingtest.Student(0), mine.ID, 0, booking.Change{EndsAt: &longer}); err != nil {
		t.Errorf("a longer one still starts when it was to: %v", err)
	}
	if _, err := s.Change(t.Context(), bookingtest.Instructor(), mine.ID, 0, booking.Change{StationID: &elsewhere, Override: true}); err != nil {
		t.Errorf("an instructor insists: %v", err)
	}
}

func TestTheWayToAnotherSiteTakesItsTime(t *testing.T) {
	school := limits(bookingtest.NewSchool(), booking.PolicyRule{TravelMinutes: new(45)})
	school.Sites = append(school.Sites, equipment.Site{ID: "far", Code: "FAR", TimeZone: "Asia/Shanghai"})
	school.Stations[1].SiteID = "far"
	for day := range 7 {
		school.Hours = append(school.Hours, equipment.OpeningHours{SiteID: "far", Weekday: time.Weekday(day), Opens: 8 * 60, Closes: 22 * 60})
	}
	s := open(school)
	reserve(t, s, 0, station(0, at(1, 12, 0), at(1, 13, 0)))
	for _, c := range []struct {
		from, until time.Time
		codes       []string
	}{
		{at(1, 13, 30), at(1, 14, 30), []string{"travel_time"}},
		{at(1, 10, 30), at(1, 11, 30), []string{"travel_time"}},
		{at(1, 12, 30), at(1, 14, 30), []string{"person_busy"}},
		{at(1, 13, 45), at(1, 14, 30), nil},
		{at(1, 10, 30), at(1, 11, 15), nil},
	} {
		_, err := s.Reserve(t.Context(), bookingtest.Student(0), station(1, c.from, c.until))
		wantCodes(t, c.from.Format(time.TimeOnly), err, c.codes...)
	}
	reserve(t, s, 0, station(0, at(2, 10, 0), at(2, 11, 0)))
	reserve(t, s, 0, station(2, at(2, 11, 0), at(2, 12, 0))) // on the same site there is no way
	free, err := s.Availability(t.Context(), bookingtest.Student(0), booking.Query{StationIDs: []string{"PLC-01"}, From: at(1, 12, 0), Until: at(1, 13, 30)})
	if err != nil || len(free) != 0 {
		t.Errorf("free is %v, %v", free, err)
	}
}

func TestAQualificationMustHoldUntilTheBookingEnds(t *testing.T) {
	school := limits(bookingtest.NewSchool(), booking.PolicyRule{Qualification: new(true), QualificationUnusedDays: new(30), HorizonDays: new(60)})
	granted := at(-40, 0, 0)
	school.Qualifications = []account.Qualification{
		{ID: "q0", PersonID: bookingtest.StudentID(0), KindID: "kind-plc", GrantedAt: granted, ExpiresAt: at(2, 12, 0), LastUsedAt: at(-1, 0, 0)},
		{ID: "q1", PersonID: bookingtest.StudentID(1), KindID: "kind-plc", GrantedAt: granted, RevokedAt: at(-1, 0, 0)},
		{ID: "q2", PersonID: bookingtest.StudentID(2), KindID: "kind-pc", GrantedAt: granted},
		{ID: "q3", PersonID: bookingtest.StudentID(3), KindID: "kind-plc", GrantedAt: granted, LastUsedAt: at(-28, 12, 0)},
		{ID: "q4", PersonID: bookingtest.StudentID(4), KindID: "kind-plc", GrantedAt: granted, ExpiresAt: at(-2, 0, 0)},
		{ID: "q5", PersonID: bookingtest.StudentID(4), KindID: "kind-plc", GrantedAt: at(-2, 0, 0), ExpiresAt: at(20, 0, 0)},
	}
	s := open(school)
	for i, c := range []struct {
		name        string
		person      int
		from, until time.Time
		codes       []string
	}{
		{"until the last minute", 0, at(2, 11, 0), at(2, 12, 0), nil},
		{"it expires in the middle", 0, at(2, 12, 0), at(2, 12, 15), []string{"qualification_expired"}},
		{"revoked", 1, at(1, 11, 0), at(1, 12, 0), []string{"qualification_missing"}},
		{"for another kind", 2, at(1, 11, 0), at(1, 12, 0), []string{"qualification_missing"}},
		{"used a month ago", 3, at(2, 11, 0), at(2, 12, 0), nil},
		{"not used for longer", 3, at(2, 13, 0), at(2, 14, 0), []string{"qualification_expired"}},
		{"renewed", 4, at(3, 11, 0), at(3, 12, 0), nil},
		{"none at all", 5, at(3, 13, 0), at(3, 14, 0), []string{"qualification_missing"}},
	} {
		_, err := s.Reserve(t.Context(), bookingtest.Student(c.person), station([]int{0, 1, 2, 4, 5, 6}[i%6], c.from, c.until))
		wantCodes(t, c.name, err, c.codes...)
	}
	free, err := s.Availability(t.Context(), bookingtest.Student(0), booking.Query{StationIDs: []string{"PLC-01"}, From: at(1, 0, 0), Until: at(4, 0, 0)})
	if err != nil || len(free) != 2 || !free[1].Until.Equal(at(2, 11, 0)) {
		t.Errorf("free is %v, %v", free, err)
	}
}

func TestNobodyWorksAloneWhereABuddyIsNeeded(t *testing.T) {
	school := limits(bookingtest.NewSchool(), booking.PolicyRule{MinPeople: new(2)})
	school.People[5].DisabledAt = at(-1, 0, 0)
	s := open(school)
	ask := func(companions ...string) error {
		r := station(0, at(1, 10, 0), at(1, 11, 0))
		r.Companions = companions
		_, err := s.Reserve(t.Context(), bookingtest.Student(0), r)
		return err
	}
	busy := station(1, at(1, 10, 30), at(1, 11, 30))
	busy.Companions = []string{bookingtest.StudentID(9)}
	reserve(t, s, 1, busy)
	wantCodes(t, "alone", ask(), "buddy_needed")
	wantCodes(t, "with somebody who sits elsewhere", ask(bookingtest.StudentID(1)), "companion_busy")
	for name, c := range map[string]struct {
		code string
		who  []string
	}{
		"with themselves":                     {"companions_invalid", []string{bookingtest.StudentID(0)}},
		"with the same twice":                 {"companions_invalid", []string{bookingtest.StudentID(2), bookingtest.StudentID(2)}},
		"with nobody":                         {"companion_unknown", []string{"nobody"}},
		"with two in one name":                {"companion_unknown", []string{bookingtest.StudentID(2) + " " + bookingtest.StudentID(3)}},
		"with somebody who has left":          {"companion_unknown", []string{bookingtest.StudentID(5)}},
		"with a name that no database stores": {"companion_unknown", []string{"\x00"}},
	} {
		if err := ask(c.who...); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if err := ask(bookingtest.StudentID(2)); err != nil {
		t.Errorf("with a friend: %v", err)
	}
}

func TestWhoeverStaysAwayTooOftenIsSuspendedUntilStrikesAreForgotten(t *testing.T) {
	var c clock
	s, store := c.open(limits(bookingtest.NewSchool(), booking.PolicyRule{StrikeLimit: new(2)}))
	strike := func(id string, expires time.Time, state booking.StrikeState) {
		t.Helper()
		err := store.Decide(t.Context(), booking.Ask{}, func(booking.View) (booking.Write, error) {
			return booking.Write{Strikes: []booking.Strike{{
				ID: id, BookingID: id, PersonID: bookingtest.StudentID(0), At: at(-9, 0, 0), ExpiresAt: expires, State: state, Version: 1,
			}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	strike("one", at(3, 12, 0), booking.StrikeStanding)
	strike("over", at(-1, 0, 0), booking.StrikeStanding)
	strike("forgiven", at(9, 0, 0), booking.StrikeForgiven)
	reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 11, 0)))
	strike("two", at(5, 12, 0), booking.StrikeStanding)
	_, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(9, 10, 0), at(9, 11, 0)))
	wantCodes(t, "with two", err, "suspended")
	var refused *booking.Refused
	if errors.As(err, &refused); refused.Refusals[0].Limit != at(3, 12, 0).Format(time.RFC3339) || refused.Refusals[0].Actual != "2 strikes" {
		t.Errorf("the refusal is %+v", refused.Refusals[0])
	}
	free, err := s.Availability(t.Context(), bookingtest.Student(0), booking.Query{KindID: "plc-bench", From: at(8, 0, 0), Until: at(9, 0, 0)})
	if err != nil || len(free) != 0 {
		t.Errorf("free is %v, %v", free, err)
	}
	c.now = at(3, 12, 0)
	reserve(t, s, 0, station(0, at(9, 10, 0), at(9, 11, 0)))
}

func TestOffPeakSomeRulesDoNotHold(t *testing.T) {
	school := limits(with(bookingtest.NewSchool(), booking.Quota{Window: booking.WindowDay, MostMinutes: new(60)}), booking.PolicyRule{
		OffPeak: &[]booking.Hours{{From: 18 * 60, Until: 22 * 60}, {Weekdays: []int{6, 0}, From: 8 * 60, Until: 22 * 60}}, LongestMinutes: new(60),
		OffPeakWaives: &[]string{"too_long", "quota_exceeded"},
	})
	s := open(school)
	reserve(t, s, 0, station(0, at(1, 18, 0), at(1, 22, 0)))
	_, err := s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(1, 17, 45), at(1, 19, 0)))
	wantCodes(t, "not off-peak as a whole", err, "slot_taken", "too_long")
	reserve(t, s, 0, station(0, at(1, 10, 0), at(1, 11, 0))) // the evening was not charged
	_, err = s.Reserve(t.Context(), bookingtest.Student(0), station(0, at(1, 12, 0), at(1, 12, 15)))
	wantCodes(t, "the hour of the day is spent", err, "quota_exceeded")
	reserve(t, s, 0, station(0, at(5, 8, 0), at(5, 14, 0))) // Saturday
	_, err = s.Reserve(t.Context(), bookingtest.Student(1), station(0, at(5, 10, 0), at(5, 14, 0)))
	wantCodes(t, "over an overlap", err, "slot_taken")
	free, err := s.Availability(t.Context(), bookingtest.Student(0), booking.Query{StationIDs: []string{"PLC-01"}, From: at(2, 12, 0), Until: at(3, 0, 0), Length: 2 * time.Hour})
	if err != nil || len(free) != 1 || !free[0].From.Equal(at(2, 18, 0)) || !free[0].Until.Equal(at(2, 22, 0)) || free[0].Longest != 4*time.Hour {
		t.Errorf("free is %v, %v", free, err)
	}
}

func TestASeasonKeepsHoursForItsTeamsUntilTheyAreReleased(t *testing.T) {
	school := bookingtest.NewSchool()
	school.Teams = []account.Team{
		{ID: "red", Code: "RED", Members: []account.Member{{PersonID: bookingtest.StudentID(0), Captain: true}}},
		{ID: "blue", Code: "BLUE", Members: []account.Member{{PersonID: bookingtest.StudentID(1), Captain: true}}},
	}
	school.Seasons = []booking.Season{{
		ID: "season", Name: "WorldSkills", Starts: "2026-11-24", Ends: "2027-01-10", Kinds: []string{"plc-bench"}, Teams: []string{"red"},
		HorizonDays: 30, Priority: []booking.Hours{{From: 18 * 60, Until: 22 * 60}}, ReleaseHours: 24, DecayAfter: 1,
	}}
	var c clock
	s, store := c.open(school)
	ask := func(person int, team string, n int, from, until time.Time) error {
		r := station(n, from, until)
		r.TeamID = team
		_, err := s.Reserve(t.Context(), bookingtest.Student(person), r)
		return err
	}
	wantCodes(t, "anybody in the evening", ask(2, "", 0, at(3, 17, 0), at(3, 18, 15)), "kept_for_teams")
	wantCodes(t, "another team", ask(1, "blue", 0, at(3, 19, 0), at(3, 20, 0)), "kept_for_teams")
	wantCodes(t, "another kind", ask(2, "", 3, at(3, 19, 0), at(3, 20, 0)))
	wantCodes(t, "before", ask(2, "", 0, at(3, 17, 0), at(3, 18, 0)))
	wantCodes(t, "released, by the start of the block", ask(2, "", 1, at(1, 10, 0), at(1, 11, 0)))
	wantCodes(t, "the team", ask(0, "red", 0, at(3, 19, 0), at(3, 20, 0)))
	wantCodes(t, "the team, a month ahead", ask(0, "red", 0, at(30, 10, 0), at(30, 11, 0)))
	wantCodes(t, "the team, two months ahead", ask(0, "red", 0, at(31, 10, 0), at(31, 11, 0)), "too_far_ahead")
	wantCodes(t, "anybody, a month ahead", ask(2, "", 0, at(30, 12, 0), at(30, 13, 0)), "too_far_ahead")
	wantCodes(t, "a captain for themselves", ask(0, "", 0, at(30, 12, 0), at(30, 13, 0)), "too_far_ahead")
	query := booking.Query{StationIDs: []string{"PLC-01"}, From: at(4, 16, 0), Until: at(5, 0, 0)}
	free, err := s.Availability(t.Context(), bookingtest.Student(2), query)
	if err != nil || len(free) != 1 || !free[0].Until.Equal(at(4, 18, 0)) {
		t.Errorf("free is %v, %v", free, err)
	}
	query.TeamID = "red"
	if free, err = s.Availability(t.Context(), bookingtest.Student(0), query); err != nil || len(free) != 1 || !free[0].Until.Equal(at(4, 22, 0)) {
		t.Errorf("for the team: %v, %v", free, err)
	}
	if _, err = s.Availability(t.Context(), bookingtest.Student(2), query); fault.CodeOf(err) != "not_captain" {
		t.Errorf("for a team of others: %v", err)
	}
	c.now = at(3, 18, 0)
	wantCodes(t, "a day before it begins", ask(2, "", 1, at(4, 18, 0), at(4, 19, 0)))
	c.now = at(3, 9, 0)
	err = store.Decide(t.Context(), booking.Ask{}, func(booking.View) (booking.Write, error) {
		return booking.Write{Strikes: []booking.Strike{{ID: "s", BookingID: "s", PersonID: bookingtest.StudentID(0), TeamID: "red", At: at(2, 0, 0), ExpiresAt: at(6, 0, 0), State: booking.StrikeStanding, Version: 1}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, "a team that stayed away", ask(0, "red", 1, at(5, 19, 0), at(5, 20, 0)), "kept_for_teams")
	c.now = at(6, 0, 0)
	wantCodes(t, "once that is forgotten", ask(0, "red", 1, at(8, 19, 0), at(8, 20, 0)))
}
