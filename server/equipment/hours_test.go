package equipment

import (
	"testing"
	"time"
)

func TestADayStartsWithItsFirstInstantWhateverTheClocksDoAtMidnight(t *testing.T) {
	for _, c := range []struct {
		zone  string
		day   Day
		start string // by the clocks there
		hours float64
	}{
		{"America/Havana", "2026-03-07", "2026-03-07T00:00:00-05:00", 24},
		{"America/Havana", "2026-03-08", "2026-03-08T01:00:00-04:00", 23}, // no midnight
		{"America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00", 25}, // two of them
		{"America/Santiago", "2026-09-06", "2026-09-06T01:00:00-03:00", 23},
		{"America/Santiago", "2026-04-04", "2026-04-04T00:00:00-03:00", 25},
		{"Africa/Cairo", "2026-04-24", "2026-04-24T01:00:00+03:00", 23},
		{"Africa/Cairo", "2026-10-29", "2026-10-29T00:00:00+03:00", 25},
		{"Asia/Beirut", "2026-03-29", "2026-03-29T01:00:00+03:00", 23},
		{"Asia/Beirut", "2026-10-24", "2026-10-24T00:00:00+03:00", 25},
		{"Asia/Amman", "2021-10-29", "2021-10-29T00:00:00+03:00", 25},        // two of them, east of Greenwich
		{"America/Toronto", "1919-03-31", "1919-03-31T00:30:00-04:00", 23.5}, // from 23:30 to 0:30
		{"Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00", 23},
		{"Europe/Berlin", "2026-10-25", "2026-10-25T00:00:00+02:00", 25},
		{"Asia/Shanghai", "2026-03-29", "2026-03-29T00:00:00+08:00", 24},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		start := c.day.Start(loc)
		if got := start.Format(time.RFC3339); got != c.start {
			t.Errorf("%s, %s starts at %s, want %s", c.zone, c.day, got, c.start)
		}
		if DayOf(start, loc) != c.day || DayOf(start.Add(-1), loc) == c.day {
			t.Errorf("%s, %s: %s is not its first instant", c.zone, c.day, start)
		}
		if got := c.day.Next().Start(loc).Sub(start).Hours(); got != c.hours {
			t.Errorf("%s, %s has %v hours, want %v", c.zone, c.day, got, c.hours)
		}
		always := NewSchedule(loc, nil, nil).OpenOn("", c.day)
		if len(always) != 1 || !always[0].From.Equal(start) || always[0].Until.Sub(start).Hours() != c.hours {
			t.Errorf("%s, %s: always open is %v", c.zone, c.day, always)
		}
		weekly := []OpeningHours{{Weekday: c.day.Weekday(), Opens: 8 * 60, Closes: 22 * 60}}
		open := NewSchedule(loc, weekly, nil).OpenOn("", c.day)
		if len(open) != 1 || open[0].From.In(loc).Format("2006-01-02 15:04") != string(c.day)+" 08:00" || open[0].Until.Sub(open[0].From) != 14*time.Hour {
			t.Errorf("%s, %s: open %v", c.zone, c.day, open)
		}
	}
}
