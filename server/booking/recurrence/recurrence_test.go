package recurrence_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/labtide/labtide/server/booking/recurrence"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// autumn is a term that starts on a Wednesday, as terms do.
func autumn() []recurrence.Term {
	return []recurrence.Term{
		{Starts: "2026-02-25", Ends: "2026-07-10"},
		{Starts: "2026-09-02", Ends: "2027-01-15"},
	}
}

func expand(t *testing.T, text string, first equipment.Day, limit int) ([]equipment.Day, error) {
	t.Helper()
	rule, err := recurrence.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return recurrence.Expand(rule, first, autumn(), limit)
}

func wantDays(t *testing.T, text string, first equipment.Day, want string) {
	t.Helper()
	days, err := expand(t, text, first, 0)
	if err != nil {
		t.Errorf("%s from %s: %v", text, first, err)
		return
	}
	var got []string
	for _, day := range days {
		got = append(got, string(day))
	}
	if g := strings.Join(got, " "); g != want {
		t.Errorf("%s from %s gives\n%s, want\n%s", text, first, g, want)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestASeriesRepeatsByTheDayAndEveryFewDays(t *testing.T) {
	wantDays(t, "FREQ=DAILY;COUNT=3", "2026-12-30", "2026-12-30 2026-12-31 2027-01-01")
	wantDays(t, "FREQ=DAILY;INTERVAL=10;UNTIL=20261221", "2026-12-01", "2026-12-01 2026-12-11 2026-12-21")
}

func TestASeriesRepeatsOnSomeWeekdaysAndEveryFewWeeks(t *testing.T) {
	wantDays(t, "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", "2026-11-24", "2026-11-25 2026-11-30 2026-12-02 2026-12-07")
	// Weeks start on Monday: from a Wednesday on, "every two weeks on Monday and Wednesday" skips next week's Monday.
	wantDays(t, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=3", "2026-11-25", "2026-11-25 2026-12-07 2026-12-09")
	wantDays(t, "FREQ=WEEKLY;BYDAY=SU;COUNT=2", "2026-11-23", "2026-11-29 2026-12-06")
}

func TestWithoutADayTheFirstDaySaysWhich(t *testing.T) {
	wantDays(t, "FREQ=WEEKLY;COUNT=2", "2026-11-24", "2026-11-24 2026-12-01")
	wantDays(t, "FREQ=MONTHLY;COUNT=3", "2026-11-30", "2026-11-30 2026-12-30 2027-01-30")
}

func TestMonthsWithoutA31stAreSkipped(t *testing.T) {
	wantDays(t, "FREQ=MONTHLY;COUNT=4", "2026-10-31", "2026-10-31 2026-12-31 2027-01-31 2027-03-31")
	wantDays(t, "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20270401", "2027-02-01", "2027-03-31")
	wantDays(t, "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "2027-01-15", "2027-01-31 2027-02-28 2027-03-31")
	wantDays(t, "FREQ=MONTHLY;BYMONTHDAY=29;COUNT=2;INTERVAL=12", "2027-02-01", "2028-02-29 2032-02-29")
}

func TestMonthsWithoutAFifthFridayAreSkipped(t *testing.T) {
	wantDays(t, "FREQ=MONTHLY;BYDAY=5FR;COUNT=3", "2026-11-01", "2027-01-29 2027-04-30 2027-07-30")
	wantDays(t, "FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=4", "2026-11-03", "2026-11-27 2026-12-07 2026-12-25 2027-01-04")
}

func TestUntilIsInclusiveByTheLocalDay(t *testing.T) {
	wantDays(t, "FREQ=DAILY;UNTIL=20261124", "2026-11-23", "2026-11-23 2026-11-24")
}

func TestWeekOneOfATermIsTheWeekInWhichItStarts(t *testing.T) {
	term := autumn()[1]
	for day, want := range map[equipment.Day]int{
		"2026-09-01": 0, "2026-09-02": 1, "2026-09-06": 1, "2026-09-07": 2, "2026-11-23": 13, "2027-01-15": 20, "2027-01-16": 0, "nonsense": 0,
	} {
		if got := term.TeachingWeek(day); got != want {
			t.Errorf("%s is in week %d, want %d", day, got, want)
		}
	}
}

func TestOddAndEvenTeachingWeeksCountFromTheTerm(t *testing.T) {
	wantDays(t, "FREQ=WEEKLY;BYDAY=TU;X-LABTIDE-WEEKS=ODD;COUNT=3", "2026-09-02", "2026-09-15 2026-09-29 2026-10-13")
	wantDays(t, "FREQ=WEEKLY;BYDAY=TU;X-LABTIDE-WEEKS=EVEN;COUNT=2", "2026-09-02", "2026-09-08 2026-09-22")
	// The days of week 1 before the term are none of it, and nothing happens after its end.
	wantDays(t, "FREQ=WEEKLY;BYDAY=MO,FR;X-LABTIDE-WEEKS=ODD", "2026-12-21", "2026-12-21 2026-12-25 2027-01-04 2027-01-08")
}

func TestTeachingWeeksAreThoseOfTheTimetable(t *testing.T) {
	wantDays(t, "FREQ=WEEKLY;BYDAY=WE;X-LABTIDE-TEACHING-WEEKS=1-3,10", "2026-09-02", "2026-09-02 2026-09-09 2026-09-16 2026-11-04")
	wantDays(t, "FREQ=WEEKLY;BYDAY=WE;X-LABTIDE-TEACHING-WEEKS=1-5;X-LABTIDE-WEEKS=ODD", "2026-09-02", "2026-09-02 2026-09-16 2026-09-30")
	_, err := expand(t, "FREQ=WEEKLY;X-LABTIDE-WEEKS=ODD;COUNT=3", "2027-01-16", 0)
	wantCode(t, err, "term_missing")
}

func TestATimetableMadeBeforeItsTermIsForThatTerm(t *testing.T) {
	wantDays(t, "FREQ=WEEKLY;BYDAY=WE;X-LABTIDE-TEACHING-WEEKS=1-3", "2026-08-03", "2026-09-02 2026-09-09 2026-09-16")
	_, err := expand(t, "FREQ=WEEKLY;X-LABTIDE-WEEKS=ODD;COUNT=3", "2025-09-03", 0)
	wantCode(t, err, "term_missing") // the next one is half a year away: that is not what was meant
}

func TestASeriesEndsByCountOrUntilOrWithItsTerm(t *testing.T) {
	wantDays(t, "FREQ=WEEKLY", "2027-01-04", "2027-01-04 2027-01-11")
	_, err := expand(t, "FREQ=WEEKLY", "2026-08-03", 0)
	wantCode(t, err, "series_endless")
}

func TestASeriesHasAtMostItsLimit(t *testing.T) {
	if days, err := expand(t, "FREQ=DAILY;COUNT=400", "2026-11-23", 0); err != nil || len(days) != 400 {
		t.Errorf("400 days: %d, %v", len(days), err)
	}
	for _, text := range []string{"FREQ=DAILY;COUNT=401", "FREQ=DAILY;UNTIL=20271228", "FREQ=DAILY;UNTIL=99991231", "FREQ=WEEKLY;INTERVAL=99;COUNT=9"} {
		_, err := expand(t, text, "2026-11-23", 0)
		wantCode(t, err, "series_too_long")
	}
	_, err := expand(t, "FREQ=DAILY;COUNT=4", "2026-11-23", 3)
	wantCode(t, err, "series_too_long")
}

func TestARuleThatNeverHappensIsSaidAndEnds(t *testing.T) {
	_, err := expand(t, "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;COUNT=1", "2026-02-01", 0)
	wantCode(t, err, "series_too_long")
	_, err = expand(t, "FREQ=WEEKLY;BYDAY=SU;UNTIL=20261128", "2026-11-23", 0)
	wantCode(t, err, "series_empty")
	_, err = recurrence.Expand(recurrence.Rule{}, "2026-11-23", nil, 0)
	wantCode(t, err, "rrule_invalid")
}

func TestWhatIsNoRuleSaysWhatIsAllowed(t *testing.T) {
	for text, code := range map[string]string{
		"":                                           "rrule_invalid",
		"weekly":                                     "rrule_invalid",
		"BYDAY=MO":                                   "rrule_invalid",
		"FREQ=WEEKLY;FREQ=DAILY":                     "rrule_invalid",
		"FREQ=WEEKLY;COUNT=0":                        "rrule_invalid",
		"FREQ=WEEKLY;COUNT=3;UNTIL=20261231":         "rrule_invalid",
		"FREQ=WEEKLY;UNTIL=20261231T120000Z":         "rrule_invalid",
		"FREQ=WEEKLY;BYDAY=2MO":                      "rrule_invalid",
		"FREQ=WEEKLY;BYDAY=XX":                       "rrule_invalid",
		"FREQ=MONTHLY;BYMONTHDAY=32":                 "rrule_invalid",
		"FREQ=MONTHLY;BYDAY=6MO":                     "rrule_invalid",
		"FREQ=WEEKLY;BYMONTHDAY=3":                   "rrule_invalid",
		"FREQ=WEEKLY;COLOUR=RED":                     "rrule_invalid",
		"FREQ=WEEKLY;X-LABTIDE-WEEKS=1":              "rrule_invalid",
		"FREQ=WEEKLY;X-LABTIDE-TEACHING-WEEKS=9-3":   "rrule_invalid",
		"FREQ=YEARLY":                                "rrule_unsupported",
		"FREQ=HOURLY;COUNT=3":                        "rrule_unsupported",
		"FREQ=DAILY;BYDAY=MO":                        "rrule_unsupported",
		"FREQ=MONTHLY;BYDAY=MO":                      "rrule_unsupported",
		"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1":           "rrule_unsupported",
		"FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=1FR":       "rrule_unsupported",
		"FREQ=MONTHLY;BYMONTHDAY=-2":                 "rrule_unsupported",
		"FREQ=WEEKLY;WKST=SU":                        "rrule_unsupported",
		"FREQ=WEEKLY;INTERVAL=2;X-LABTIDE-WEEKS=ODD": "rrule_unsupported",
		"FREQ=DAILY;X-LABTIDE-WEEKS=ODD":             "rrule_unsupported",
	} {
		_, err := recurrence.Parse(text)
		wantCode(t, err, code)
		if err != nil && !strings.Contains(err.Error(), "allowed are FREQ") {
			t.Errorf("%q: %v does not say what is allowed", text, err)
		}
	}
}

func TestARuleIsWrittenInOneWay(t *testing.T) {
	for text, want := range map[string]string{
		"rrule:count=10;byday=we,mo;freq=weekly":                               "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10",
		"FREQ=WEEKLY;INTERVAL=1;WKST=MO;UNTIL=20261231":                        "FREQ=WEEKLY;UNTIL=20261231",
		"FREQ=MONTHLY;BYDAY=-1FR,1FR,2TU":                                      "FREQ=MONTHLY;BYDAY=2TU,1FR,-1FR",
		"FREQ=MONTHLY;BYMONTHDAY=-1,31,2":                                      "FREQ=MONTHLY;BYMONTHDAY=2,31,-1",
		"X-LABTIDE-TEACHING-WEEKS=10,1-3,4-8;FREQ=WEEKLY;X-LABTIDE-WEEKS=EVEN": "FREQ=WEEKLY;X-LABTIDE-WEEKS=EVEN;X-LABTIDE-TEACHING-WEEKS=1-8,10",
	} {
		rule, err := recurrence.Parse(text)
		if err != nil || rule.String() != want {
			t.Errorf("%s is written %s, want %s: %v", text, rule, want, err)
		}
	}
}

func TestDaysComeInOrderAndOnce(t *testing.T) {
	days, err := expand(t, "FREQ=MONTHLY;BYDAY=1MO,1TU,2MO,-1MO,5MO;COUNT=40", "2026-11-23", 0)
	if err != nil || !slices.IsSorted(days) || len(slices.Compact(slices.Clone(days))) != 40 {
		t.Errorf("%v, %v", days, err)
	}
}
