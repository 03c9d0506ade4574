// Package calendartest reads calendars that the house wrote as a stranger does: with another library than the writer's, and
// with the time zones that are in the file instead of those of this machine.
//
// It is for tests. It may not know who writes calendars, or how; whatever RFC 5545 asks of every calendar is an invariant here,
// and a calendar without it fails the test that reads it.
package calendartest

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
)

// Calendar is one as it was read.
type Calendar struct {
	Method string
	Name   string
	Events []Event // in the order of the file
}

// Event is one of its events.
type Event struct {
	UID      string
	Status   string
	Sequence int
	Starts   time.Time
	Ends     time.Time
	Zone     string // the TZID of its start; empty: it is in UTC
	Rule     string
	Summary  string
	Location string
	Mail     string // of the attendee
}

// ByUID gives the event with that UID; there is one, or the test fails.
func (c Calendar) ByUID(t testing.TB, uid string) Event {
	t.Helper()
	for _, e := range c.Events {
		if e.UID == uid {
			return e
		}
	}
	t.Fatalf("no event has the UID %s", uid)
	return Event{}
}

// Read reads a calendar, and fails the test when a line has more than 75 octets or half a character, when two events share a
// UID, when a local time has no VTIMEZONE or its VTIMEZONE gives another instant than the zone of its name, and when an EXDATE
// is of another value type or zone than the start that it is taken from.
func Read(t testing.TB, data []byte) Calendar {
	t.Helper()
	checkLines(t, data)
	file, err := ical.NewDecoder(bytes.NewReader(data)).Decode()
	if err != nil {
		t.Fatalf("another library cannot read it: %v\n%s", err, data)
	}
	out := Calendar{Method: text(t, file.Component, ical.PropMethod), Name: text(t, file.Component, "X-WR-CALNAME")}
	seen := map[string]bool{}
	for _, e := range file.Events() {
		read := event(t, file, e)
		if read.UID == "" || seen[read.UID] {
			t.Errorf("an event without a UID of its own: %v", e.Props)
		}
		seen[read.UID] = true
		out.Events = append(out.Events, read)
	}
	return out
}

func checkLines(t testing.TB, data []byte) {
	t.Helper()
	for line := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > 75 || !utf8.Valid(line) || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("%d octets, whole characters %t: %q", len(line), utf8.Valid(line), line)
		}
	}
}

func event(t testing.TB, file *ical.Calendar, e ical.Event) Event {
	t.Helper()
	out := Event{
		UID: text(t, e.Component, ical.PropUID), Status: text(t, e.Component, ical.PropStatus), Rule: text(t, e.Component, ical.PropRecurrenceRule),
		Summary: text(t, e.Component, ical.PropSummary), Location: text(t, e.Component, ical.PropLocation),
		Mail: strings.TrimPrefix(text(t, e.Component, ical.PropAttendee), "mailto:"),
	}
	if n := text(t, e.Component, ical.PropSequence); n != "" {
		var err error
		if out.Sequence, err = strconv.Atoi(n); err != nil {
			t.Errorf("SEQUENCE is %q", n)
		}
	}
	start, end := e.Props.Get(ical.PropDateTimeStart), e.Props.Get(ical.PropDateTimeEnd)
	if start == nil || end == nil {
		t.Fatalf("%s has no start or no end", out.UID)
	}
	out.Starts, out.Ends, out.Zone = Instant(t, file, start), Instant(t, file, end), start.Params.Get("TZID")
	for _, left := range e.Props.Values(ical.PropExceptionDates) {
		if left.ValueType() != start.ValueType() || left.Params.Get("TZID") != out.Zone ||
			strings.HasSuffix(left.Value, "Z") != strings.HasSuffix(start.Value, "Z") {
			t.Errorf("%s: EXDATE is %v, DTSTART %v", out.UID, left, start)
		}
	}
	return out
}

func text(t testing.TB, c *ical.Component, name string) string {
	t.Helper()
	p := c.Props.Get(name)
	if p == nil {
		return ""
	}
	if value, err := p.Text(); err == nil {
		return value
	}
	return p.Value
}

// local is how a local time is written.
const local = "20060102T150405"

// Instant resolves a time by the VTIMEZONE in the file alone, as a program without zones of its own would. It must be the
// instant that the zone of that name gives.
func Instant(t testing.TB, file *ical.Calendar, p *ical.Prop) time.Time {
	t.Helper()
	if strings.HasSuffix(p.Value, "Z") {
		return parsed(t, local+"Z", p.Value)
	}
	name, wall := p.Params.Get("TZID"), parsed(t, local, p.Value)
	var best time.Time
	offset := ""
	for _, zone := range file.Children {
		if zone.Name != ical.CompTimezone || text(t, zone, ical.PropTimezoneID) != name {
			continue
		}
		for _, part := range zone.Children {
			if onset := parsed(t, local, text(t, part, ical.PropDateTimeStart)); !onset.After(wall) && onset.After(best) {
				best, offset = onset, text(t, part, ical.PropTimezoneOffsetTo)
			}
		}
	}
	if offset == "" {
		t.Fatalf("no VTIMEZONE holds %s of %q", p.Value, name)
	}
	n, err := strconv.Atoi(offset)
	if err != nil {
		t.Fatal(err)
	}
	instant := wall.Add(-time.Duration(n/100*60+n%100) * time.Minute)
	if zone, err := time.LoadLocation(name); err != nil || instant.In(zone).Format(local) != p.Value {
		t.Errorf("%s of %s is %v by the VTIMEZONE (%s): %v", p.Value, name, instant, offset, err)
	}
	return instant
}

func parsed(t testing.TB, layout, value string) time.Time {
	t.Helper()
	at, err := time.Parse(layout, value)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
