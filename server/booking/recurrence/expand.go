package recurrence

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// DefaultLimit is how many occurrences a series may have when nobody says otherwise.
const DefaultLimit = 400

// longestYears is how far after its first day a series may reach, which also ends rules that never happen.
const longestYears = 10

// Expand gives the local days of a series in order: those that match the rule, from the first day on. Unlike in RFC 5545,
// the first day counts only if it matches. A limit of 0 is DefaultLimit.
//
// A rule ends by COUNT or UNTIL; without them it ends with the term in which the first day lies, and with no such term it
// is series_endless. A rule by teaching weeks never leaves its term, and needs one: that of the first day or, between terms,
// the next one that starts within four months; else term_missing. More occurrences than the
// limit, or one more than ten years away, is series_too_long; none at all is series_empty.
func Expand(rule Rule, first equipment.Day, terms []Term, limit int) ([]equipment.Day, error) {
	start, err := date(first)
	if err != nil || start.Year() > 9000 || rule.frequency == 0 {
		return nil, fault.Invalid("rrule_invalid", "a series needs a rule and a first day, as in 2026-11-23").On("rule")
	}
	if limit <= 0 {
		limit = DefaultLimit
	}
	walk, err := rule.bounds(start, terms)
	if err != nil {
		return nil, err
	}
	var days []equipment.Day
	tooLong := false
	for day := range walk.days() {
		if len(days) == limit {
			tooLong = true
			break
		}
		days = append(days, day)
		if len(days) == rule.count {
			return days, nil
		}
	}
	// A count that is not reached before the horizon is a series of many years; before the end of a term it is just over.
	if tooLong || walk.horizon && (rule.count > 0 || rule.until != "") {
		return nil, fault.Rule("series_too_long", "a series has at most %d occurrences within %d years; make it shorter, or start another when it ends", limit, longestYears).On("rule")
	}
	if len(days) == 0 {
		return nil, fault.Rule("series_empty", "the rule gives no day at all between the first day and its end; check the days and the end").On("rule")
	}
	return days, nil
}

// walk is a rule with its bounds.
type walk struct {
	rule  Rule
	start time.Time
	// end is the last day; horizon says that it is not the rule's own.
	end     time.Time
	horizon bool
	term    Term // of a rule by teaching weeks
}

func (r Rule) bounds(start time.Time, terms []Term) (walk, error) {
	w := walk{rule: r, start: start, end: start.AddDate(longestYears, 0, 0), horizon: true}
	cut := func(day equipment.Day) {
		if end, err := date(day); err == nil && end.Before(w.end) {
			w.end, w.horizon = end, false
		}
	}
	if r.until != "" {
		cut(r.until)
	}
	if !r.teaching() && (r.count > 0 || r.until != "") {
		return w, nil
	}
	if term, ok := termFor(dayOf(start), terms, r.teaching()); ok {
		w.term = term
		cut(term.Ends)
		return w, nil
	}
	if r.teaching() {
		return w, fault.Rule("term_missing", "teaching weeks need a term, and none holds %s or starts soon after; have the term entered, or choose other weeks", dayOf(start)).On("rule")
	}
	return w, fault.Rule("series_endless", "say when the series ends: by COUNT, by UNTIL, or by a first day that lies in a term").On("rule")
}

// ahead is how long before a term its timetable is made.
const ahead = 124

// termFor gives the term that holds the day; between terms, when asked, the next one that starts.
func termFor(day equipment.Day, terms []Term, next bool) (found Term, ok bool) {
	for _, term := range terms {
		if term.Holds(day) {
			return term, true
		}
		if next && term.Starts > day && term.Starts <= day.Add(ahead) && (!ok || term.Starts < found.Starts) {
			found, ok = term, true
		}
	}
	return found, ok
}

// days gives the matching days in order.
func (w walk) days() func(yield func(equipment.Day) bool) {
	step := map[frequency]func(yield func(time.Time) bool){daily: w.daily, weekly: w.weekly, monthly: w.monthly}[w.rule.frequency]
	return func(yield func(equipment.Day) bool) {
		for day := range step {
			if day.After(w.end) {
				return
			}
			if !day.Before(w.start) && !yield(dayOf(day)) {
				return
			}
		}
	}
}

// daily, weekly and monthly give days up to the period in which the end lies; those before the start are not yet taken out.
func (w walk) daily(yield func(time.Time) bool) {
	for day := w.start; !day.After(w.end); day = day.AddDate(0, 0, w.rule.interval) {
		if !yield(day) {
			return
		}
	}
}

func (w walk) weekly(yield func(time.Time) bool) {
	weekdays := w.rule.weekdays
	if weekdays == 0 {
		weekdays = 1 << w.start.Weekday()
	}
	for week := monday(w.start); !week.After(w.end); week = week.AddDate(0, 0, 7*w.rule.interval) {
		if w.rule.teaching() && !w.rule.teaches(w.term.week(week)) {
			continue
		}
		for i := range 7 {
			if day := week.AddDate(0, 0, i); weekdays&(1<<day.Weekday()) != 0 && !yield(day) {
				return
			}
		}
	}
}

func (w walk) monthly(yield func(time.Time) bool) {
	monthDays := w.rule.monthDays
	if monthDays == 0 && w.rule.nth == [7]uint8{} {
		monthDays = 1 << w.start.Day()
	}
	for month := w.start.AddDate(0, 0, 1-w.start.Day()); !month.After(w.end); month = month.AddDate(0, w.rule.interval, 0) {
		last := month.AddDate(0, 1, -1).Day()
		for n := 1; n <= last; n++ {
			day := month.AddDate(0, 0, n-1)
			nth := w.rule.nth[day.Weekday()]
			matches := monthDays&(1<<n) != 0 || nth&(1<<((n-1)/7+1)) != 0 || n == last && monthDays&1 != 0 || n > last-7 && nth&1 != 0
			if matches && !yield(day) {
				return
			}
		}
	}
}
