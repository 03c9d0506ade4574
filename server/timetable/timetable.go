// Package timetable reads a school's timetable, from CSV or iCalendar, into lines that say what takes place where and when.
//
// It is pure: it knows rules of repetition and calendars, but neither which rooms there are nor who teaches; whoever books
// the lines finds that out. Invariant: each line of the file becomes a Line or a Problem, and both say which line it was.
package timetable

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/calendar"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Line is one line of a timetable.
type Line struct {
	Number     int
	Place      string // a room or stations, as the file says it
	Instructor string // a login; empty: the file does not say
	Title      string
	Programme  string
	// Either a rule with its wall-clock times, in minutes after local midnight, or with lesson periods of the place, counted
	// from 1; or Times.
	Rule        string
	First       equipment.Day
	Starts      int
	Ends        int
	FirstPeriod int
	LastPeriod  int
	Times       []Time
}

// Time is one time of a line from a calendar, and where the calendar's rule had it.
type Time struct {
	Span    equipment.Interval
	Planned time.Time
}

// Problem is a line that cannot be read.
type Problem struct {
	Number int
	Title  string
	Fault  *fault.Error
}

// Window is the time for which a timetable is brought in: local days, Until exclusive and "" for the end of the term.
type Window struct {
	From  equipment.Day
	Until equipment.Day
}

// calendarDays is how far a calendar is read when nobody says until when.
const calendarDays = 200

// FromCalendar reads an iCalendar file. Entries with one UID are one line. The error is a fault of the file as a whole.
func FromCalendar(r io.Reader, loc *time.Location, w Window) ([]Line, []Problem, error) {
	until := w.Until
	if until == "" {
		until = w.From.Add(calendarDays)
	}
	entries, problems, err := calendar.Parse(r, loc, w.From.Start(loc), until.Start(loc))
	if err != nil {
		return nil, nil, err
	}
	var lines []Line
	byUID := map[string]int{}
	for _, e := range entries {
		planned := e.RecurrenceID
		if planned.IsZero() {
			planned = e.Starts
		}
		at := Time{Span: equipment.Interval{From: e.Starts, Until: e.Ends}, Planned: planned}
		// A moved occurrence may be elsewhere: then it is a line of its own.
		key := e.UID + "\x00" + e.Location
		if i, ok := byUID[key]; ok && e.UID != "" {
			lines[i].Times = append(lines[i].Times, at)
			lines[i].Number = min(lines[i].Number, e.Line)
			continue
		}
		byUID[key] = len(lines)
		lines = append(lines, Line{Number: e.Line, Place: e.Location, Title: strings.Join(strings.Fields(e.Summary), " "), Times: []Time{at}})
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.Number, b.Number) })
	out := make([]Problem, len(problems))
	for i, p := range problems {
		out[i] = Problem{Number: p.Line, Title: p.Summary, Fault: p.Fault}
	}
	return lines, out, nil
}
