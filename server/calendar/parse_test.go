package calendar_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/calendar"
	"github.com/labtide/labtide/server/fault"
)

// timetable wraps entries into a calendar. Each entry begins at its own line, the first at line 3.
func timetable(entries ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + strings.ReplaceAll(strings.Join(entries, "\n")+"\n", "\n", "\r\n") + "END:VCALENDAR\r\n"
}

func entry(lines ...string) string {
	return "BEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT"
}

func parse(t *testing.T, text string) ([]calendar.Entry, []calendar.Problem) {
	t.Helper()
	entries, problems, err := calendar.Parse(strings.NewReader(text), zone(t, "Asia/Shanghai"), at(t, "2026-01-01T00:00:00Z"), at(t, "2027-03-01T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	return entries, problems
}

// wantTimes compares the occurrences, each as its start and end in UTC.
func wantTimes(t *testing.T, text string, want ...string) []calendar.Entry {
	t.Helper()
	entries, problems := parse(t, text)
	for _, p := range problems {
		t.Errorf("line %d: %v", p.Line, p.Fault)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Starts.Format("2006-01-02T15:04Z")+" "+e.Ends.Format("15:04"))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return entries
}

func wantProblem(t *testing.T, text, code string, line int) {
	t.Helper()
	_, problems := parse(t, text)
	if len(problems) != 1 || problems[0].Fault.Code != code || problems[0].Line != line {
		t.Errorf("%q gives %+v, want %s in line %d", text, problems, code, line)
		for _, p := range problems {
			t.Log(p.Line, p.Fault)
		}
	}
}

func TestATimetableIsReadWithItsTextsAndLines(t *testing.T) {
	long := "数控车床实训，第" + strings.Repeat("一", 60) + "组"
	folded := "SUMMARY:" + long[:60] + "\n " + long[60:] // in the middle of a character
	entries := wantTimes(t, timetable(
		entry("UID:1", "DTSTART:20261123T000000Z", "DTEND:20261123T013000Z", folded, "LOCATION:B-204\\, 二楼", "DESCRIPTION:a\\nb"),
		entry("UID:2", "dtstart:20261123T080000", "duration:PT45M"),
	), "2026-11-23T00:00Z 01:30", "2026-11-23T00:00Z 00:45")
	if e := entries[0]; e.UID != "1" || e.Summary != long || e.Location != "B-204, 二楼" || e.Description != "a\nb" || e.Line != 3 || !e.RecurrenceID.IsZero() {
		t.Errorf("%+v", e)
	}
	if entries[1].Line != 12 {
		t.Errorf("the second is at line %d", entries[1].Line)
	}
}

func TestTimesAreInUTCOrTheirZoneOrThatOfTheSite(t *testing.T) {
	wantTimes(t, timetable(
		entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T093000"),
		entry("UID:2", "DTSTART;TZID=Europe/Helsinki:20261123T080000", "DTEND;TZID=\"Europe/Helsinki\":20261123T093000"),
		entry("UID:3", "DTSTART:20261123T080000Z", "DTEND;TZID=Asia/Tokyo:20261123T183000"),
	), "2026-11-23T00:00Z 01:30", "2026-11-23T06:00Z 07:30", "2026-11-23T08:00Z 09:30")
}

// outlook is a zone as Outlook writes it: by a name of its own, with rules from 1601 on.
const outlook = `BEGIN:VTIMEZONE
TZID:FLE Standard Time
BEGIN:STANDARD
DTSTART:16010101T040000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
END:DAYLIGHT
END:VTIMEZONE`

func TestAZoneThatOnlyTheFileKnowsIsTakenFromTheFile(t *testing.T) {
	series := func(tzid string) string {
		return timetable(outlook,
			entry("UID:1", "DTSTART;TZID="+tzid+":20260328T033000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"),
			entry("UID:2", "DTSTART;TZID="+tzid+":20261024T033000", "DTEND;TZID="+tzid+":20261024T053000", "RRULE:FREQ=DAILY;COUNT=3"))
	}
	want := []string{
		"2026-03-28T01:30Z 02:30", "2026-03-29T01:00Z 02:00", "2026-03-30T00:30Z 01:30", // 03:30 does not exist on the 29th
		"2026-10-24T00:30Z 02:30", "2026-10-25T00:30Z 02:30", "2026-10-26T01:30Z 03:30", // and twice on the 25th
	}
	wantTimes(t, series("FLE Standard Time"), want...)
	wantTimes(t, series("Europe/Helsinki"), want...) // as Go knows it
}

func TestAnUnknownZoneIsAProblemOfItsEntry(t *testing.T) {
	wantProblem(t, timetable(entry("UID:1", "DTSTART;TZID=Kepler/Bay:20261123T080000", "DURATION:PT1H")), "calendar_zone_unknown", 5)
	wantProblem(t, timetable(entry("UID:1", "DTSTART;TZID=Local:20261123T080000", "DURATION:PT1H")), "calendar_zone_unknown", 5)
	broken := strings.ReplaceAll(outlook, "TZOFFSETTO:+0200", "TZOFFSETTO:two hours")
	wantProblem(t, timetable(broken, entry("UID:1", "DTSTART;TZID=FLE Standard Time:20261123T080000", "DURATION:PT1H")), "calendar_zone_unknown", 20)
}

func TestRulesAreFollowedThroughTheWindow(t *testing.T) {
	wantTimes(t, timetable(entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T090000", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=3")),
		"2026-11-23T00:00Z 01:00", "2026-11-25T00:00Z 01:00", "2026-12-07T00:00Z 01:00")
	// Counted from its first day, seen from the window's.
	wantTimes(t, timetable(entry("UID:1", "DTSTART:20251229T080000", "DTEND:20251229T090000", "RRULE:FREQ=DAILY;COUNT=5")),
		"2026-01-01T00:00Z 01:00", "2026-01-02T00:00Z 01:00")
	entries, _ := parse(t, timetable(entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T090000", "RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1,4")))
	if len(entries) < 4 || len(entries) > 8 {
		t.Errorf("%d occurrences up to March", len(entries))
	}
}

func TestTheLastDayOfARuleIsAnInstantOrALocalDay(t *testing.T) {
	for until, want := range map[string]int{
		"20261125T000000Z": 3, "20261124T235959Z": 2, "20261125T080000": 3, "20261125T075959": 2, "20261125": 3, "20261124": 2,
	} {
		entries, problems := parse(t, timetable(entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T090000", "RRULE:FREQ=DAILY;UNTIL="+until)))
		if len(entries) != want || len(problems) > 0 {
			t.Errorf("until %s: %d occurrences, want %d: %v", until, len(entries), want, problems)
		}
	}
}

func TestExceptionsAreLeftOutInWhateverWayTheyAreWritten(t *testing.T) {
	wantTimes(t, timetable(entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T090000", "RRULE:FREQ=DAILY;COUNT=5",
		"EXDATE:20261123T080000,20261124T000000Z", "EXDATE;TZID=Asia/Tokyo:20261125T090000", "EXDATE;VALUE=DATE:20261126")),
		"2026-11-27T00:00Z 01:00")
}

func TestAdditionsCountOnce(t *testing.T) {
	wantTimes(t, timetable(entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T090000", "RDATE:20261123T080000,20261201T100000", "RDATE;VALUE=DATE:20261202")),
		"2026-11-23T00:00Z 01:00", "2026-12-01T02:00Z 03:00", "2026-12-02T00:00Z 01:00")
	wantTimes(t, timetable(entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T090000", "RRULE:FREQ=DAILY;COUNT=2", "RDATE:20261124T080000,20261126T080000")),
		"2026-11-23T00:00Z 01:00", "2026-11-24T00:00Z 01:00", "2026-11-26T00:00Z 01:00")
}

func TestAnOccurrenceThatWasMovedOrCancelledIsWhereItIsNow(t *testing.T) {
	entries := wantTimes(t, timetable(
		entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T090000", "RRULE:FREQ=DAILY;COUNT=4", "SUMMARY:PLC"),
		entry("UID:1", "RECURRENCE-ID:20261124T080000", "DTSTART:20261124T140000", "DTEND:20261124T150000", "SUMMARY:PLC, moved"),
		entry("UID:1", "RECURRENCE-ID:20261125T000000Z", "STATUS:CANCELLED"),
	), "2026-11-23T00:00Z 01:00", "2026-11-24T06:00Z 07:00", "2026-11-26T00:00Z 01:00")
	if e := entries[1]; !e.RecurrenceID.Equal(at(t, "2026-11-24T00:00:00Z")) || e.Summary != "PLC, moved" {
		t.Errorf("%+v", e)
	}
	if e := entries[2]; !e.RecurrenceID.Equal(e.Starts) {
		t.Errorf("%+v", e)
	}
	wantTimes(t, timetable(entry("UID:1", "DTSTART:20261123T080000", "DTEND:20261123T090000", "STATUS:CANCELLED")))
}

func TestOnlyTheWindowIsRead(t *testing.T) {
	wantTimes(t, timetable(
		entry("UID:1", "DTSTART:20251231T235959Z", "DURATION:PT1H"), entry("UID:2", "DTSTART:20260101T000000Z", "DURATION:PT1H"),
		entry("UID:3", "DTSTART:20270228T235959Z", "DURATION:PT1H"), entry("UID:4", "DTSTART:20270301T000000Z", "DURATION:PT1H"),
		entry("UID:5", "DTSTART;VALUE=DATE:20250501"),
	), "2026-01-01T00:00Z 01:00", "2027-02-28T23:59Z 00:59")
}

func TestWhatCannotBeABookingIsSaidWithItsLine(t *testing.T) {
	for code, lines := range map[string][]string{
		"all_day_event":         {"DTSTART;VALUE=DATE:20261123", "X-A:line 6"},
		"calendar_time_invalid": {"DTSTART:yesterday", "DURATION:PT1H"},
		"rrule_invalid":         {"RRULE:FREQ=FORTNIGHTLY", "DTSTART:20261123T080000", "DURATION:PT1H"},
		"rrule_unsupported":     {"RRULE:FREQ=HOURLY;COUNT=3", "DTSTART:20261123T080000", "DURATION:PT1H"},
		"calendar_invalid":      {"DTSTART;TZID", "DURATION:PT1H"},
	} {
		wantProblem(t, timetable(entry(append([]string{"UID:1", "SUMMARY:x"}, lines...)...)), code, 6)
	}
	for _, lines := range [][]string{
		{"DTSTART:20261123T080000", "DTEND:20261123T080000"}, {"DTSTART:20261123T080000", "DTEND:20261122T080000"},
		{"DTSTART:20261123T080000", "DTEND;VALUE=DATE:20261124"}, {"DTSTART:20261123T080000", "DURATION:an hour"},
		{"DURATION:PT1H", "DTSTART:19600101T000000", "RDATE:20261123T080000"},
	} {
		wantProblem(t, timetable(entry(append([]string{"UID:1"}, lines...)...)), "calendar_time_invalid", 6)
	}
	wantProblem(t, timetable(entry("UID:1", "DTSTART:20261123T080000")), "calendar_time_invalid", 3)
	wantProblem(t, timetable(entry("UID:1", "DURATION:PT1H")), "calendar_time_invalid", 3)
	once := entry("UID:1", "DTSTART:20261123T080000", "DURATION:PT1H")
	wantProblem(t, timetable(once, once), "calendar_uid_twice", 8)
	wantProblem(t, timetable(entry("UID:1", "DTSTART:20261124T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2")), "rrule_invalid", 7)
	wantProblem(t, timetable(entry("UID:1", "DTSTART:20261124T080000", "DURATION:PT1H", "EXRULE:FREQ=WEEKLY")), "rrule_unsupported", 7)
	wantProblem(t, timetable(entry("UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261124T080000", "DTSTART:20261124T080000", "DURATION:PT1H")), "rrule_unsupported", 5)
}

func TestWhatIsNoCalendarAtAllIsOneFault(t *testing.T) {
	for text, code := range map[string]string{
		"":                              "calendar_invalid",
		"station,weekday\nPLC-07,mon\n": "calendar_invalid",
		"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n":                                  "calendar_invalid",
		"BEGIN:VCALENDAR\nBEGIN:VEVENT\n":                                                 "calendar_invalid",
		"END:VCALENDAR\n":                                                                 "calendar_invalid",
		"BEGIN:VCALENDAR\nSUMMARY:\xbf\xce\xb1\xed\nEND:VCALENDAR\n":                      "calendar_invalid", // GBK
		"BEGIN:VCALENDAR\nMETHOD:CANCEL\nEND:VCALENDAR\n":                                 "calendar_invalid",
		"BEGIN:VCALENDAR\n" + strings.Repeat("X-A:"+strings.Repeat("a", 1000)+"\n", 3000): "calendar_too_large",
		timetable(strings.Repeat(entry("A:1")+"\n", 5001)):                                "calendar_invalid",
	} {
		_, _, err := calendar.Parse(strings.NewReader(text), time.UTC, time.Unix(0, 0), time.Unix(4e9, 0))
		if fault.CodeOf(err) != code {
			t.Errorf("%.60q gives %v, want %s", text, err, code)
		}
	}
}

func TestRulesThatCostTooMuchEndTheReading(t *testing.T) {
	never := timetable()
	for i := range 12 {
		never = strings.Replace(never, "END:VCALENDAR", entry(fmt.Sprint("UID:", i), "DTSTART:20260101T080000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2")+"\nEND:VCALENDAR", 1)
	}
	endless := timetable()
	for i := range 60 {
		endless = strings.Replace(endless, "END:VCALENDAR", entry(fmt.Sprint("UID:", i), "DTSTART:20260101T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY")+"\nEND:VCALENDAR", 1)
	}
	for text, code := range map[string]string{never: "calendar_invalid", endless: "calendar_too_large"} {
		_, _, err := calendar.Parse(strings.NewReader(text), time.UTC, at(t, "2026-01-01T00:00:00Z"), at(t, "2027-01-01T00:00:00Z"))
		if fault.CodeOf(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	feed := calendar.Feed{Name: "x", Location: zone(t, "Europe/Helsinki")}
	for i, start := range []string{"2026-03-29T08:00:00Z", "2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z", "2026-11-23T08:00:00Z"} {
		feed.Events = append(feed.Events, lesson(t, fmt.Sprint(i), start))
	}
	entries, problems := parse(t, string(calendar.Write(feed)))
	if len(entries) != 4 || len(problems) > 0 {
		t.Fatalf("%v %v", entries, problems)
	}
	for i, e := range entries {
		if w := feed.Events[i]; e.UID != w.UID || !e.Starts.Equal(w.Starts) || !e.Ends.Equal(w.Ends) || e.Summary != w.Summary || e.Description != w.Description || e.Location != w.Location {
			t.Errorf("%+v is read back as %+v", w, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(timetable(outlook, entry("UID:1", "DTSTART;TZID=FLE Standard Time:20261123T080000", "DTEND;TZID=FLE Standard Time:20261123T090000",
		"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261231T000000Z", "EXDATE:20261125T080000", "RDATE:20261126T080000"))))
	f.Add([]byte(timetable(entry("UID:1", "DTSTART:20261123T080000", "DURATION:P1DT2H", "RRULE:FREQ=MONTHLY;BYDAY=-1FR,2MO;BYSETPOS=1;BYHOUR=8,9;WKST=SU;COUNT=9"))))
	f.Add([]byte(timetable(entry("UID:1", "DTSTART:20261123T080000", "DURATION:PT1H", "RRULE:FREQ=YEARLY;BYWEEKNO=1,53,-1;BYDAY=52MO,-52SU;BYYEARDAY=366,-366"))))
	f.Add([]byte(timetable(entry("UID:1", "RECURRENCE-ID:20261123T080000Z", "DTSTART:20261123T080000", "DURATION:PT1H", "STATUS:CANCELLED"))))
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE;X=\"a:\":20261123\n folded\nEND:VEVENT\nEND:VCALENDAR"))
	loc := time.FixedZone("", 8*3600)
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, problems, err := calendar.Parse(bytes.NewReader(data), loc, from, from.AddDate(1, 0, 0))
		if err != nil && (fault.KindOf(err) == fault.KindInternal || len(entries)+len(problems) > 0) {
			t.Fatalf("%v with %d entries", err, len(entries))
		}
		for _, e := range entries {
			if e.Starts.Before(from) || !e.Starts.Before(from.AddDate(1, 0, 0)) || !e.Ends.After(e.Starts) {
				t.Fatalf("%+v", e)
			}
		}
		for _, p := range problems {
			if p.Line < 1 || p.Fault.Code == "" {
				t.Fatalf("%+v", p)
			}
		}
	})
}
