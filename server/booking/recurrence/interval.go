package recurrence

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Times is when an occurrence starts and ends, by the clocks on the wall: minutes after local midnight. An End beyond 1440
// is on a later day.
type Times struct {
	Start int // 0 … 1439
	End   int // > Start
}

// longestTimes is a week: no booking lasts longer, and a weekly series could not repeat.
const longestTimes = 7 * 24 * 60

// Check refuses times that no day has.
func (t Times) Check() error {
	if t.Start < 0 || t.Start >= 24*60 || t.End <= t.Start || t.End > t.Start+longestTimes {
		return fault.Invalid("times_invalid", "an occurrence starts at a time of the day and ends after it, within a week")
	}
	return nil
}

// At gives the interval of an occurrence. Both ends follow the wall clock, so 10:00 stays 10:00 when the clocks move, and
// the length is what really passes between them. A time that the clocks leave out is the instant at which they move; one
// that they show twice is the first. The interval is Empty when the clocks leave out all of it.
func (t Times) At(day equipment.Day, loc *time.Location) equipment.Interval {
	return equipment.Interval{From: day.Clock(t.Start, loc), Until: day.Clock(t.End, loc)}
}

// Lasting gives the interval that starts by the wall clock and lasts so many minutes of real time.
func Lasting(day equipment.Day, start, minutes int, loc *time.Location) equipment.Interval {
	from := day.Clock(start, loc)
	return equipment.Interval{From: from, Until: from.Add(time.Duration(minutes) * time.Minute)}
}

// Apart refuses occurrences that reach into their successors: occurrence_longer_than_period. The days are in order.
func (t Times) Apart(days []equipment.Day, loc *time.Location) error {
	for i := 1; i < len(days); i++ {
		if t.At(days[i-1], loc).Overlaps(t.At(days[i], loc)) {
			return fault.Rule("occurrence_longer_than_period",
				"the occurrence of %s would still run when that of %s starts; make it shorter or repeat it less often", days[i-1], days[i])
		}
	}
	return nil
}
