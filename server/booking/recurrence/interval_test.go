package recurrence_test

import (
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking/recurrence"
	"github.com/labtide/labtide/server/equipment"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// shows is an interval by the clocks of the zone.
func shows(i equipment.Interval, loc *time.Location) string {
	return i.From.In(loc).Format(time.RFC3339) + " " + i.Until.In(loc).Format(time.RFC3339)
}

func TestTenOClockStaysTenOClockWhenTheClocksMove(t *testing.T) {
	for _, c := range []struct {
		zone          string
		first         equipment.Day
		before, after string
	}{
		{"Europe/Helsinki", "2026-10-24", "2026-10-24T10:00:00+03:00 2026-10-24T12:00:00+03:00", "2026-10-25T10:00:00+02:00 2026-10-25T12:00:00+02:00"},
		{"America/New_York", "2026-03-07", "2026-03-07T10:00:00-05:00 2026-03-07T12:00:00-05:00", "2026-03-08T10:00:00-04:00 2026-03-08T12:00:00-04:00"},
		{"Australia/Lord_Howe", "2026-04-04", "2026-04-04T10:00:00+11:00 2026-04-04T12:00:00+11:00", "2026-04-05T10:00:00+10:30 2026-04-05T12:00:00+10:30"},
		{"Asia/Shanghai", "1986-05-03", "1986-05-03T10:00:00+08:00 1986-05-03T12:00:00+08:00", "1986-05-04T10:00:00+09:00 1986-05-04T12:00:00+09:00"},
		{"Asia/Shanghai", "1991-09-14", "1991-09-14T10:00:00+09:00 1991-09-14T12:00:00+09:00", "1991-09-15T10:00:00+08:00 1991-09-15T12:00:00+08:00"},
	} {
		loc := zone(t, c.zone)
		days, err := expand(t, "FREQ=DAILY;COUNT=2", c.first, 0)
		if err != nil {
			t.Fatal(err)
		}
		ten := recurrence.Times{Start: 10 * 60, End: 12 * 60}
		if got := shows(ten.At(days[0], loc), loc); got != c.before {
			t.Errorf("%s: %s, want %s", c.zone, got, c.before)
		}
		if got := shows(ten.At(days[1], loc), loc); got != c.after {
			t.Errorf("%s: %s, want %s", c.zone, got, c.after)
		}
		if gap := ten.At(days[1], loc).From.Sub(ten.At(days[0], loc).From); gap == 24*time.Hour {
			t.Errorf("%s: 24 hours later is not tomorrow there", c.zone)
		}
	}
}

func TestATimeThatTheClocksLeaveOutIsTheInstantAtWhichTheyMove(t *testing.T) {
	helsinki, lordHowe := zone(t, "Europe/Helsinki"), zone(t, "Australia/Lord_Howe")
	early := recurrence.Times{Start: 3*60 + 30, End: 5 * 60}
	if got := shows(early.At("2026-03-29", helsinki), helsinki); got != "2026-03-29T04:00:00+03:00 2026-03-29T05:00:00+03:00" {
		t.Errorf("Helsinki leaves out 03:30: %s", got)
	}
	early = recurrence.Times{Start: 2*60 + 15, End: 3 * 60}
	if got := shows(early.At("2026-10-04", lordHowe), lordHowe); got != "2026-10-04T02:30:00+11:00 2026-10-04T03:00:00+11:00" {
		t.Errorf("Lord Howe leaves out 02:15: %s", got)
	}
	newYork := zone(t, "America/New_York")
	early = recurrence.Times{Start: 2*60 + 10, End: 2*60 + 50}
	if got := early.At("2026-03-08", newYork); !got.Empty() {
		t.Errorf("New York leaves out 02:10 to 02:50: %s", shows(got, newYork))
	}
}

func TestLengthsAreByInstants(t *testing.T) {
	helsinki := zone(t, "Europe/Helsinki")
	night := recurrence.Times{Start: 23 * 60, End: 29 * 60} // 23:00 to 5:00
	for day, want := range map[equipment.Day]time.Duration{"2026-10-23": 6 * time.Hour, "2026-10-24": 7 * time.Hour, "2026-03-28": 5 * time.Hour} {
		got := night.At(day, helsinki)
		if length := got.Until.Sub(got.From); length != want {
			t.Errorf("the night of %s has %s, want %s", day, length, want)
		}
	}
	got := recurrence.Lasting("2026-10-24", 23*60, 360, helsinki)
	if shows(got, helsinki) != "2026-10-24T23:00:00+03:00 2026-10-25T04:00:00+02:00" {
		t.Errorf("six hours of that night are %s", shows(got, helsinki))
	}
}

func TestAnOccurrenceMayNotReachIntoItsSuccessor(t *testing.T) {
	helsinki := zone(t, "Europe/Helsinki")
	days, err := expand(t, "FREQ=DAILY;COUNT=3", "2026-11-23", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := (recurrence.Times{Start: 600, End: 600 + 1440}).Apart(days, helsinki); err != nil {
		t.Errorf("back to back passes: %v", err)
	}
	wantCode(t, recurrence.Times{Start: 600, End: 600 + 1441}.Apart(days, helsinki), "occurrence_longer_than_period")
}

func TestTimesThatNoDayHasAreRefused(t *testing.T) {
	for _, times := range []recurrence.Times{{-1, 60}, {1440, 1500}, {600, 600}, {600, 500}, {0, 7*1440 + 1}} {
		wantCode(t, times.Check(), "times_invalid")
	}
	if err := (recurrence.Times{Start: 0, End: 1440}).Check(); err != nil {
		t.Error(err)
	}
}
