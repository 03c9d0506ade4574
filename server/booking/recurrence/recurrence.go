// Package recurrence is the rules by which a series of bookings repeats: the part of RFC 5545's RRULE that people use, and
// teaching weeks (单周, 双周, 1-16周) by a school's terms.
//
// It is pure: a rule, a first day and the terms give local days, and a day with its wall-clock times gives an interval. It
// may not know bookings, stores or the present. Invariant: no rule gives more than the limit asked for, and none runs on.
package recurrence

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// frequency is the step of a rule; zero is no rule.
type frequency int

const (
	daily frequency = iota + 1
	weekly
	monthly
)

// parity keeps the odd or the even teaching weeks.
type parity int

const (
	oddWeeks parity = iota + 1
	evenWeeks
)

// lastWeek is the last week of a term that a rule can name.
const lastWeek = 60

// Rule says on which days a series happens. It is made by Parse; two rules that say the same are equal by ==.
type Rule struct {
	frequency frequency
	interval  int // 1 or more
	// count and until end the series; with neither, the term of the first day does.
	count int
	until equipment.Day // inclusive

	weekdays  uint8    // weekly: bit time.Weekday; none: the first day's
	monthDays uint32   // monthly: bit 1 … 31, bit 0 for the last day; none: the first day's
	nth       [7]uint8 // monthly, by time.Weekday: bit 1 … 5, bit 0 for the last

	parity parity
	weeks  uint64 // teaching weeks, bit 1 … 60; none: all
}

// teaching reports whether the rule asks for teaching weeks, which bind it to one term.
func (r Rule) teaching() bool { return r.parity != 0 || r.weeks != 0 }

// teaches reports whether the teaching week is one of the rule's. Week 0 is outside the term.
func (r Rule) teaches(week int) bool {
	switch {
	case week < 1 || week > lastWeek:
		return false
	case r.parity == oddWeeks && week%2 == 0, r.parity == evenWeeks && week%2 == 1:
		return false
	}
	return r.weeks == 0 || r.weeks&(1<<week) != 0
}

// Term is a term of the school: its first and its last day, both inclusive.
type Term struct {
	Starts equipment.Day
	Ends   equipment.Day
}

// Holds reports whether the day lies in the term.
func (t Term) Holds(day equipment.Day) bool { return t.Starts <= day && day <= t.Ends }

// TeachingWeek counts from 1, the week from Monday to Sunday in which the term starts. It is 0 outside the term.
func (t Term) TeachingWeek(day equipment.Day) int {
	on, err := date(day)
	if err != nil || !t.Holds(day) {
		return 0
	}
	return t.week(on)
}

// week counts the weeks before and after the term, too: the one before it is 0.
func (t Term) week(on time.Time) int {
	starts, err := date(t.Starts)
	if err != nil {
		return 0
	}
	return int(monday(on).Sub(monday(starts)).Hours())/(7*24) + 1
}

// date gives the day as midnight in UTC, where each day has 24 hours.
func date(day equipment.Day) (time.Time, error) { return time.Parse(time.DateOnly, string(day)) }

// dayOf is the way back.
func dayOf(date time.Time) equipment.Day { return equipment.Day(date.Format(time.DateOnly)) }

// monday gives the Monday of the week.
func monday(date time.Time) time.Time { return date.AddDate(0, 0, -(int(date.Weekday())+6)%7) }
