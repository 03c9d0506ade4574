package calendar

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// Entry is one occurrence that a calendar holds.
type Entry struct {
	UID string
	// RecurrenceID is where a repeated entry would have started by its rule, though it was moved; zero when it is not repeated.
	RecurrenceID time.Time
	Starts       time.Time
	Ends         time.Time
	Summary      string
	Location     string
	Description  string
	Line         int // at which the entry begins in the file
}

// Problem is an entry that cannot become a booking, and why.
type Problem struct {
	UID     string
	Summary string
	Line    int
	Fault   *fault.Error
}

// file is what is known while one file is read.
type file struct {
	loc         *time.Location
	from, until time.Time
	timezones   []*component
	zones       map[string]zone // by TZID; nil when there is none
	embedded    int

	entries  []Entry
	problems []Problem
	moved    map[occurrence]bool // replaced by an entry of their own, or cancelled

	steps, empty int          // what the rules cost so far
	broken       *fault.Error // the file as a whole costs too much
}

type occurrence struct {
	uid  string
	unix int64
}

// Parse reads a calendar and gives the occurrences that start in [from, until), in order, and beside them what cannot be
// read entry by entry. Times without a zone are in loc. Rules are followed, with their exceptions, additions, moved and
// cancelled occurrences. An error is a fault of the file as a whole: calendar_invalid or calendar_too_large.
func Parse(r io.Reader, loc *time.Location, from, until time.Time) ([]Entry, []Problem, error) {
	root, err := read(r)
	if err != nil {
		return nil, nil, err
	}
	f := &file{loc: loc, from: from, until: until, zones: map[string]zone{}, moved: map[occurrence]bool{}}
	if !sane(until) {
		f.until = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	var events []*component
	for _, cal := range root.parts {
		if cal.name != "VCALENDAR" {
			continue
		}
		if strings.EqualFold(cal.text("METHOD"), "CANCEL") {
			return nil, nil, notACalendar(cal.line, "this file takes entries back; export the calendar itself")
		}
		for _, part := range cal.parts {
			switch part.name {
			case "VEVENT":
				events = append(events, part)
			case "VTIMEZONE":
				if len(f.timezones) < maxZones {
					f.timezones = append(f.timezones, part)
				}
			}
		}
	}
	if len(root.parts) == 0 || root.parts[0].name != "VCALENDAR" {
		return nil, nil, notACalendar(0, "this is no calendar: it does not begin with BEGIN:VCALENDAR")
	}
	f.readAll(events)
	if f.broken != nil {
		return nil, nil, f.broken
	}
	slices.SortStableFunc(f.entries, func(a, b Entry) int { return cmp.Or(a.Starts.Compare(b.Starts), cmp.Compare(a.Line, b.Line)) })
	slices.SortStableFunc(f.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return f.entries, f.problems, nil
}

// readAll reads moved occurrences first, so that rules know what to leave out.
func (f *file) readAll(events []*component) {
	masters := map[string]bool{}
	var rest []*component
	for _, event := range events {
		if id, ok := event.get("RECURRENCE-ID"); ok {
			f.readMoved(event, id)
			continue
		}
		rest = append(rest, event)
	}
	for _, event := range rest {
		if uid := event.text("UID"); uid != "" && masters[uid] {
			f.problem(event, event.line, fault.Invalid("calendar_uid_twice", "two entries have the same UID, so nobody knows which one holds; give each its own"))
			continue
		} else if uid != "" {
			masters[uid] = true
		}
		f.readMaster(event)
		if f.broken != nil {
			return
		}
	}
}

func (f *file) problem(event *component, line int, why *fault.Error) {
	f.problems = append(f.problems, Problem{UID: event.text("UID"), Summary: event.text("SUMMARY"), Line: line, Fault: why})
}

// readMoved reads an occurrence that was changed for itself, or cancelled.
func (f *file) readMoved(event *component, id property) {
	original, refused := f.moment(id, strings.TrimSpace(id.value))
	switch {
	case id.fault != nil:
		f.problem(event, id.line, id.fault)
		return
	case refused != nil:
		f.problem(event, id.line, refused)
		return
	case id.param("RANGE") != "":
		f.problem(event, id.line, fault.Invalid("rrule_unsupported", "this entry changes all that follow it, too (RANGE); export the calendar with a rule for each part"))
		return
	}
	f.moved[occurrence{event.text("UID"), original.instant().Unix()}] = true
	if cancelled(event) {
		return
	}
	if span, ok := f.span(event); ok {
		f.add(event, span.first.instant(), span.ends(span.first), original.instant())
	}
}

func (f *file) readMaster(event *component) {
	if cancelled(event) {
		return
	}
	span, ok := f.span(event)
	if !ok {
		return
	}
	rules, additions, refused := f.repeats(event, span)
	if refused != nil {
		f.problem(event, refused.line, refused.fault)
		return
	}
	if len(rules) == 0 && len(additions) == 0 {
		f.add(event, span.first.instant(), span.ends(span.first), time.Time{})
		return
	}
	walls, refused := f.walls(rules, span)
	if refused != nil {
		f.problem(event, refused.line, refused.fault)
		return
	}
	left := f.exceptions(event)
	uid := event.text("UID")
	done := map[int64]bool{}
	for _, wall := range walls {
		additions = append(additions, moment{wall: wall, zone: span.first.zone})
	}
	for _, m := range additions {
		at := m.instant()
		if done[at.Unix()] || left(m) || f.moved[occurrence{uid, at.Unix()}] {
			continue
		}
		done[at.Unix()] = true
		f.add(event, at, span.ends(m), at)
	}
}

// cancelled reports whether the entry does not take place; what is wrong with it matters no more.
func cancelled(event *component) bool { return strings.EqualFold(event.text("STATUS"), "CANCELLED") }

// add keeps an occurrence that starts in the window.
func (f *file) add(event *component, starts, ends, original time.Time) {
	if starts.Before(f.from) || !starts.Before(f.until) {
		return
	}
	if len(f.entries) == maxEntries {
		f.broken = fault.New(fault.KindTooLarge, "calendar_too_large", "the calendar has more than %d occurrences in this time; choose a shorter one", maxEntries)
		return
	}
	if !original.IsZero() {
		original = original.UTC()
	}
	f.entries = append(f.entries, Entry{
		UID: event.text("UID"), RecurrenceID: original, Starts: starts.UTC(), Ends: ends.UTC(),
		Summary: event.text("SUMMARY"), Location: event.text("LOCATION"), Description: event.text("DESCRIPTION"), Line: event.line,
	})
}
