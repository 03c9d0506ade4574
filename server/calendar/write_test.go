package calendar_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"github.com/labtide/labtide/server/calendar"
	"github.com/labtide/labtide/server/calendar/calendartest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

// lesson is an event of one hour.
func lesson(t *testing.T, uid, starts string) calendar.Event {
	t.Helper()
	from := at(t, starts)
	return calendar.Event{
		UID: uid, Sequence: 2, Starts: from, Ends: from.Add(time.Hour), Summary: "PLC-07, Line 2; \\ bench",
		Description: "Bring:\n- your card\n- 工装", Location: "实训楼 B-204", LastModified: at(t, "2026-11-22T03:41:00Z"),
		URL: "https://lab.example.edu/bookings/b1?a=1,2;3",
	}
}

// foreign reads what was written by another library.
func foreign(t *testing.T, data []byte) *ical.Calendar {
	t.Helper()
	cal, err := ical.NewDecoder(bytes.NewReader(data)).Decode()
	if err != nil {
		t.Fatalf("another library cannot read it: %v\n%s", err, data)
	}
	return cal
}

func text(t *testing.T, c *ical.Component, name string) string {
	t.Helper()
	p := c.Props.Get(name)
	if p == nil {
		t.Fatalf("%s has no %s", c.Name, name)
	}
	value, err := p.Text()
	if err != nil {
		return p.Value
	}
	return value
}

func TestAFeedIsWrittenAsTheGoldenFileHasIt(t *testing.T) {
	tentative := lesson(t, "b2@lab.example.edu", "2026-03-02T06:00:00Z")
	tentative.Status = calendar.StatusTentative
	got := calendar.Write(calendar.Feed{
		Name: "B-204 · 可编程控制器实训室", Location: zone(t, "Europe/Helsinki"),
		Events: []calendar.Event{lesson(t, "b1@lab.example.edu", "2026-11-23T08:00:00Z"), tentative},
	})
	path := filepath.Join("testdata", "feed.ics")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, golden) {
		t.Errorf("written\n%s\ngolden\n%s", got, golden)
	}
}

func TestAnotherLibraryReadsWhatWasWritten(t *testing.T) {
	event := lesson(t, "b1@lab.example.edu", "2026-11-23T08:00:00Z")
	cal := foreign(t, calendar.Write(calendar.Feed{Name: "a, b; c", Location: zone(t, "Europe/Helsinki"), Events: []calendar.Event{event}}))
	if method := text(t, cal.Component, "METHOD"); method != "PUBLISH" {
		t.Errorf("method %s", method)
	}
	if name := text(t, cal.Component, "X-WR-CALNAME"); name != "a, b; c" {
		t.Errorf("name %q", name)
	}
	if p := cal.Props.Get("REFRESH-INTERVAL"); p == nil || p.ValueType() != ical.ValueDuration || len(p.Params["VALUE"]) != 1 {
		t.Errorf("refresh %v", p)
	}
	read := cal.Events()[0]
	for name, want := range map[string]string{
		"UID": event.UID, "SUMMARY": event.Summary, "DESCRIPTION": event.Description, "LOCATION": event.Location,
		"STATUS": "CONFIRMED", "SEQUENCE": "2", "LAST-MODIFIED": "20261122T034100Z", "DTSTAMP": "20261122T034100Z",
	} {
		if got := text(t, read.Component, name); got != want {
			t.Errorf("%s is read as %q, want %q", name, got, want)
		}
	}
	if got := read.Props.Get("URL").Value; got != event.URL {
		t.Errorf("URL is read as %q", got)
	}
	starts, err := read.DateTimeStart(nil)
	ends, err2 := read.DateTimeEnd(nil)
	if err != nil || err2 != nil || !starts.Equal(event.Starts) || !ends.Equal(event.Ends) {
		t.Errorf("from %s to %s: %v, %v", starts, ends, err, err2)
	}
}

func TestTheTimeZoneInTheFileGivesTheSameInstantsWhenTheClocksMove(t *testing.T) {
	for name, starts := range map[string][]string{
		"Europe/Helsinki":     {"2026-03-28T08:00:00Z", "2026-03-29T08:00:00Z", "2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z", "2027-06-01T06:00:00Z"},
		"Australia/Lord_Howe": {"2026-04-03T23:00:00Z", "2026-04-04T23:30:00Z", "2026-10-03T23:00:00Z", "2026-10-02T23:30:00Z"},
		"America/New_York":    {"2026-03-07T15:00:00Z", "2026-03-08T14:00:00Z"},
		"Asia/Shanghai":       {"1986-05-03T02:00:00Z", "1986-05-04T01:00:00Z", "2026-11-23T02:00:00Z"},
		"Asia/Kolkata":        {"2026-11-23T02:00:00Z"},
	} {
		feed := calendar.Feed{Name: name, Location: zone(t, name)}
		for i, start := range starts {
			feed.Events = append(feed.Events, lesson(t, fmt.Sprint(i), start))
		}
		cal := foreign(t, calendar.Write(feed))
		for _, event := range cal.Events() {
			i, _ := strconv.Atoi(text(t, event.Component, "UID"))
			p := event.Props.Get("DTSTART")
			if p.Params.Get("TZID") != name {
				t.Errorf("%s: %s is not in its zone", name, p.Value)
			}
			if got := calendartest.Instant(t, cal, p); !got.Equal(feed.Events[i].Starts) {
				t.Errorf("%s: %s is %s by the VTIMEZONE, want %s", name, p.Value, got, feed.Events[i].Starts)
			}
			if got := calendartest.Instant(t, cal, event.Props.Get("DTEND")); !got.Equal(feed.Events[i].Ends) {
				t.Errorf("%s: the end of %s is %s by the VTIMEZONE", name, p.Value, got)
			}
		}
	}
}

func TestATimeThatTheClocksShowTwiceIsWrittenInUTCTheSecondTime(t *testing.T) {
	helsinki := zone(t, "Europe/Helsinki")
	first, second := lesson(t, "first", "2026-10-25T00:15:00Z"), lesson(t, "second", "2026-10-25T01:15:00Z")
	first.Ends, second.Ends = first.Starts.Add(20*time.Minute), second.Starts.Add(20*time.Minute)
	cal := foreign(t, calendar.Write(calendar.Feed{Location: helsinki, Events: []calendar.Event{first, second}}))
	for _, event := range cal.Events() {
		want, value := first.Starts, "20261025T031500"
		if text(t, event.Component, "UID") == "second" {
			want, value = second.Starts, "20261025T011500Z"
		}
		if p := event.Props.Get("DTSTART"); p.Value != value || !calendartest.Instant(t, cal, p).Equal(want) {
			t.Errorf("%s is written %s, want %s", want, p.Value, value)
		}
	}
}

func TestWithoutAZoneWithAnIANANameTimesAreInUTC(t *testing.T) {
	for _, loc := range []*time.Location{nil, time.UTC, time.Local, time.FixedZone("XYZ", 3600)} {
		out := calendar.Write(calendar.Feed{Location: loc, Events: []calendar.Event{lesson(t, "b", "2026-11-23T08:00:00Z")}})
		if !bytes.Contains(out, []byte("DTSTART:20261123T080000Z\r\n")) || bytes.Contains(out, []byte("VTIMEZONE")) {
			t.Errorf("%v:\n%s", loc, out)
		}
	}
}

func TestLinesHaveAtMost75OctetsAndNoCharacterIsCutInTwo(t *testing.T) {
	for shift := range 8 { // so that the fold falls on every octet of a character
		event := lesson(t, "b", "2026-11-23T08:00:00Z")
		event.Summary = strings.Repeat("a", shift) + strings.Repeat("可编程控制器实训：机器人工作站，第三组；", 30)
		event.Description = strings.Repeat("a", shift) + strings.Repeat("🤖数控", 100) + " " + strings.Repeat("x", 300) + "\xff\xfe" + strings.Repeat("界", 99)
		out := calendar.Write(calendar.Feed{Name: strings.Repeat("实训室", 40), Location: zone(t, "Asia/Shanghai"), Events: []calendar.Event{event}})
		calendartest.Read(t, out) // looks at every line
		read := foreign(t, out).Events()[0]
		if got := text(t, read.Component, "SUMMARY"); got != event.Summary {
			t.Errorf("the summary is read as %q", got)
		}
		if got := text(t, read.Component, "DESCRIPTION"); got != strings.ToValidUTF8(event.Description, "\uFFFD") {
			t.Errorf("the description is read as %q", got)
		}
	}
}

func TestNothingInATextBreaksOutOfIt(t *testing.T) {
	event := lesson(t, "b\r\nSTATUS:CANCELLED", "2026-11-23T08:00:00Z")
	event.Summary = "x\r\nEND:VEVENT\rBEGIN:VALARM\x00\u2028"
	event.URL = "https://x.example\r\nSTATUS:CANCELLED"
	event.Organizer = calendar.Address{Name: "O'Neill, \"Lab\"; 张\r\nX:1", Mail: "lab@example.edu\r\nX:1"}
	event.Attendee = calendar.Address{Mail: "a\"b@example.edu"}
	out := calendar.Request(event, nil)
	read := foreign(t, out).Events()
	if len(read) != 1 || text(t, read[0].Component, "STATUS") != "CONFIRMED" {
		t.Errorf("%s", out)
	}
	if got := text(t, read[0].Component, "SUMMARY"); got != "x\nEND:VEVENT BEGIN:VALARM \u2028" {
		t.Errorf("the summary is read as %q", got)
	}
	if got := read[0].Props.Get("ORGANIZER").Params.Get("CN"); got != "O Neill Lab 张 X 1" {
		t.Errorf("the organizer is read as %q", got)
	}
}

func TestACancellationHasTheSameUIDAndAHigherSequence(t *testing.T) {
	event := lesson(t, "b1@lab.example.edu", "2026-11-23T08:00:00Z")
	event.Organizer = calendar.Address{Name: "Labtide", Mail: "lab@example.edu"}
	event.Attendee = calendar.Address{Name: "林", Mail: "lin@example.edu"}
	helsinki := zone(t, "Europe/Helsinki")
	request := foreign(t, calendar.Request(event, helsinki))
	event.Sequence++
	cancel := foreign(t, calendar.Cancel(event, helsinki))
	if got := text(t, request.Component, "METHOD"); got != "REQUEST" {
		t.Errorf("method %s", got)
	}
	if got := text(t, cancel.Component, "METHOD"); got != "CANCEL" {
		t.Errorf("method %s", got)
	}
	before, after := request.Events()[0], cancel.Events()[0]
	if text(t, before.Component, "UID") != text(t, after.Component, "UID") || text(t, after.Component, "SEQUENCE") != "3" {
		t.Errorf("%s %s", text(t, after.Component, "UID"), text(t, after.Component, "SEQUENCE"))
	}
	if text(t, after.Component, "STATUS") != "CANCELLED" || text(t, before.Component, "STATUS") != "CONFIRMED" {
		t.Error("the status does not say it")
	}
	if before.Props.Get("ATTENDEE").Value != "mailto:lin@example.edu" || before.Props.Get("ORGANIZER").Value != "mailto:lab@example.edu" {
		t.Errorf("%v", before.Props)
	}
	event.Attendee = calendar.Address{}
	if got := text(t, foreign(t, calendar.Request(event, helsinki)).Component, "METHOD"); got != "PUBLISH" {
		t.Errorf("without an attendee the method is %s", got)
	}
}

func TestTheSameFeedGivesTheSameBytesInWhateverOrder(t *testing.T) {
	a, b := lesson(t, "a", "2026-11-23T08:00:00Z"), lesson(t, "b", "2026-06-23T08:00:00Z")
	one := calendar.Write(calendar.Feed{Location: zone(t, "Europe/Helsinki"), Events: []calendar.Event{a, b}})
	other := calendar.Write(calendar.Feed{Location: zone(t, "Europe/Helsinki"), Events: []calendar.Event{b, a}})
	if !slices.Equal(one, other) {
		t.Errorf("%s\n%s", one, other)
	}
	foreign(t, calendar.Write(calendar.Feed{Name: "nothing yet", Location: zone(t, "Europe/Helsinki")}))
}
