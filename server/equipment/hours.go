package equipment

import (
	"slices"
	"time"
)

// OpeningHours is one weekly rule: on this weekday the scope is open from Opens to Closes.
// The narrowest scope that has any rule wins: a room's hours replace its site's.
type OpeningHours struct {
	ID     string
	SiteID string
	RoomID string // empty: the whole site
	// Weekday counts as time.Weekday does, Sunday = 0.
	Weekday time.Weekday
	// Opens and Closes are minutes after local midnight, 0 … 1440; Closes > Opens.
	Opens  int
	Closes int
	// ValidFrom and ValidUntil are local days, both inclusive, "" for unbounded: history keeps the hours of its day.
	ValidFrom  Day
	ValidUntil Day
}

// Exception replaces the weekly hours on one local day: a holiday (Closed) or other hours.
type Exception struct {
	ID     string
	SiteID string
	RoomID string // empty: the whole site
	Day    Day
	Closed bool
	Opens  int // minutes after local midnight, when not Closed
	Closes int
	Reason string
}

// Day is a calendar day, "2026-11-22", meant in the site's zone. Days compare as strings.
type Day string

// DayOf gives the local day of an instant.
func DayOf(at time.Time, loc *time.Location) Day {
	return Day(at.In(loc).Format(time.DateOnly))
}

// ParseDay reads "2026-11-22".
func ParseDay(s string) (Day, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", err
	}
	return Day(s), nil
}

// Start gives the first instant of the day in loc. Where midnight does not exist, it is the first instant after it; where
// there are two, the first.
func (d Day) Start(loc *time.Location) time.Time { return d.Clock(0, loc) }

// Clock gives the first instant at which the clocks in loc show so many minutes after midnight. When they leave that out,
// it is the instant at which they move. time.Date alone would give an hour before or after it, depending on the zone. More
// than 1440 minutes reach into the days after.
func (d Day) Clock(minute int, loc *time.Location) time.Time {
	wall, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	wall = wall.Add(time.Duration(minute) * time.Minute) // what the clocks are to show, as if they were in UTC
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, loc)
	from, until := t.ZoneBounds()
	_, offset := t.Zone()
	switch shown := t.Unix() + int64(offset); {
	case shown < wall.Unix():
		return until
	case shown > wall.Unix():
		return from
	}
	_, before := from.Add(-1).Zone()
	if first := t.Add(time.Duration(offset-before) * time.Second); first.Before(from) {
		return first // the clocks went back, and show it twice
	}
	return t
}

// Next gives the day after.
func (d Day) Next() Day { return d.Add(1) }

// Add gives the day n days later.
func (d Day) Add(n int) Day {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return Day(t.AddDate(0, 0, n).Format(time.DateOnly))
}

// Weekday gives the day of the week.
func (d Day) Weekday() time.Weekday {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t.Weekday()
}

// Interval is half-open: [From, Until).
type Interval struct {
	From  time.Time
	Until time.Time
}

// Empty reports whether the interval holds no instant.
func (i Interval) Empty() bool { return !i.From.Before(i.Until) }

// Contains reports whether other lies within i.
func (i Interval) Contains(other Interval) bool {
	return !other.From.Before(i.From) && !other.Until.After(i.Until)
}

// Overlaps reports whether the two share an instant; back to back they do not.
func (i Interval) Overlaps(other Interval) bool {
	return i.From.Before(other.Until) && other.From.Before(i.Until)
}

// Schedule answers when the rooms of one site are open. It is built once from the stored rules and read often.
type Schedule struct {
	loc        *time.Location
	hours      []OpeningHours
	exceptions []Exception
}

// NewSchedule makes the schedule of a site. No rule at all means always open: a school that has not said when it is open
// is not closed.
func NewSchedule(loc *time.Location, hours []OpeningHours, exceptions []Exception) Schedule {
	return Schedule{loc: loc, hours: hours, exceptions: exceptions}
}

// Location gives the site's time zone.
func (s Schedule) Location() *time.Location { return s.loc }

// OpenOn gives the open intervals of a room on a local day, in order, merged.
func (s Schedule) OpenOn(roomID string, day Day) []Interval {
	for _, scope := range []string{roomID, ""} {
		if spans, ok := s.exceptional(scope, day); ok {
			return s.clock(day, spans)
		}
		if spans, ok := s.weekly(scope, day); ok {
			return s.clock(day, spans)
		}
		if roomID == "" {
			break
		}
	}
	if len(s.hours) == 0 {
		return s.clock(day, [][2]int{{0, 24 * 60}})
	}
	return nil
}

// Open gives the open intervals of a room within [from, until), merged and clipped: midnight does not cut them.
func (s Schedule) Open(roomID string, from, until time.Time) []Interval {
	var spans []Interval
	last := DayOf(until, s.loc)
	for day := DayOf(from, s.loc); day <= last; day = day.Next() {
		for _, span := range s.OpenOn(roomID, day) {
			if span.From.Before(from) {
				span.From = from
			}
			if span.Until.After(until) {
				span.Until = until
			}
			if !span.Empty() {
				spans = append(spans, span)
			}
		}
	}
	return Merge(spans)
}

func (s Schedule) exceptional(roomID string, day Day) (spans [][2]int, found bool) {
	for _, e := range s.exceptions {
		if e.RoomID != roomID || e.Day != day {
			continue
		}
		found = true
		if !e.Closed {
			spans = append(spans, [2]int{e.Opens, e.Closes})
		}
	}
	return spans, found
}

// weekly says found when the scope has rules for that time of the year at all, though none on this weekday.
func (s Schedule) weekly(roomID string, day Day) (spans [][2]int, found bool) {
	for _, h := range s.hours {
		if h.RoomID != roomID || (h.ValidFrom != "" && day < h.ValidFrom) || (h.ValidUntil != "" && day > h.ValidUntil) {
			continue
		}
		found = true
		if h.Weekday == day.Weekday() {
			spans = append(spans, [2]int{h.Opens, h.Closes})
		}
	}
	return spans, found
}

// clock turns minutes after midnight into instants by the wall clock, so a day of 23 hours still opens at 8:00.
func (s Schedule) clock(day Day, spans [][2]int) []Interval {
	out := make([]Interval, 0, len(spans))
	for _, span := range spans {
		out = append(out, Interval{From: day.Clock(span[0], s.loc), Until: day.Clock(span[1], s.loc)})
	}
	return Merge(out)
}

// Merge sorts the intervals and joins those that touch or overlap.
func Merge(spans []Interval) []Interval {
	if byStart := func(a, b Interval) int { return a.From.Compare(b.From) }; !slices.IsSortedFunc(spans, byStart) {
		slices.SortFunc(spans, byStart)
	}
	out := spans[:0]
	for _, span := range spans {
		if span.Empty() {
			continue
		}
		if n := len(out); n > 0 && !span.From.After(out[n-1].Until) {
			if span.Until.After(out[n-1].Until) {
				out[n-1].Until = span.Until
			}
			continue
		}
		out = append(out, span)
	}
	return out
}
