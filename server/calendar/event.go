package calendar

import (
	"time"

	"github.com/labtide/labtide/server/fault"
)

// span is when an entry first takes place.
type span struct {
	first moment
	// exact is the length by instants, when the file says the end; else length is.
	exact  time.Duration
	length length
}

// ends gives the end of the occurrence that starts at the moment.
func (s span) ends(m moment) time.Time {
	if s.exact > 0 {
		return m.instant().Add(s.exact)
	}
	return s.length.after(m)
}

// span reads start and end of an entry, and says the problem when there is one.
func (f *file) span(event *component) (span, bool) {
	for _, p := range event.properties {
		if p.fault != nil {
			f.problem(event, p.line, p.fault)
			return span{}, false
		}
	}
	start, ok := event.get("DTSTART")
	if !ok {
		f.problem(event, event.line, fault.Invalid("calendar_time_invalid", "the entry has no start (DTSTART)"))
		return span{}, false
	}
	first, refused := f.moment(start, start.value)
	if refused != nil {
		f.problem(event, start.line, refused)
		return span{}, false
	}
	if first.day {
		if at := first.instant(); !repeated(event) && (at.Before(f.from.AddDate(0, 0, -1)) || !at.Before(f.until)) {
			return span{}, false // a holiday of another year is nobody's problem
		}
		f.problem(event, start.line, fault.Invalid("all_day_event", "the entry is for whole days and cannot be booked; give it a start and an end by the clock"))
		return span{}, false
	}
	s, line, refused := f.end(event, first)
	if refused == nil && !sane(first.wall) {
		refused, line = fault.Invalid("calendar_time_invalid", "the entry starts in %d; the years 1970 to 2199 can be read", first.wall.Year()), start.line
	}
	if refused == nil && !s.ends(first).After(first.instant()) {
		refused = fault.Invalid("calendar_time_invalid", "the entry ends before it starts, or at once")
	}
	if refused != nil {
		f.problem(event, line, refused)
		return span{}, false
	}
	return s, true
}

func repeated(event *component) bool {
	_, rule := event.get("RRULE")
	_, more := event.get("RDATE")
	return rule || more
}

// end reads DTEND or DURATION, and the line that says it.
func (f *file) end(event *component, first moment) (span, int, *fault.Error) {
	s := span{first: first}
	if end, ok := event.get("DTEND"); ok {
		last, refused := f.moment(end, end.value)
		if refused != nil {
			return s, end.line, refused
		}
		if last.day {
			return s, end.line, fault.Invalid("calendar_time_invalid", "the entry starts by the clock and ends by the day; give it an end by the clock")
		}
		s.exact = last.instant().Sub(first.instant())
		return s, end.line, nil
	}
	duration, ok := event.get("DURATION")
	if !ok {
		return s, event.line, fault.Invalid("calendar_time_invalid", "the entry has no end (DTEND or DURATION)")
	}
	if s.length, ok = parseLength(duration.value); !ok {
		return s, duration.line, fault.Invalid("calendar_time_invalid", "DURATION says %.40q, which is no length such as PT1H30M", duration.value)
	}
	return s, duration.line, nil
}

// refusal is a problem with the line that has it.
type refusal struct {
	line  int
	fault *fault.Error
}

// repeats reads the rule of an entry, and the moments added to it. The first start is one of them as soon as anything is.
func (f *file) repeats(event *component, s span) ([]rule, []moment, *refusal) {
	var rules []rule
	var additions []moment
	for _, p := range event.properties {
		switch p.name {
		case "EXRULE":
			return nil, nil, &refusal{p.line, fault.Invalid("rrule_unsupported", "EXRULE has been out of the standard since 2009; list what is left out by EXDATE")}
		case "RRULE":
			r, refused := parseRule(p.value)
			if refused == nil && len(rules) > 0 {
				refused = fault.Invalid("rrule_unsupported", "the entry has two rules; make two entries of it")
			}
			if refused != nil {
				return nil, nil, &refusal{p.line, refused}
			}
			r.line = p.line
			rules = append(rules, r)
		case "RDATE":
			more, refused := f.moments(p)
			if refused != nil {
				return nil, nil, &refusal{p.line, refused}
			}
			for _, m := range more {
				if m.day { // an addition by the day is at the time of the first
					m = moment{wall: m.wall.Add(s.first.wall.Sub(s.first.wall.Truncate(24 * time.Hour))), zone: s.first.zone}
				}
				additions = append(additions, m)
			}
		}
	}
	if len(additions) > 0 && len(rules) == 0 {
		additions = append(additions, s.first)
	}
	return rules, additions, nil
}

// walls follows the rule. It must hold for the entry's own start: RFC 5545 leaves open what happens when it does not, and
// programs differ, so a timetable would be read otherwise than it was meant.
func (f *file) walls(rules []rule, s span) ([]time.Time, *refusal) {
	if len(rules) == 0 {
		return nil, nil
	}
	walls, refused := f.follow(rules[0], s.first)
	if refused == nil && f.broken == nil && s.first.instant().Before(f.until) && (len(walls) == 0 || !walls[0].Equal(s.first.wall)) {
		refused = fault.Invalid("rrule_invalid", "the entry's own start is none of the days of its rule; make the two agree")
	}
	if refused != nil {
		return nil, &refusal{rules[0].line, refused}
	}
	return walls, nil
}

// exceptions gives a test for the occurrences that are left out. EXDATE must be of the start's value type, but days are
// written too, and meant.
func (f *file) exceptions(event *component) func(moment) bool {
	instants, days := map[int64]bool{}, map[string]bool{}
	for _, p := range event.properties {
		if p.name != "EXDATE" {
			continue
		}
		left, refused := f.moments(p)
		if refused != nil {
			f.problem(event, p.line, refused)
			continue
		}
		for _, m := range left {
			if m.day {
				days[m.wall.Format(time.DateOnly)] = true
			} else {
				instants[m.instant().Unix()] = true
			}
		}
	}
	return func(m moment) bool { return instants[m.instant().Unix()] || days[m.wall.Format(time.DateOnly)] }
}
