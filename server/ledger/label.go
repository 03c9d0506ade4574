package ledger

import "time"

// Label is what one station-minute was. Exactly one holds; ledger.md has the definitions, first match wins.
type Label string

// The labels, in the order in which they are tried.
const (
	LabelClosed      Label = "closed"
	LabelDown        Label = "down"
	LabelUnknown     Label = "unknown"
	LabelBookedUsed  Label = "booked_used"
	LabelBookedIdle  Label = "booked_idle"
	LabelBlockedIdle Label = "blocked_idle"
	LabelWalkIn      Label = "walk_in"
	LabelFree        Label = "free"
)

// Labels gives all labels in the order in which they are tried.
func Labels() [8]Label {
	return [8]Label{
		LabelClosed, LabelDown, LabelUnknown, LabelBookedUsed, LabelBookedIdle, LabelBlockedIdle, LabelWalkIn, LabelFree,
	}
}

// Run is a stretch of minutes with the same label, [StartsAt, EndsAt).
type Run struct {
	StartsAt time.Time
	EndsAt   time.Time
	Label    Label
}

// Facts is all that is known of one station on one UTC day.
type Facts struct {
	Seen    Bits // stored
	Used    Bits // stored; counts only where Seen
	Open    Bits // by the opening hours of that day
	Down    Bits // in an outage
	Booked  Bits // occupied by a booking that is no class
	Blocked Bits // occupied by a class
}

// Label gives the label of one minute.
func (f *Facts) Label(minute int) Label {
	used := f.Used.Has(minute)
	switch {
	case !f.Open.Has(minute):
		return LabelClosed
	case f.Down.Has(minute):
		return LabelDown
	case !f.Seen.Has(minute):
		return LabelUnknown
	case used && (f.Booked.Has(minute) || f.Blocked.Has(minute)):
		return LabelBookedUsed
	case f.Booked.Has(minute):
		return LabelBookedIdle
	case f.Blocked.Has(minute):
		return LabelBlockedIdle
	case used:
		return LabelWalkIn
	default:
		return LabelFree
	}
}

// AppendRuns appends the labels of the minutes first ≤ m < end of the day to runs that end where these begin.
func (f *Facts) AppendRuns(runs []Run, day Day, first, end int) []Run {
	start := day.Start()
	for m := first; m < end; m++ {
		at := start.Add(time.Duration(m) * time.Minute)
		label, until := f.Label(m), at.Add(time.Minute)
		if n := len(runs); n > 0 && runs[n-1].Label == label && runs[n-1].EndsAt.Equal(at) {
			runs[n-1].EndsAt = until
			continue
		}
		runs = append(runs, Run{StartsAt: at, EndsAt: until, Label: label})
	}
	return runs
}
